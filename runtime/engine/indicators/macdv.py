"""MACD-V: volatility-normalised momentum (A. Spiroglou, MACD-V: Volatility Normalised Momentum, 2022)."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from runtime.engine.candles import Candle
from runtime.engine.indicators.atr import AverageTrueRange
from runtime.engine.indicators.ema import ExponentialAverage

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


def stage_of(macdv: float, signal: float, calm_bars: int) -> Stage:
    """Name the stage; `calm_bars` counts the bars in a row, this one included, with |MACD-V| < 50."""
    if macdv <= -EXTREME:
        return Stage.OVERSOLD
    if calm_bars >= RANGING_BARS and abs(macdv) < CALM:
        return Stage.RANGING
    if macdv >= signal:
        if macdv >= EXTREME:
            return Stage.OVERBOUGHT
        return Stage.RALLYING if macdv >= CALM else Stage.REBOUNDING
    return Stage.RETRACING if macdv > -CALM else Stage.REVERSING


class MacdV:
    """MACD-V = (EMA12 - EMA26) / ATR26 * 100, its signal line EMA9, and what follows from their course.

    0 where nothing moves any more (an ATR below 1e-8 of the price), so that every value is finite.
    """

    __slots__ = ("_line", "atr", "calm_bars", "fast", "macdv", "slow", "turned")

    def __init__(self) -> None:
        self.fast = ExponentialAverage(FAST)
        self.slow = ExponentialAverage(SLOW)
        self.atr = AverageTrueRange(SLOW)
        self._line = ExponentialAverage(SIGNAL)
        self.macdv = 0.0
        self.calm_bars = 0
        self.turned = False
        """The excursion beyond ±150 that is going on has turned once."""

    @property
    def signal(self) -> float | None:
        """The signal line; None while there are too few bars."""
        return self._line.value

    def step(self, candle: Candle) -> None:
        close = candle.close
        fast = self.fast.step(close)
        slow = self.slow.step(close)
        atr = self.atr.step(candle)
        if fast is None or slow is None or atr is None:
            return
        macdv = (fast - slow) / atr * 100.0 if atr > _NO_RANGE * abs(close) else 0.0
        before, self.macdv = self.macdv, macdv
        self.calm_bars = self.calm_bars + 1 if -CALM < macdv < CALM else 0
        signal = self._line.step(macdv)
        if signal is None:
            return
        histogram = macdv - signal
        if -EXTREME < macdv < EXTREME:
            self.turned = False
        else:
            against = -histogram if macdv > 0 else histogram
            goes_on = self.turned and (before > 0) == (macdv > 0)
            self.turned = goes_on or against >= TURN * abs(macdv)

    def values(self) -> Mapping[str, float]:
        signal = self.signal
        fast, slow, atr = self.fast.value, self.slow.value, self.atr.value
        if signal is None or fast is None or slow is None or atr is None:
            return {}
        return {
            "macdv": self.macdv,
            "signal": signal,
            "histogram": self.macdv - signal,
            "emaFast": fast,
            "emaSlow": slow,
            "atr": atr,
        }
