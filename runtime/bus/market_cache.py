"""The caches of candles, indicator values and last prices."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence

from runtime.bus import keys as names
from runtime.bus.calls import Argument, arun, script_call, text
from runtime.bus.connections import AsyncRedis, redis_errors_named
from runtime.engine.candles import DURATION_MS, Candle, SeriesKey
from runtime.engine.ports.availability import LeaseLostError
from runtime.engine.ports.market_cache import CacheScope
from settingsapp.schema import strict_json
from settingsapp.schema.vocabulary import Timeframe, split_qualified

CANDLES_KEPT = 1_500
"""Of each series; the oldest falls out when a newer one comes in."""
PAGE = 500

_PREFIXES: Mapping[CacheScope, tuple[str, ...]] = {
    CacheScope.ALL: (names.CANDLES, names.INDICATORS, names.TICKERS),
    CacheScope.CANDLES: (names.CANDLES,),
    CacheScope.INDICATORS: (names.INDICATORS,),
    CacheScope.TICKERS: (names.TICKERS,),
    CacheScope.SYMBOL: (names.CANDLES, names.INDICATORS, names.TICKERS),
}


class RedisMarketCache:
    """Implements runtime.engine.ports.market_cache.MarketCache for one lease.

    A series' candles are a hash from open time to `[open, high, low, close, volume, synthetic]`; indicators and the
    last price are JSON strings.
    """

    def __init__(self, redis: AsyncRedis, sub: str, token: str) -> None:
        self._redis = redis
        self._fence = names.Keys(sub).fence
        self._token = token

    async def write(self, candles: Sequence[Candle], readings: Mapping[SeriesKey, Mapping[str, object]]) -> None:
        keys: list[str] = []
        arguments: list[Argument] = []
        for candle, packed in zip(candles, _packed(candles), strict=True):
            series = candle.series
            keys.append(names.candles(*series))
            falls_out = candle.open_time - CANDLES_KEPT * DURATION_MS[series.timeframe]
            arguments += ("append", 3, falls_out, candle.open_time, packed)
        for symbol, candle in _newest(candles).items():
            keys.append(names.ticker(*symbol))
            arguments += ("set", 1, strict_json.encode({"last": candle.close, "time": candle.close_time}))
        for series, reading in readings.items():
            keys.append(names.indicators(*series))
            arguments += ("set", 1, strict_json.encode(dict(reading)))
        await self._store(keys, arguments)

    async def replace(self, series: SeriesKey, candles: Sequence[Candle]) -> None:
        kept = candles[-CANDLES_KEPT:]
        if not kept:
            return
        pairs: list[Argument] = []
        for candle, packed in zip(kept, _packed(kept), strict=True):
            pairs += (candle.open_time, packed)
        await self._store([names.candles(*series)], ["replace", len(pairs), *pairs])

    async def candles(self, series: SeriesKey) -> Sequence[Candle]:
        """Return what is stored of a series, oldest first."""
        with redis_errors_named():
            stored = await self._redis.hgetall(names.candles(*series))
        return sorted(
            (unpacked(series, int(open_time), packed) for open_time, packed in stored.items()),
            key=lambda candle: candle.open_time,
        )

    async def clear(self, scope: CacheScope, symbol: str | None = None, timeframe: Timeframe | None = None) -> int:
        """Remove the caches of a scope and return how many keys went; only caches are ever touched."""
        cleared = 0
        with redis_errors_named():
            for prefix in _PREFIXES[scope]:
                page: list[bytes] = []
                async for key in self._scan(_pattern(prefix, symbol, timeframe)):
                    page.append(key)
                    if len(page) == PAGE:
                        cleared += await self._redis.unlink(*page)
                        page = []
                if page:
                    cleared += await self._redis.unlink(*page)
        return cleared

    async def statistics(self) -> Mapping[str, int]:
        """Return the number of cache keys and the memory that they take; hits and misses are the server's own."""
        keys = memory = 0
        with redis_errors_named():
            for prefix in _PREFIXES[CacheScope.ALL]:
                page: list[bytes] = [key async for key in self._scan(f"{prefix}:*")]
                keys += len(page)
                pipeline = self._redis.pipeline(transaction=False)
                for key in page:
                    pipeline.memory_usage(key, samples=1)
                memory += sum(size or 0 for size in await pipeline.execute())
            told = await self._redis.info("stats")
        return {
            "keys": keys,
            "memoryBytes": memory,
            "hits": int(told["keyspace_hits"]),
            "misses": int(told["keyspace_misses"]),
        }

    def _scan(self, pattern: str) -> AsyncIterator[bytes]:
        # Never KEYS: it stops the server for as long as it looks.
        return self._redis.scan_iter(match=pattern, count=PAGE)

    async def _store(self, keys: Sequence[str], arguments: Sequence[Argument]) -> None:
        if not keys:
            return
        call = script_call("cache", (self._fence, *keys), (self._token, *arguments), text)
        if await arun(self._redis, call) == "lease_lost":
            raise LeaseLostError("another engine leads this identity now")


def _pattern(prefix: str, symbol: str | None, timeframe: Timeframe | None) -> str:
    if symbol is None:
        return f"{prefix}:*"
    exchange, name = split_qualified(symbol)
    escaped = "".join(f"\\{letter}" if letter in "*?[]\\^-" else letter for letter in name)
    if prefix == names.TICKERS:
        return f"{prefix}:{exchange}:{escaped}"
    return f"{prefix}:{exchange}:{escaped}:{timeframe or '*'}"


def _newest(candles: Sequence[Candle]) -> dict[tuple[str, str], Candle]:
    newest: dict[tuple[str, str], Candle] = {}
    for candle in candles:
        symbol = (candle.series.exchange, candle.series.symbol)
        if symbol not in newest or candle.close_time > newest[symbol].close_time:
            newest[symbol] = candle
    return newest


def _packed(candles: Sequence[Candle]) -> list[str]:
    """Write each as JSON. Raises ValueError for a number that is not finite."""
    if not candles:
        return []
    rows = [[c.open, c.high, c.low, c.close, c.volume, 1 if c.synthetic else 0] for c in candles]
    # One text for all, and taken apart again: numbers alone hold no brackets, and a call for each takes three times
    # as long.
    return [f"[{row}]" for row in strict_json.encode(rows)[2:-2].split("],[")]


def unpacked(series: SeriesKey, open_time: int, packed: bytes | str) -> Candle:
    """Read a candle as it is stored."""
    opened, high, low, closed, volume, synthetic = json.loads(packed)
    return Candle(series, open_time, opened, high, low, closed, volume, synthetic == 1)
