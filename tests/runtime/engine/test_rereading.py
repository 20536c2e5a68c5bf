"""What the exchange says of closed bars wins: candles, readings and alerts are as if it had said so from the start."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from runtime.engine.candles import DURATION_MS, Candle
from runtime.engine.market import Market
from runtime.engine.rereading import Correction, take_over
from settingsapp.schema.vocabulary import SIMULATED, Mode, Timeframe
from tests.runtime.engine.bench import Bench
from tests.runtime.engine.walks import START, feed_all, key_of, market_of, walk

FEW_EXAMPLES = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
FRAMES: tuple[Timeframe, ...] = ("5m", "15m", "1h")
BASE = key_of("5m")
STEP = DURATION_MS["5m"]
WHOLE = 60
"""So many bars at the start are right: series begin with a bar that was traded."""
BOTH_MODES = (Mode.SCALPER_MACDV, Mode.POSITION_MONITOR)
QUIET_FOR_30: dict[str, Any] = {
    "modes": {mode.value: {"alertThresholds": {"cooldownMinutes": 30}} for mode in BOTH_MODES}
}

walks = st.builds(
    walk,
    st.just("5m"),
    st.integers(120, 400),
    seed=st.integers(0, 1_000),
    whole=st.just(WHOLE),
    missing=st.sampled_from([0.0, 0.1, 0.6]),
)


def market_with(candles: Sequence[Candle]) -> Market:
    market = Market(warmup_bars=30, kept_bars=5_000)
    market.track(SIMULATED, "BTC-USD", FRAMES)
    feed_all(market, candles)
    return market


def alike(one: Market, other: Market) -> bool:
    """Tell whether nothing can be seen in which the series of two markets differ."""
    return all(
        (one.candles(key), one.reading(key), one.first_bar(key), one.ready(key))
        == (other.candles(key), other.reading(key), other.first_bar(key), other.ready(key))
        for key in one.series_of("simulated:BTC-USD")
    )


@st.composite
def mistakes(draw: st.DrawFn, right: Sequence[Candle]) -> list[Candle]:
    """Return what somebody heard who heard some of it wrong: other prices, no trades, trades that never were."""
    inner = st.integers(min(WHOLE, len(right) - 2), len(right) - 2)
    distorted, dropped, invented = (draw(st.sets(inner, max_size=8)) for _ in range(3))
    heard = []
    for index, candle in enumerate(right):
        if index in distorted:
            close = candle.close * draw(st.sampled_from([0.9, 0.99, 1.02, 1.2]))
            heard.append(replace(candle, close=close, high=max(candle.high, close), low=min(candle.low, close)))
        elif index not in dropped:
            heard.append(candle)
        silent = index in invented and right[index + 1].open_time > candle.open_time + STEP
        if silent:
            heard.append(replace(candle, open_time=candle.open_time + STEP, close=candle.low))
    return heard


@st.composite
def ranges(draw: st.DrawFn, right: Sequence[Candle]) -> list[tuple[int, int]]:
    """Return ranges that make up the whole, in any order."""
    begin, end = right[0].open_time, right[-1].close_time
    bars = (end - begin) // STEP
    cuts = sorted({0, bars, *draw(st.sets(st.integers(1, bars - 1), max_size=4))})
    pieces = [(begin + a * STEP, begin + b * STEP) for a, b in pairwise(cuts)]
    return draw(st.permutations(pieces))


def told_in(right: Sequence[Candle], since: int, until: int) -> list[Candle]:
    return [candle for candle in right if since <= candle.open_time < until]


@FEW_EXAMPLES
@given(walks, st.data())
def test_candles_and_readings_are_those_of_a_market_that_was_told_right_from_the_start(
    right: list[Candle], data: st.DataObject
) -> None:
    market = market_with(data.draw(mistakes(right)))
    for since, until in data.draw(ranges(right)):
        take_over(market, BASE, since, until, told_in(right, since, until))
    assert alike(market, market_with(right))


@FEW_EXAMPLES
@given(walks, st.sampled_from(BOTH_MODES), st.data())
def test_the_alerts_that_stand_are_those_of_an_engine_that_was_told_right_from_the_start(
    right: list[Candle], mode: Mode, data: st.DataObject
) -> None:
    heard, pieces = data.draw(mistakes(right)), data.draw(ranges(right))

    async def both() -> tuple[Bench, Bench]:
        undisturbed = Bench(right, FRAMES, mode, history=40, **QUIET_FOR_30)
        await undisturbed.play()
        corrected = Bench(heard, FRAMES, mode, history=40, **QUIET_FOR_30)
        await corrected.play()
        for since, until in pieces:
            await corrected.rereading.let_win(BASE, since, until, told_in(right, since, until))
        return undisturbed, corrected

    undisturbed, corrected = asyncio.run(both())
    assert not corrected.standing ^ undisturbed.standing
    assert alike(corrected.market, undisturbed.market)


@FEW_EXAMPLES
@given(walks, st.sampled_from(BOTH_MODES), st.data())
def test_after_a_correction_the_run_goes_on_as_one_that_was_never_wrong(
    right: list[Candle], mode: Mode, data: st.DataObject
) -> None:
    assume(len(right) > 102)
    cut = data.draw(st.integers(100, len(right) - 2))
    if (right[cut].open_time - right[cut - 1].open_time) > STEP:
        # The exchange is asked up to the last bar held.
        return
    heard = data.draw(mistakes(right[:cut]))

    async def both() -> tuple[Bench, Bench]:
        undisturbed = Bench(right, FRAMES, mode, history=40, **QUIET_FOR_30)
        await undisturbed.play()
        corrected = Bench(heard, FRAMES, mode, history=40, **QUIET_FOR_30)
        await corrected.play()
        await corrected.rereading.let_win(BASE, right[0].open_time, right[cut - 1].close_time, right[:cut])
        await corrected.take(right[cut:])
        return undisturbed, corrected

    undisturbed, corrected = asyncio.run(both())
    assert not corrected.standing ^ undisturbed.standing


async def test_a_correction_withdraws_what_no_longer_comes_up_and_adds_late_what_does() -> None:
    right = walk("5m", 120)
    heard = [*right[:100], replace(right[100], close=right[100].close * 0.8, low=right[100].low * 0.8), *right[101:]]
    bench = Bench(heard, FRAMES, Mode.POSITION_MONITOR, history=40, perseus_profile=_limits(15.0))
    await bench.play()
    wrong = [alert for alert in bench.outbox.alerts if alert.kind == "stop-loss"]
    assert [alert.open_time for alert in wrong] == [right[100].open_time]
    reread = await bench.rereading.let_win(BASE, right[90].open_time, right[110].open_time, right[90:110])
    assert (reread.correction.missing, reread.correction.changed) == (0, 1)
    assert reread.withdrawn == len(bench.outbox.withdrawn) > 0
    assert wrong[0].id in {one for one, _ in bench.outbox.withdrawn}
    late = [alert for alert in bench.outbox.alerts if alert.late]
    assert len(late) == reread.late
    for key in bench.market.series_of("simulated:BTC-USD"):
        assert bench.cache.series[key][-20:] == list(bench.market.candles(key))[-20:]
    again = await bench.rereading.let_win(BASE, right[90].open_time, right[110].open_time, right[90:110])
    assert (again.correction, again.withdrawn, again.late) == (Correction(), 0, 0)


@pytest.mark.parametrize("change", ["mode", "version"])
async def test_what_another_mode_or_other_settings_raised_is_left_alone(change: str) -> None:
    right = walk("5m", 120)
    heard = [*right[:100], replace(right[100], close=right[100].close * 0.8, low=right[100].low * 0.8), *right[101:]]
    bench = Bench(heard, FRAMES, Mode.POSITION_MONITOR, history=40, perseus_profile=_limits(15.0))
    await bench.play()
    if change == "mode":
        bench.state.work_in(Mode.SCALPER_MACDV)
    else:
        assert bench.state.settings is not None
        bench.state.settings = replace(bench.state.settings, version=2)
    reread = await bench.rereading.let_win(BASE, right[90].open_time, right[110].open_time, right[90:110])
    assert (reread.correction.changed, reread.withdrawn, reread.late) == (1, 0, 0)


async def test_alerts_that_are_no_longer_remembered_are_neither_withdrawn_nor_told_again() -> None:
    right = walk("5m", 120)
    heard = [*right[:100], replace(right[100], close=right[100].close * 0.8, low=right[100].low * 0.8), *right[101:]]
    bench = Bench(heard, FRAMES, history=40)
    bench.state.raised.memory_ms = 10 * STEP
    await bench.play()
    reread = await bench.rereading.let_win(BASE, right[90].open_time, right[110].open_time, right[90:110])
    assert reread.correction.changed == 1
    told = bench.outbox.alerts
    late = [alert for alert in told if alert.late]
    assert all(alert.open_time >= right[110].open_time - STEP for alert in late)
    assert len({alert.id for alert in told}) == len(told)


def test_bars_without_trades_follow_a_corrected_price_and_feed_no_atr() -> None:
    candles = walk("1m", 60)
    market = market_of("1m", "5m")
    feed_all(market, candles[:50])
    key = key_of("1m")
    market.fill(key, candles[50].open_time, candles[57].open_time, ())
    before = market.reading(key)
    correction = take_over(
        market, key, candles[49].open_time, candles[50].open_time, [replace(candles[49], volume=1e6)]
    )
    assert correction.changed == 1
    after = market.reading(key)
    assert before is not None
    assert after is not None
    assert after.atr == before.atr
    take_over(market, key, candles[49].open_time, candles[57].open_time, [replace(candles[49], close=candles[49].low)])
    held = market.candles(key)[-7:]
    assert all(bar.synthetic and bar.close == candles[49].low for bar in held)
    assert market.candles(key_of("5m"))[-1].synthetic
    assert market.candles(key_of("5m"))[-1].close == candles[49].low


def test_an_answer_that_makes_no_sense_changes_nothing() -> None:
    candles = walk("1m", 60)
    market = market_of("1m")
    feed_all(market, candles)
    before = market.candles(key_of("1m"))
    with pytest.raises(ValueError, match="not a finite number"):
        take_over(market, key_of("1m"), START, candles[-1].close_time, [replace(candles[5], close=float("nan"))])
    assert market.candles(key_of("1m")) == before


def test_a_volume_summed_up_in_another_order_is_no_correction() -> None:
    candles = walk("1m", 60)
    market = market_of("1m")
    feed_all(market, candles)
    told = [replace(candle, volume=candle.volume * (1 + 1e-13)) for candle in candles]
    assert take_over(market, key_of("1m"), START, candles[-1].close_time, told) == Correction()


def _limits(percentage: float) -> dict[str, object]:
    return {
        "primary_exchange": SIMULATED,
        "trade_settings": {"stop_loss_percentage": percentage, "take_profit_percentage": 90.0},
    }
