"""The market's caches without Redis."""

from collections.abc import Mapping, Sequence

from runtime.engine.candles import Candle, SeriesKey
from runtime.engine.ports.market_cache import CacheScope
from settingsapp.schema.vocabulary import Timeframe


class FakeMarketCache:
    """Keeps candles by series, readings, and last prices by symbol."""

    def __init__(self) -> None:
        self.series: dict[SeriesKey, list[Candle]] = {}
        self.readings: dict[SeriesKey, Mapping[str, object]] = {}
        self.prices: dict[str, float] = {}
        self.clears: list[tuple[CacheScope, str | None, Timeframe | None]] = []
        self.trouble: Exception | None = None

    async def write(self, candles: Sequence[Candle], readings: Mapping[SeriesKey, Mapping[str, object]]) -> None:
        self._fail()
        for candle in candles:
            held = [known for known in self.series.get(candle.series, []) if known.open_time != candle.open_time]
            self.series[candle.series] = [*held, candle]
            self.prices[candle.series.qualified] = candle.close
        self.readings.update(readings)

    async def replace(self, series: SeriesKey, candles: Sequence[Candle]) -> None:
        self._fail()
        self.series[series] = list(candles)

    async def candles(self, series: SeriesKey) -> Sequence[Candle]:
        self._fail()
        return sorted(self.series.get(series, ()), key=lambda candle: candle.open_time)

    async def clear(self, scope: CacheScope, symbol: str | None = None, timeframe: Timeframe | None = None) -> int:
        self._fail()
        self.clears.append((scope, symbol, timeframe))

        def goes(key: SeriesKey) -> bool:
            return symbol in (None, key.qualified) and timeframe in (None, key.timeframe)

        before = len(self.series) + len(self.readings) + len(self.prices)
        if scope in (CacheScope.ALL, CacheScope.CANDLES, CacheScope.SYMBOL):
            self.series = {key: held for key, held in self.series.items() if not goes(key)}
        if scope in (CacheScope.ALL, CacheScope.INDICATORS, CacheScope.SYMBOL):
            self.readings = {key: held for key, held in self.readings.items() if not goes(key)}
        if scope in (CacheScope.ALL, CacheScope.TICKERS, CacheScope.SYMBOL):
            self.prices = {name: price for name, price in self.prices.items() if symbol not in (None, name)}
        return before - len(self.series) - len(self.readings) - len(self.prices)

    async def statistics(self) -> Mapping[str, int]:
        self._fail()
        return {"keys": len(self.series), "memoryBytes": 1, "hits": 2, "misses": 3}

    def _fail(self) -> None:
        if self.trouble is not None:
            raise self.trouble
