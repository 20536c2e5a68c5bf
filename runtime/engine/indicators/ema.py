"""Exponential moving averages of closes."""

from collections.abc import Callable
from typing import Final

from runtime.engine.indicators.contract import Bars, Column, Indicator, Maths, State, Value

SHORT: Final = 20
LONG: Final = 200


def exponential(period: int) -> Callable[[Maths, Column, Column, Column], Column]:
    """Return what takes maths, count, average and the next input and returns the EMA after it.

    Weight 2 / (period + 1), from the simple average of the first `period` inputs on. `count`: so many inputs there
    were, this one included. Up to `period` of them the average is their sum.
    """
    weight = 2.0 / (period + 1)

    def after(maths: Maths, count: Column, average: Column, number: Column) -> Column:
        where, total = maths.where, average + number
        first = where(count == period, total / period, total)
        return where(count > period, average + weight * (number - average), first)

    return after


_short, _long = exponential(SHORT), exponential(LONG)


def _step(maths: Maths, state: State, bar: Bars) -> State:
    count, short, long = state
    count, close = count + 1.0, bar.close
    return count, _short(maths, count, short, close), _long(maths, count, long, close)


INDICATOR: Final = Indicator(
    name="ema",
    start={"count": 0.0, "short": 0.0, "long": 0.0},
    step=_step,
    values={f"ema{SHORT}": Value("short", "count", SHORT), f"ema{LONG}": Value("long", "count", LONG)},
)
"""`ema20` and `ema200` of the closes, synthetic bars included."""
