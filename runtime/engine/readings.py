"""What the indicators of one series say after one bar."""

from collections.abc import Collection, Mapping
from typing import NamedTuple

from runtime.engine.indicators.macdv import Stage


class Reading(NamedTuple):
    """All indicators after one bar; every number is finite.

    Prices, EMAs and ATR are in the quote currency; MACD-V, signal and histogram in hundredths of an ATR.
    """

    close: float
    macdv: float
    signal: float
    histogram: float
    """MACD-V minus signal."""
    stage: Stage
    ema_fast: float
    """EMA12 of the closes."""
    ema_slow: float
    """EMA26 of the closes."""
    atr: float
    """Wilder's ATR26."""
    turned: bool
    """The excursion beyond ±150 that is going on has turned once."""
    further: Mapping[str, Mapping[str, float]]
    """The other indicators' values: `{"rsi": {"rsi14": 61.2}, …}`; those with too few bars are absent."""

    def as_dict(self, enabled: Collection[str] | None = None) -> dict[str, float | str]:
        """Return the values by short names; `enabled` says which indicators beside MACD-V are among them."""
        values: dict[str, float | str] = {
            "close": self.close,
            "macdv": self.macdv,
            "signal": self.signal,
            "histogram": self.histogram,
            "stage": self.stage.value,
            "emaFast": self.ema_fast,
            "emaSlow": self.ema_slow,
            "atr": self.atr,
        }
        for name, numbers in self.further.items():
            if enabled is None or name in enabled:
                values.update(numbers)
        return values

    def of_bar(self, open_time: int) -> dict[str, float | str]:
        """Return the values with the open time (ms UTC) of the bar that they are of, as the cache holds them."""
        return {"openTime": open_time, **self.as_dict()}
