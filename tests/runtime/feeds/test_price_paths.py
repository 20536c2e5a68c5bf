import itertools
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.engine.aggregate import aggregate
from runtime.engine.candles import DURATION_MS
from runtime.engine.indicators.macdv import Stage
from runtime.engine.market import Market
from runtime.feeds.price_paths import PricePath
from settingsapp.schema.vocabulary import SIMULATED, TIMEFRAMES, Timeframe
from symbols.simulated import SIMULATED_INSTRUMENTS, SimulatedInstrument

DAY_MS = DURATION_MS["1d"]
TODAY = 20_415 * DAY_MS

instruments = st.sampled_from(SIMULATED_INSTRUMENTS)
days = st.integers(10, 40_000)


@settings(max_examples=30, deadline=None)
@given(instruments, days, st.integers(0, 99))
def test_a_days_minutes_add_up_to_its_longer_candles_exactly(
    instrument: SimulatedInstrument, day: int, seed: int
) -> None:
    path = PricePath(seed, instrument)
    since, until = day * DAY_MS, (day + 1) * DAY_MS
    minutes = list(path.candles("1m", since, until))
    assert len(minutes) == 1_440
    for timeframe in TIMEFRAMES[1:]:
        assert list(aggregate(minutes, timeframe, until)) == list(path.candles(timeframe, since, until))


@settings(max_examples=30, deadline=None)
@given(instruments, days)
def test_candles_are_whole_and_follow_on_each_other(instrument: SimulatedInstrument, day: int) -> None:
    candles = list(PricePath(1, instrument).candles("5m", day * DAY_MS, (day + 1) * DAY_MS))
    for before, after in itertools.pairwise(candles):
        assert after.open == before.close
    for candle in candles:
        assert 0 < candle.low <= min(candle.open, candle.close)
        assert max(candle.open, candle.close) <= candle.high < math.inf
        assert candle.volume >= 0
        steps = candle.close / float(instrument.tick)
        assert steps == pytest.approx(round(steps), abs=1e-4)


def test_a_candle_does_not_depend_on_what_was_asked_before() -> None:
    instrument = SIMULATED_INSTRUMENTS[0]
    forgetful, warmed = PricePath(1, instrument, remember=0), PricePath(1, instrument)
    forward = list(warmed.candles("1m", TODAY, TODAY + DAY_MS))
    backward = [forgetful.candle("1m", candle.open_time) for candle in reversed(forward[:200])]
    assert backward[::-1] == forward[:200]


def test_another_seed_and_another_instrument_are_other_markets() -> None:
    first, second = SIMULATED_INSTRUMENTS[:2]
    closes = {
        tuple(c.close / path.candle("1d", TODAY).open for c in path.candles("1h", TODAY, TODAY + DAY_MS))
        for path in (PricePath(1, first), PricePath(2, first), PricePath(1, second))
    }
    assert len(closes) == 3


@pytest.mark.parametrize("instrument", SIMULATED_INSTRUMENTS, ids=lambda i: i.symbol)
def test_prices_stay_near_where_they_began_for_ten_years(instrument: SimulatedInstrument) -> None:
    closes = [c.close for c in PricePath(1, instrument).candles("1d", TODAY - 3_650 * DAY_MS, TODAY)]
    base = float(instrument.price)
    assert base / 3 < min(closes) < base < max(closes) < base * 3
    changes = [abs(math.log(b / a)) for a, b in itertools.pairwise(closes)]
    assert 0.01 < sum(changes) / len(changes) < 0.05


@pytest.mark.parametrize("timeframe", TIMEFRAMES)
def test_the_market_is_lively_enough_to_see_every_stage(timeframe: Timeframe) -> None:
    duration = DURATION_MS[timeframe]
    until = TODAY - TODAY % duration
    market = Market()
    market.track(SIMULATED, "BTC-USD", [timeframe])
    stages = []
    extremes = 0
    for candle in PricePath(1, SIMULATED_INSTRUMENTS[0]).candles(timeframe, until - 3_000 * duration, until):
        (bar,) = market.feed(candle).bars
        if bar.reading is not None:
            stages.append(bar.reading.stage)
            extremes += abs(bar.reading.macdv) >= 150
    assert set(stages) == set(Stage)
    assert 0.005 < extremes / len(stages) < 0.25
