"""Many series at once: the same last bit as one by one, whatever the numbers are."""

import math
import struct

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runtime.engine.candles import Candle
from runtime.engine.indicators.contract import Indicator, Value
from runtime.engine.indicators.macdv import Stage
from runtime.engine.readings import Reading
from runtime.engine.shelf import FEW, Shelf
from tests.runtime.engine.walks import START, key_of, walk

FEW_EXAMPLES = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
MINUTE = 60_000
NAN = float("nan")

prices = st.one_of(
    st.floats(1e-3, 1e5),
    st.sampled_from([100.0, 0.0, -0.0, 5e-324, 1e-300, 6e307, 1.7e308, -3.0, NAN, math.inf, -math.inf]),
)


def a_bar(number: int, close: float, *, width: float = 0.0, synthetic: bool = False) -> Candle:
    return Candle(key_of("1m"), START + number * MINUTE, close, close + width, close - width, close, 1.0, synthetic)


@st.composite
def courses(draw: st.DrawFn) -> list[list[Candle]]:
    """So many courses that one step takes them over arrays, all of the same length; walks with some odd bars."""
    length = draw(st.integers(1, 90))
    odd = st.dictionaries(st.integers(0, length - 1), st.tuples(prices, prices, prices, st.booleans()), max_size=4)
    found = []
    for seed in range(FEW + 1):
        bars = walk("1m", length, seed=draw(st.integers(0, 10_000)) * 100 + seed, volatility=0.02)
        for number, (high, low, close, synthetic) in draw(odd).items():
            time = START + number * MINUTE
            bars[number] = Candle(key_of("1m"), time, close, high, low, close, 1.0, synthetic)
        found.append(bars)
    return found


def bits(reading: Reading | None) -> object:
    """A reading with its floats as they stand in memory: 0.0 and -0.0 are different, NaN is equal to itself."""
    if reading is None:
        return None
    values = reading.as_dict()
    numbers = {n: struct.pack("d", v) if isinstance(v, float) else v for n, v in values.items()}
    return numbers, reading.turned


@FEW_EXAMPLES
@given(courses())
def test_many_series_at_once_read_to_the_last_bit_as_each_by_itself(series: list[list[Candle]]) -> None:
    together, alone = Shelf(), Shelf()
    slots, own = [together.take() for _ in series], [alone.take() for _ in series]
    for bars in zip(*series, strict=True):
        readings = list(together.step(slots, bars))
        one_by_one = [next(alone.step([slot], [bar])) for slot, bar in zip(own, bars, strict=True)]
        assert list(map(bits, readings)) == list(map(bits, one_by_one))
    at_once = Shelf()
    for course, slot in zip(series, slots, strict=True):
        whole = at_once.take()
        at_once.run(whole, course)
        assert bits(at_once.reading(whole, course[-1].close)) == bits(together.reading(slot, course[-1].close))


@FEW_EXAMPLES
@given(courses())
def test_every_number_that_is_told_is_finite(series: list[list[Candle]]) -> None:
    shelf = Shelf()
    slots = [shelf.take() for _ in series]
    for bars in zip(*series, strict=True):
        for reading, bar in zip(shelf.step(slots, bars), bars, strict=True):
            if reading is not None:
                told = {name: value for name, value in reading.as_dict().items() if name != "close"}
                assert all(math.isfinite(v) for v in told.values() if isinstance(v, float)), bar


def test_a_price_that_is_no_number_costs_no_other_series_anything() -> None:
    healthy, sick = Shelf(), Shelf()
    walks = [walk("1m", 60, seed=seed) for seed in range(FEW + 5)]
    slots, same = [healthy.take() for _ in walks], [sick.take() for _ in walks]
    for number, bars in enumerate(zip(*walks, strict=True)):
        expected = list(healthy.step(slots, bars))
        readings = list(sick.step(same, [a_bar(number, NAN), *bars[1:]]))
        assert readings[1:] == expected[1:]
        assert readings[0] is None
    assert all(expected)


@pytest.mark.parametrize("price", [5e-324, 1e-300, 1e-8, 1.0, 1e12, 1e300])
@pytest.mark.parametrize("many", [1, FEW + 1])
def test_a_flat_market_ranges_at_any_price(price: float, many: int) -> None:
    shelf = Shelf()
    slots = [shelf.take() for _ in range(many)]
    for number in range(300):
        readings = list(shelf.step(slots, [a_bar(number, price)] * many))
    for reading in readings:
        assert reading is not None
        assert (reading.stage, reading.macdv, reading.further["rsi"]) == (Stage.RANGING, 0.0, {"rsi14": 50.0})
        assert reading.ema_fast == pytest.approx(price, rel=1e-12, abs=5e-324)


@pytest.mark.parametrize("many", [1, FEW + 1])
def test_prices_whose_sum_is_no_number_are_not_told_of(many: int) -> None:
    shelf = Shelf()
    slots = [shelf.take() for _ in range(many)]
    for number in range(60):
        assert set(shelf.step(slots, [a_bar(number, 1.7e308)] * many)) == {None}


def test_bars_without_trades_over_a_gap_leave_the_range_alone_in_a_batch_too() -> None:
    shelf = Shelf()
    walks = [walk("1m", 60, seed=seed) for seed in range(FEW + 1)]
    slots = [shelf.take() for _ in walks]
    for bars in zip(*walks, strict=True):
        before = list(shelf.step(slots, bars))
    silent = [a_bar(60, bars[-1].close, synthetic=True) for bars in walks]
    for was, now in zip(before, shelf.step(slots, silent), strict=True):
        assert was is not None
        assert now is not None
        assert (now.atr, now.further["atr"]) == (was.atr, was.further["atr"])
        assert now.ema_fast != was.ema_fast


def test_a_slot_that_is_given_back_is_taken_again_and_knows_nothing() -> None:
    shelf = Shelf()
    slots = [shelf.take() for _ in range(shelf.capacity + 1)]
    capacity = shelf.capacity
    bars = walk("1m", 80)
    for slot in slots:
        shelf.run(slot, bars)
    for slot in slots:
        shelf.give_back(slot)
    again = [shelf.take() for _ in slots]
    assert (set(again), shelf.capacity) == (set(slots), capacity)
    assert {shelf.reading(slot, 1.0) for slot in again} == {None}


def test_a_shelf_that_grows_keeps_what_it_holds() -> None:
    shelf = Shelf()
    slot, bars = shelf.take(), walk("1m", 80)
    shelf.run(slot, bars)
    before = shelf.reading(slot, bars[-1].close)
    while shelf.capacity < 100:
        shelf.take()
    assert before is not None
    assert shelf.reading(slot, bars[-1].close) == before


def test_an_indicator_that_tells_of_a_column_that_it_has_not_is_refused() -> None:
    with pytest.raises(ValueError, match=r"needs \{'b'\}"):
        Indicator("odd", {"a": 0.0}, lambda maths, state, bar: state, {"odd": Value("b", "a", 1)})
