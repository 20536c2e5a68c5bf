"""MACD-V: volatility-normalised momentum (A. Spiroglou, MACD-V: Volatility Normalised Momentum, 2022)."""

from enum import StrEnum
from typing import Final

from runtime.engine.indicators.atr import true_range_average
from runtime.engine.indicators.contract import ONE, UNKNOWN, Bars, Column, Indicator, Maths, State, Value
from runtime.engine.indicators.ema import exponential

FAST: Final = 12
SLOW: Final = 26
SIGNAL: Final = 9

EXTREME: Final = 150.0
"""From here on outward an excursion: overbought or oversold."""
CALM: Final = 50.0
RANGING_BARS: Final = 20
TURN: Final = 0.05
"""The share of |MACD-V| by which the histogram has to stand against an excursion that turns."""

# A market that has stopped moving: divided by an even smaller share of the price, the rounding of the EMAs would show
# as momentum, and cross its signal line now and then.
_NO_RANGE = 1e-8


class Stage(StrEnum):
    """Where momentum stands; every pair of finite MACD-V and signal has exactly one."""

    OVERSOLD = "oversold"
    REBOUNDING = "rebounding"
    RALLYING = "rallying"
    OVERBOUGHT = "overbought"
    RETRACING = "retracing"
    REVERSING = "reversing"
    RANGING = "ranging"


STAGES: Final = tuple(Stage)
"""In a column a stage is its place in here."""
_OVERSOLD, _REBOUNDING, _RALLYING, _OVERBOUGHT, _RETRACING, _REVERSING, _RANGING = map(float, range(len(STAGES)))


def stage_of(macdv: float, signal: float, calm_bars: int) -> Stage:
    """Name the stage; `calm_bars` counts the bars in a row, this one included, with |MACD-V| < 50."""
    return STAGES[int(_stage(ONE, macdv, signal, calm_bars))]


def _stage(maths: Maths, macdv: Column, signal: Column, calm_bars: Column) -> Column:
    where = maths.where
    rising = where(macdv >= EXTREME, _OVERBOUGHT, where(macdv >= CALM, _RALLYING, _REBOUNDING))
    falling = where(macdv > -CALM, _RETRACING, _REVERSING)
    ranging = (calm_bars >= RANGING_BARS) & (abs(macdv) < CALM)
    moving = where(macdv >= signal, rising, falling)
    return where(macdv <= -EXTREME, _OVERSOLD, where(ranging, _RANGING, moving))


_fast, _slow, _line = exponential(FAST), exponential(SLOW), exponential(SIGNAL)


def _step(maths: Maths, state: State, bar: Bars) -> State:
    where = maths.where
    bars, fast, slow, ranges, atr, last_close, values, before, signal, _, calm, turned, _ = state
    bars, close = bars + 1.0, bar.close
    fast, slow = _fast(maths, bars, fast, close), _slow(maths, bars, slow, close)
    ranges, atr = true_range_average(maths, SLOW, ranges, atr, last_close, bar)
    # So many true ranges need one bar more than the averages of closes.
    begun = ranges >= SLOW
    moves = atr > _NO_RANGE * abs(close)
    macdv = where(begun, maths.ratio(moves, fast - slow, atr, 0.0) * 100.0, before)
    size = abs(macdv)
    calm = where(begun & (size < CALM), calm + 1.0, 0.0)
    values = where(begun, values + 1.0, values)
    signal = where(begun, _line(maths, values, signal, macdv), signal)
    histogram = macdv - signal
    against = where(macdv > 0, -histogram, histogram)
    goes_on = (turned > 0) & ((before > 0) == (macdv > 0))
    turns = (values >= SIGNAL) & (size >= EXTREME) & (goes_on | (against >= TURN * size))
    turned = where(turns, 1.0, 0.0)
    stage = _stage(maths, macdv, signal, calm)
    return bars, fast, slow, ranges, atr, close, values, macdv, signal, histogram, calm, turned, stage


def _known(column: str) -> Value:
    return Value(column, "values", SIGNAL)


INDICATOR: Final = Indicator(
    name="macdv",
    start={
        **dict.fromkeys(("bars", "fast", "slow", "ranges", "atr"), 0.0),
        "lastClose": UNKNOWN,
        **dict.fromkeys(("values", "macdv", "signal", "histogram", "calm", "turned", "stage"), 0.0),
    },
    step=_step,
    values={
        "macdv": _known("macdv"),
        "signal": _known("signal"),
        "histogram": _known("histogram"),
        "emaFast": _known("fast"),
        "emaSlow": _known("slow"),
        "atr": _known("atr"),
    },
)
"""MACD-V = (EMA12 - EMA26) / ATR26 * 100, its signal line EMA9, and what follows from their course.

0 where nothing moves any more (an ATR below 1e-8 of the price), so that every value is finite. `calm` counts the bars
in a row with |MACD-V| < 50; `turned`: the excursion beyond ±150 that is going on has turned once.
"""
