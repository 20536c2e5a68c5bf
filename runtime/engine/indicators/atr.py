"""Average true range (J. W. Wilder, New Concepts in Technical Trading Systems, 1978)."""

from typing import Final

from runtime.engine.indicators.contract import UNKNOWN, Bars, Column, Indicator, Maths, State, Value

PERIOD: Final = 14


def true_range_average(
    maths: Maths, period: int, count: Column, average: Column, last_close: Column, bar: Bars
) -> tuple[Column, Column]:
    """Return how many true ranges there were, and Wilder's ATR after the next bar.

    The simple average of the first `period` true ranges (until then: their sum), from then on
    ((period - 1) * ATR + TR) / period. The first bar has no true range, as there is no close before it: `last_close`
    is UNKNOWN. Synthetic bars carry the ATR forward: nothing was traded, so they say nothing about the range.
    """
    where = maths.where
    # An UNKNOWN close is not even equal to itself.
    counts = where(bar.synthetic, False, last_close == last_close)  # noqa: PLR0124
    true_range = where(bar.high > last_close, bar.high, last_close) - where(bar.low < last_close, bar.low, last_close)
    next_count = count + 1.0
    total = average + true_range
    first = where(next_count == period, total / period, total)
    begun = (average * (period - 1) + true_range) / period
    after = where(count >= period, begun, first)
    return where(counts, next_count, count), where(counts, after, average)


def _step(maths: Maths, state: State, bar: Bars) -> State:
    count, average, last_close = state
    return *true_range_average(maths, PERIOD, count, average, last_close, bar), bar.close


INDICATOR: Final = Indicator(
    name="atr",
    start={"count": 0.0, "average": 0.0, "lastClose": UNKNOWN},
    step=_step,
    values={f"atr{PERIOD}": Value("average", "count", PERIOD)},
)
"""`atr14`, in the quote currency."""
