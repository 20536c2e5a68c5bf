"""Candles and the series that they belong to."""

from dataclasses import dataclass
from typing import Final, NamedTuple

from settingsapp.schema.vocabulary import Timeframe, split_qualified

MINUTE_MS: Final = 60_000
DURATION_MS: Final[dict[Timeframe, int]] = {
    "1m": MINUTE_MS,
    "5m": 5 * MINUTE_MS,
    "15m": 15 * MINUTE_MS,
    "1h": 60 * MINUTE_MS,
    "4h": 240 * MINUTE_MS,
    "1d": 1_440 * MINUTE_MS,
}


class SeriesKey(NamedTuple):
    """One symbol on one exchange in one timeframe."""

    exchange: str
    symbol: str
    timeframe: Timeframe

    @property
    def qualified(self) -> str:
        """The symbol with its exchange: `simulated:BTC-USD`."""
        return f"{self.exchange}:{self.symbol}"

    def __str__(self) -> str:
        return f"{self.exchange}:{self.symbol}:{self.timeframe}"

    @classmethod
    def of(cls, qualified: str, timeframe: Timeframe) -> "SeriesKey":
        return cls(*split_qualified(qualified), timeframe)


@dataclass(frozen=True, slots=True)
class Candle:
    """A closed candle: `open_time` in ms UTC identifies it within its series.

    `synthetic`: nothing was traded; open, high, low and close are the close before, the volume is 0.
    """

    series: SeriesKey
    open_time: int
    open: float
    high: float
    low: float
    close: float
    volume: float
    synthetic: bool = False

    @property
    def close_time(self) -> int:
        """The moment at which it was complete, ms UTC: its successor's open time."""
        return self.open_time + DURATION_MS[self.series.timeframe]
