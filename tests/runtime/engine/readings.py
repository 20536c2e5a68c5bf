"""Readings and bars for tests of signals and modes."""

from typing import Any

from runtime.engine.indicators.macdv import Stage, stage_of
from runtime.engine.market import Bar
from runtime.engine.readings import Reading
from settingsapp.schema.vocabulary import Timeframe
from tests.runtime.engine.walks import START, candle


def reading(macdv: float, signal: float = 0.0, **changes: Any) -> Reading:
    """Return a reading with what follows from both; `changes` says otherwise."""
    values: dict[str, Any] = {
        "close": 100.0,
        "macdv": macdv,
        "signal": signal,
        "histogram": macdv - signal,
        "stage": stage_of(macdv, signal, 0),
        "ema_fast": 101.0,
        "ema_slow": 99.0,
        "atr": 2.0,
        "turned": False,
        "further": {"rsi": {"rsi14": 61.0}, "ema": {"ema20": 98.0, "ema200": 97.0}, "atr": {"atr14": 2.5}},
    }
    return Reading(**(values | changes))


RISING = (reading(90.0, 100.0, stage=Stage.RETRACING), reading(100.0, 99.0, stage=Stage.RALLYING))
"""MACD-V passes its signal line upward, and the stage changes."""


def bar(
    previous: Reading | None,
    current: Reading | None,
    *,
    timeframe: Timeframe = "1m",
    open_time: int = START,
    ready: bool = True,
    close: float = 100.0,
    base: bool = True,
) -> Bar:
    return Bar(candle(open_time, close, timeframe), current, previous, ready, START, base)
