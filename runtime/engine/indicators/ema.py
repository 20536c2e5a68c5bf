"""Exponential moving averages of closes."""

from collections.abc import Mapping

from runtime.engine.candles import Candle

SHORT = 20
LONG = 200


class ExponentialAverage:
    """An EMA with weight 2 / (period + 1), which starts from the simple average of its first `period` inputs."""

    __slots__ = ("_count", "_period", "_sum", "_weight", "value")

    def __init__(self, period: int) -> None:
        self._period = period
        self._weight = 2.0 / (period + 1)
        self._sum = 0.0
        self._count = 0
        self.value: float | None = None
        """The average after the last input; None before `period` inputs."""

    def step(self, number: float) -> float | None:
        """Take the next input and return the new average."""
        value = self.value
        if value is not None:
            value += self._weight * (number - value)
        else:
            self._sum += number
            self._count += 1
            if self._count == self._period:
                value = self._sum / self._period
        self.value = value
        return value


class EmaPair:
    """`ema20` and `ema200` of the closes, synthetic bars included."""

    __slots__ = ("_long", "_short")

    def __init__(self) -> None:
        self._short = ExponentialAverage(SHORT)
        self._long = ExponentialAverage(LONG)

    def step(self, candle: Candle) -> None:
        self._short.step(candle.close)
        self._long.step(candle.close)

    def values(self) -> Mapping[str, float]:
        found = {}
        if self._short.value is not None:
            found[f"ema{SHORT}"] = self._short.value
        if self._long.value is not None:
            found[f"ema{LONG}"] = self._long.value
        return found
