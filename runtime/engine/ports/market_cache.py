"""The cache of candles and indicators."""

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Protocol

from runtime.engine.candles import Candle, SeriesKey
from settingsapp.schema.vocabulary import Timeframe


class CacheScope(Enum):
    """Which caches to clear; SYMBOL takes all of one symbol's, or of one of its series."""

    ALL = "all"
    CANDLES = "candles"
    INDICATORS = "indicators"
    TICKERS = "tickers"
    SYMBOL = "symbol"


class MarketCache(Protocol):
    """Candles, last indicator values and last prices as other processes read them."""

    async def write(self, candles: Sequence[Candle], readings: Mapping[SeriesKey, Mapping[str, object]]) -> None:
        """Store closed candles, and the last indicator values of the series named."""

    async def replace(self, series: SeriesKey, candles: Sequence[Candle]) -> None:
        """Store a whole series anew."""

    async def candles(self, series: SeriesKey) -> Sequence[Candle]:
        """Return what is stored of a series, oldest first. Raises SourceUnavailableError."""

    async def clear(self, scope: CacheScope, symbol: str | None = None, timeframe: Timeframe | None = None) -> int:
        """Clear caches and return how many keys went. `symbol` is qualified."""

    async def statistics(self) -> Mapping[str, int]:
        """Return keys, memoryBytes, hits and misses."""
