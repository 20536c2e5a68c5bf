"""Commands that concern candles: reading them again, and clearing what is cached of them."""

import contextlib
from typing import cast

from runtime.engine.candles import SeriesKey
from runtime.engine.executor import Ending
from runtime.engine.market_data import MarketData
from runtime.engine.ports import CacheScope, CommandQueue, Feed, MarketCache, QueuedCommand, SourceUnavailableError
from runtime.engine.state import State
from runtime.engine.watching import Watching
from runtime.protocol.answers import Outcome, Result
from runtime.protocol.commands import BackfillPayload, ClearCachePayload
from settingsapp.schema.effective import qualified
from settingsapp.schema.vocabulary import split_qualified

# These hold what can't be rebuilt from memory: without them the series are loaded from the exchange again.
_LOST_WITH_CANDLES = frozenset({CacheScope.ALL, CacheScope.CANDLES, CacheScope.SYMBOL})


class MarketHandlers:
    """Both leave the engine with what the exchange says now."""

    def __init__(
        self, state: State, watching: Watching, market_data: MarketData, cache: MarketCache, queue: CommandQueue
    ) -> None:
        self._state = state
        self._watching = watching
        self._market_data = market_data
        self._cache = cache
        self._queue = queue

    async def force_backfill(self, queued: QueuedCommand) -> Ending:
        payload = cast("BackfillPayload", queued.command.payload)
        full = qualified(self._state.require_settings().document, payload.symbol)
        exchange, symbol = split_qualified(full)
        feed = self._state.feeds.get(exchange)
        if feed is None or full not in self._state.market.tracked:
            text = f"{full} is not watched, so there is nothing to fill; add-symbol first"
            return Ending(Result(Outcome.REFUSED, text))
        watched = [series.timeframe for series in self._state.market.series_of(full)]
        absent = [t for t in payload.timeframes or () if t not in watched]
        if absent:
            text = f"{full} is watched in {', '.join(watched)}, not in {', '.join(absent)}"
            return Ending(Result(Outcome.REFUSED, text))
        wanted = [t for t in watched if payload.timeframes is None or t in payload.timeframes]
        missing = changed = read = 0
        failed: list[str] = []
        for done, timeframe in enumerate(wanted):
            await self._tell(queued, done, len(wanted), f"{full}: reading {timeframe}")
            try:
                counts = await self._read_again(feed, SeriesKey(exchange, symbol, timeframe))
            except SourceUnavailableError as error:
                failed.append(f"{timeframe}: {error}")
            except KeyError:
                text = f"{full} is no longer watched: it was taken off while its candles were read"
                return Ending(Result(Outcome.FAILED, text))
            else:
                read, missing, changed = read + counts[0], missing + counts[1], changed + counts[2]
        await self._tell(queued, len(wanted), len(wanted), f"{full}: all read")
        data = {"symbol": full, "read": read, "missing": missing, "changed": changed, "failed": failed}
        text = f"{full}: {_counted(read, 'candle')} read again, {missing} missing before, {changed} corrected"
        if failed:
            return Ending(Result(Outcome.FAILED, f"{text}; not read: {'; '.join(failed)}", data))
        return Ending(Result(Outcome.SUCCEEDED, text, data))

    async def clear_cache(self, queued: QueuedCommand) -> Ending:
        payload = cast("ClearCachePayload", queued.command.payload)
        scope = CacheScope(payload.scope)
        document = self._state.require_settings().document
        full = qualified(document, payload.symbol) if payload.symbol else None
        cleared = await self._cache.clear(scope, full, payload.timeframe)
        affected = [s for s in self._state.market.tracked if full is None or s == full]
        if scope in _LOST_WITH_CANDLES:
            await self._watching.reload(affected)
            text = f"{_counted(cleared, 'key')} cleared; {_are(len(affected))} being loaded again"
        else:
            for symbol in affected:
                await self._market_data.store_all(symbol)
            text = f"{_counted(cleared, 'key')} cleared; what the engine knows is written again"
        return Ending(Result(Outcome.SUCCEEDED, text, {"cleared": cleared, "symbols": len(affected)}))

    async def _tell(self, queued: QueuedCommand, done: int, total: int, message: str) -> None:
        # Progress is for the eye: Redis being away for a moment is no reason to give up.
        with contextlib.suppress(SourceUnavailableError):
            await self._queue.progress(queued, done, total, message)

    async def _read_again(self, feed: Feed, key: SeriesKey) -> tuple[int, int, int]:
        """Read a series' whole range again; returns how many candles came, were missing, and differed."""
        held = self._state.market.candles(key)
        if held:
            candles = await feed.history(key.symbol, key.timeframe, held[0].open_time, held[-1].close_time)
        else:
            candles = await feed.warmup(key.symbol, key.timeframe, self._state.market.warmup_bars)
        async with self._state.market_lock:
            replacement = self._state.market.replace(key, candles)
            await self._cache.replace(key, self._state.market.candles(key))
        return len(candles), replacement.missing, replacement.changed


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _are(symbols: int) -> str:
    return f"{_counted(symbols, 'symbol')} {'is' if symbols == 1 else 'are'}"
