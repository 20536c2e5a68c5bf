"""However a history comes in, what comes out is the same."""

import random
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runtime.engine.aggregate import aggregate
from runtime.engine.candles import Candle
from runtime.engine.corrections import Replacement
from runtime.engine.market import Market, Step
from settingsapp.schema.vocabulary import Timeframe
from tests.runtime.engine.walks import bars_of, feed_all, key_of, market_of, walk

FEW_EXAMPLES = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
HIGHER: tuple[Timeframe, ...] = ("15m", "1h", "4h")

walks = st.builds(
    walk,
    st.just("5m"),
    st.integers(60, 1_000),
    seed=st.integers(0, 1_000),
    # A history does not tell from when on it is known, so that its first bars are all there.
    whole=st.just(60),
    missing=st.sampled_from([0.0, 0.1, 0.6, 0.9]),
    start=st.integers(0, 60).map(lambda n: 1_700_006_400_000 + n * 300_000),
)


def state(market: Market) -> dict[str, object]:
    """All that can be seen of a market's series."""
    return {
        str(key): (market.candles(key), market.reading(key), market.first_bar(key), market.ready(key))
        for key in market.series_of("simulated:BTC-USD")
    }


@FEW_EXAMPLES
@given(walks, st.data())
def test_any_chopping_of_history_into_loaded_and_fed_reads_the_same(candles: list[Candle], data: st.DataObject) -> None:
    whole = market_of("5m", *HIGHER, warmup_bars=30)
    feed_all(whole, candles)

    cut = data.draw(st.integers(1, len(candles)))
    chopped = market_of("5m", *HIGHER, warmup_bars=30)
    known = candles[:cut]
    histories = {t: list(aggregate(known, t, known[-1].close_time)) for t in HIGHER} | {"5m": known}
    for timeframe in data.draw(st.permutations(list(histories))):
        chopped.load(key_of(timeframe), histories[timeframe])
    feed_all(chopped, candles[cut:])
    assert state(chopped) == state(whole)


@FEW_EXAMPLES
@given(walks, st.data())
def test_a_gap_that_is_filled_is_as_if_it_had_never_been(candles: list[Candle], data: st.DataObject) -> None:
    whole = market_of("5m", *HIGHER, warmup_bars=30)
    undisturbed = feed_all(whole, candles)

    first = data.draw(st.integers(1, len(candles) - 1))
    last = data.draw(st.integers(first, len(candles) - 1))
    broken = market_of("5m", *HIGHER, warmup_bars=30)
    bars = feed_all(broken, candles[:first])
    step = broken.feed(candles[last])
    if step.gap is not None:
        bars += broken.fill(step.gap.key, step.gap.since, step.gap.until, candles[first:last]).bars
        step = broken.feed(candles[last])
    bars += [*step.bars, *feed_all(broken, candles[last + 1 :])]
    assert bars == undisturbed
    assert state(broken) == state(whole)


@FEW_EXAMPLES
@given(walks)
def test_higher_bars_are_what_the_history_of_their_timeframe_says(candles: list[Candle]) -> None:
    bars = feed_all(market_of("5m", *HIGHER, warmup_bars=30), candles)
    for timeframe in HIGHER:
        traded = [bar.candle for bar in bars_of(bars, timeframe) if not bar.candle.synthetic]
        assert traded == list(aggregate(candles, timeframe, candles[-1].close_time))


@FEW_EXAMPLES
@given(walks, st.data())
def test_reading_the_same_candles_again_changes_nothing(candles: list[Candle], data: st.DataObject) -> None:
    market = market_of("5m", *HIGHER, warmup_bars=30)
    feed_all(market, candles)
    before = state(market)
    first = data.draw(st.integers(0, len(candles) - 1))
    last = data.draw(st.integers(first, len(candles) - 1))
    assert market.replace(key_of("5m"), candles[first : last + 1]) == Replacement(missing=0, changed=0)
    assert state(market) == before


@FEW_EXAMPLES
@given(walks, st.data())
def test_reading_a_wrong_history_again_mends_it(candles: list[Candle], data: st.DataObject) -> None:
    right = market_of("5m", warmup_bars=1_000)
    feed_all(right, candles)

    inner = st.integers(1, len(candles) - 2)
    dropped = data.draw(st.sets(inner, max_size=20))
    distorted = data.draw(st.sets(inner, max_size=20)) - dropped
    wrong = [
        replace(item, close=item.low) if index in distorted else item
        for index, item in enumerate(candles)
        if index not in dropped
    ]
    changed = sum(candles[index].close != candles[index].low for index in distorted)
    market = market_of("5m", warmup_bars=1_000)
    feed_all(market, wrong)
    assert market.replace(key_of("5m"), candles) == Replacement(missing=len(dropped), changed=changed)
    assert state(market) == state(right)


SYMBOLS = tuple(f"COIN{number}-USD" for number in range(30))


def many_symbols() -> Market:
    market = Market(30)
    for symbol in SYMBOLS[:-1]:
        market.track("simulated", symbol, ("5m", *HIGHER))
    return market


@pytest.mark.parametrize("seed", range(4))
def test_a_batch_is_taken_as_if_its_candles_had_come_one_by_one(seed: int) -> None:
    """With gaps, repetitions, an unknown symbol, odd prices, and several candles of one symbol."""
    together, alone, chance = many_symbols(), many_symbols(), random.Random(seed)
    courses = [
        [replace(c, series=c.series._replace(symbol=symbol)) for c in walk("5m", 200, seed=number, missing=0.02)]
        for number, symbol in enumerate(SYMBOLS)
    ]
    ends = [0]
    while ends[-1] < 200:
        ends.append(ends[-1] + chance.choice([1, 3, 12]))
    for since, until in pairwise(ends):
        batch = [candle for course in courses for candle in course[since:until]]
        for index in chance.sample(range(len(batch)), min(3, len(batch))):
            batch[index] = replace(batch[index], high=chance.choice([float("nan"), float("inf"), 1e300]))
        batch += chance.sample(batch, min(5, len(batch)))
        expected = []
        for candle in batch:
            try:
                expected.append(alone.feed(candle))
            except ValueError as error:
                expected.append(Step(refusal=str(error)))
        steps = together.feed_many(batch)
        assert list(steps) == expected
        for market in (together, alone):
            for gap in {step.gap for step in steps if step.gap is not None}:
                last = market.last_bar(gap.key)
                if last is not None and gap.since <= last.close_time < gap.until:
                    market.fill(gap.key, last.close_time, gap.until, ())
    for symbol in SYMBOLS[:-1]:
        for key in together.series_of(f"simulated:{symbol}"):
            assert together.candles(key) == alone.candles(key)
            assert together.reading(key) == alone.reading(key)
            assert together.ready(key) == alone.ready(key)
