import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.engine.indicators.contract import OneSeries
from runtime.engine.indicators.macdv import Stage, stage_of
from runtime.engine.indicators.registry import INDICATORS
from tests.runtime.engine.walks import START, bars_of, candle, feed_all, key_of, market_of, walk

finite = st.floats(allow_nan=False, allow_infinity=False)


@given(finite, finite, st.integers(0, 10_000))
def test_every_finite_pair_has_exactly_one_stage(macdv: float, signal: float, calm_bars: int) -> None:
    above = macdv >= signal
    calm = abs(macdv) < 50 and calm_bars >= 20
    conditions = {
        Stage.RANGING: calm,
        Stage.OVERSOLD: macdv <= -150,
        Stage.OVERBOUGHT: macdv >= 150 and above,
        Stage.RALLYING: 50 <= macdv < 150 and above,
        Stage.REBOUNDING: -150 < macdv < 50 and above and not calm,
        Stage.RETRACING: macdv > -50 and not above and not calm,
        Stage.REVERSING: -150 < macdv <= -50 and not above,
    }
    assert [stage for stage, holds in conditions.items() if holds] == [stage_of(macdv, signal, calm_bars)]


@pytest.mark.parametrize(
    ("macdv", "signal", "calm_bars", "stage"),
    [
        (-150.0, -200.0, 0, Stage.OVERSOLD),
        (150.0, 150.0, 0, Stage.OVERBOUGHT),
        (150.0, 150.1, 0, Stage.RETRACING),
        (50.0, 50.0, 0, Stage.RALLYING),
        (49.9, 40.0, 19, Stage.REBOUNDING),
        (49.9, 40.0, 20, Stage.RANGING),
        (-49.9, 40.0, 20, Stage.RANGING),
        (-49.9, 40.0, 19, Stage.RETRACING),
        (-50.0, -40.0, 0, Stage.REVERSING),
        (-149.9, -149.9, 0, Stage.REBOUNDING),
    ],
)
def test_the_stages_meet_at_their_borders(macdv: float, signal: float, calm_bars: int, stage: Stage) -> None:
    assert stage_of(macdv, signal, calm_bars) is stage


def test_a_market_that_never_moved_reads_zero_and_ranges() -> None:
    bars = feed_all(market_of("1m"), [candle(START + i * 60_000, 0.1, width=0.0) for i in range(200)])
    reading = bars[-1].reading
    assert reading is not None
    assert (reading.macdv, reading.signal, reading.atr) == (0.0, 0.0, 0.0)
    assert reading.stage is Stage.RANGING
    assert all(math.isfinite(v) for v in reading.as_dict().values() if isinstance(v, float))


@pytest.mark.parametrize("seed", range(6))
def test_a_market_that_stops_moving_crosses_its_signal_line_no_more(seed: int) -> None:
    moving = walk("1m", 300, seed=seed)
    close = moving[-1].close
    still = [candle(START + (300 + i) * 60_000, close, width=0.0) for i in range(1_200)]
    bars = feed_all(market_of("1m"), [*moving, *still])
    # Coming to rest takes a while, and one crossing of its own.
    readings = [bar.reading for bar in bars[450:] if bar.reading is not None]
    assert len(readings) == 1_050
    assert len({reading.macdv >= reading.signal for reading in readings}) == 1
    assert {reading.stage for reading in readings} == {Stage.RANGING}
    assert readings[-1].macdv == 0.0
    assert all(math.isfinite(reading.macdv) for reading in readings)


def test_bars_without_trades_move_the_averages_and_leave_the_range_alone() -> None:
    market = market_of("1m")
    feed_all(market, walk("1m", 100, seed=2))
    before = market.reading(key_of("1m"))
    market.fill(key_of("1m"), START + 100 * 60_000, START + 130 * 60_000, ())
    after = market.reading(key_of("1m"))
    assert before is not None
    assert after is not None
    assert after.atr == before.atr
    assert after.further["atr"] == before.further["atr"]
    assert after.ema_fast == pytest.approx(after.close, rel=1e-2)
    assert abs(after.macdv) < abs(before.macdv)


def test_no_reading_comes_before_the_signal_line_has_begun() -> None:
    bars = feed_all(market_of("1m"), walk("1m", 36))
    first = next(i for i, bar in enumerate(bars) if bar.reading is not None)
    # 26 true ranges need 27 bars, and the signal line nine values.
    assert first == 26 + 9 - 1
    assert bars[first].previous is None
    assert bars[first + 1].previous == bars[first].reading


def test_the_calm_is_counted_over_both_sides_of_zero() -> None:
    bars = feed_all(market_of("5m"), walk("5m", 3_000, seed=4))
    calm = 0
    seen = 0
    for bar in bars_of(bars, "5m"):
        if bar.reading is None:
            continue
        calm = calm + 1 if abs(bar.reading.macdv) < 50 else 0
        # The first values come before the first reading: let the count settle first.
        seen += calm == 0
        if seen:
            assert (bar.reading.stage is Stage.RANGING) == (calm >= 20)
    assert seen > 100


def test_an_indicator_says_nothing_before_it_has_enough_bars() -> None:
    assert OneSeries(INDICATORS["macdv"]).values() == {}
    rsi = OneSeries(INDICATORS["rsi"])
    for index in range(14):
        rsi.step(candle(START + index * 60_000, 100.0 + index))
        assert rsi.values() == {}
    rsi.step(candle(START + 14 * 60_000, 200.0))
    assert rsi.values() == {"rsi14": 100.0}


def test_the_rsi_of_a_market_that_never_moved_is_neutral() -> None:
    rsi = OneSeries(INDICATORS["rsi"])
    for index in range(20):
        rsi.step(candle(START + index * 60_000, 100.0))
    assert rsi.values() == {"rsi14": 50.0}


def test_an_excursion_to_the_other_side_has_not_turned_yet() -> None:
    rising = [1_000.0 + index for index in range(60)]
    resting = [rising[-1]] * 6
    closes = [*rising, *resting, 10.0]
    candles = [candle(START + i * 60_000, close, width=1.0) for i, close in enumerate(closes)]
    readings = [bar.reading for bar in feed_all(market_of("1m"), candles)]
    rested, fallen = readings[-2:]
    assert rested is not None
    assert fallen is not None
    assert (rested.macdv > 150, rested.turned) == (True, True)
    assert (fallen.macdv < -150, fallen.turned) == (True, False)
