"""Average true range (J. W. Wilder, New Concepts in Technical Trading Systems, 1978)."""

from collections.abc import Mapping

from runtime.engine.candles import Candle

PERIOD = 14


class AverageTrueRange:
    """Wilder's ATR over n = `period` true ranges: their simple average, from then on ((n - 1) * ATR + TR) / n.

    The first bar has no true range, as there is no close before it. Synthetic bars carry the ATR forward:
    nothing was traded, so they say nothing about the range.
    """

    __slots__ = ("_count", "_last_close", "_period", "_sum", "value")

    def __init__(self, period: int) -> None:
        self._period = period
        self._sum = 0.0
        self._count = 0
        self._last_close: float | None = None
        self.value: float | None = None
        """The ATR after the last bar; None before `period` true ranges."""

    def step(self, candle: Candle) -> float | None:
        """Take the next bar and return the new ATR."""
        last_close = self._last_close
        self._last_close = candle.close
        if last_close is None or candle.synthetic:
            return self.value
        true_range = max(candle.high, last_close) - min(candle.low, last_close)
        value = self.value
        if value is not None:
            value = (value * (self._period - 1) + true_range) / self._period
        else:
            self._sum += true_range
            self._count += 1
            if self._count == self._period:
                value = self._sum / self._period
        self.value = value
        return value


class Atr:
    """`atr14`, in the quote currency."""

    __slots__ = ("_average",)

    def __init__(self) -> None:
        self._average = AverageTrueRange(PERIOD)

    def step(self, candle: Candle) -> None:
        self._average.step(candle)

    def values(self) -> Mapping[str, float]:
        return {} if self._average.value is None else {f"atr{PERIOD}": self._average.value}
