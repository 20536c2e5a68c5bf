"""Relative strength index (J. W. Wilder, New Concepts in Technical Trading Systems, 1978)."""

from typing import Final

from runtime.engine.indicators.contract import UNKNOWN, Bars, Indicator, Maths, State, Value

PERIOD: Final = 14
NEUTRAL: Final = 50.0


def _step(maths: Maths, state: State, bar: Bars) -> State:
    where = maths.where
    changes, gain, loss, last_close, _ = state
    close = bar.close
    follows = last_close == last_close  # noqa: PLR0124
    change = close - last_close
    gained = where(change > 0, change, 0.0)
    lost = where(change > 0, 0.0, -change)
    young = changes < PERIOD
    gain = where(follows, gain + where(young, gained, gained - gain) / PERIOD, gain)
    loss = where(follows, loss + where(young, lost, lost - loss) / PERIOD, loss)
    changes = where(follows, changes + 1.0, changes)
    both = gain + loss
    return changes, gain, loss, close, maths.ratio(both > 0, 100.0 * gain, both, NEUTRAL)


INDICATOR: Final = Indicator(
    name="rsi",
    start={"changes": 0.0, "gain": 0.0, "loss": 0.0, "lastClose": UNKNOWN, "rsi": NEUTRAL},
    step=_step,
    values={f"rsi{PERIOD}": Value("rsi", "changes", PERIOD)},
)
"""`rsi14` of the closes, 0 to 100: 100 * average gain / (average gain + average loss), Wilder's averages.

A market that never moved is neutral.
"""
