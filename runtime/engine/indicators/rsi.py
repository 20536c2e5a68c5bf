"""Relative strength index (J. W. Wilder, New Concepts in Technical Trading Systems, 1978)."""

from collections.abc import Mapping

from runtime.engine.candles import Candle

PERIOD = 14
NEUTRAL = 50.0


class Rsi:
    """`rsi14` of the closes, 0 to 100: 100 * average gain / (average gain + average loss), Wilder's averages.

    A market that never moved is neutral.
    """

    __slots__ = ("_changes", "_gain", "_last_close", "_loss")

    def __init__(self) -> None:
        self._gain = 0.0
        self._loss = 0.0
        self._changes = 0
        self._last_close: float | None = None

    def step(self, candle: Candle) -> None:
        last_close = self._last_close
        self._last_close = candle.close
        if last_close is None:
            return
        change = candle.close - last_close
        gain, loss = (change, 0.0) if change > 0 else (0.0, -change)
        if self._changes < PERIOD:
            self._changes += 1
            self._gain += gain / PERIOD
            self._loss += loss / PERIOD
        else:
            self._gain += (gain - self._gain) / PERIOD
            self._loss += (loss - self._loss) / PERIOD

    def values(self) -> Mapping[str, float]:
        if self._changes < PERIOD:
            return {}
        both = self._gain + self._loss
        return {f"rsi{PERIOD}": 100.0 * self._gain / both if both > 0 else NEUTRAL}
