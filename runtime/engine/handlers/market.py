"""Commands that concern candles: reading them again, and clearing what is cached of them."""

import contextlib
from typing import cast

from runtime.engine.candles import SeriesKey
from runtime.engine.executor import Ending
from runtime.engine.market_data import MarketData
from runtime.engine.ports.availability import SourceUnavailableError
from runtime.engine.ports.commands import CommandQueue, QueuedCommand
from runtime.engine.ports.feeds import Feed
from runtime.engine.ports.market_cache import CacheScope, MarketCache
from runtime.engine.rereading import Reread, Rereading
from runtime.engine.state import State
from runtime.engine.watching import Watching
from runtime.protocol.answers import Outcome, Result
from runtime.protocol.payloads import BackfillPayload, ClearCachePayload
from settingsapp.schema.effective import qualified
from settingsapp.schema.vocabulary import split_qualified

# These hold what can't be rebuilt from memory: without them the series are loaded from the exchange again.
_LOST_WITH_CANDLES = frozenset({CacheScope.ALL, CacheScope.CANDLES, CacheScope.SYMBOL})


class MarketHandlers:
    """Both leave the engine with what the exchange says now."""

    def __init__(
        self,
        state: State,
        watching: Watching,
        market_data: MarketData,
        rereading: Rereading,
        cache: MarketCache,
        queue: CommandQueue,
    ) -> None:
        self._state = state
        self._watching = watching
        self._market_data = market_data
        self._rereading = rereading
        self._cache = cache
        self._queue = queue

    async def force_backfill(self, queued: QueuedCommand) -> Ending:
        payload = cast("BackfillPayload", queued.command.payload)
        full = qualified(self._state.require_settings().document, payload.symbol)
        exchange, symbol = split_qualified(full)
        feed = self._state.feeds.get(exchange)
        # After a start, or right after it was added, a symbol's history may still be on its way.
        await self._watching.loaded(full)
        if feed is None or full not in self._state.market.tracked:
            text = f"{full} is not watched, so there is nothing to fill; add-symbol first"
            return Ending(Result(Outcome.REFUSED, text))
        watched = [series.timeframe for series in self._state.market.series_of(full)]
        absent = [t for t in payload.timeframes or () if t not in watched]
        if absent:
            text = f"{full} is watched in {', '.join(watched)}, not in {', '.join(absent)}"
            return Ending(Result(Outcome.REFUSED, text))
        wanted = [t for t in watched if payload.timeframes is None or t in payload.timeframes]
        missing = changed = read = withdrawn = late = 0
        failed: list[str] = []
        for done, timeframe in enumerate(wanted):
            await self._tell(queued, done, len(wanted), f"{full}: reading {timeframe}")
            try:
                number, reread = await self._read_again(feed, SeriesKey(exchange, symbol, timeframe))
            except SourceUnavailableError as error:
                failed.append(f"{timeframe}: {error}")
            except ValueError as error:
                failed.append(f"{timeframe}: what the exchange says makes no sense ({error})")
            except KeyError:
                text = f"{full} is no longer watched: it was taken off while its candles were read"
                return Ending(Result(Outcome.FAILED, text))
            else:
                read += number
                missing, changed = missing + reread.correction.missing, changed + reread.correction.changed
                withdrawn, late = withdrawn + reread.withdrawn, late + reread.late
        await self._tell(queued, len(wanted), len(wanted), f"{full}: all read")
        counts = {"read": read, "missing": missing, "changed": changed, "withdrawn": withdrawn, "late": late}
        data = {"symbol": full, **counts, "failed": failed}
        text = f"{full}: {_counted(read, 'candle')} read again, {missing} missing before, {changed} corrected"
        if withdrawn or late:
            text += f"; {_counted(withdrawn, 'alert')} withdrawn, {late} added late"
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

    async def _read_again(self, feed: Feed, key: SeriesKey) -> tuple[int, Reread]:
        """Read a series' whole range again and let it win; returns how many candles came, and what came of them."""
        market = self._state.market
        held = market.extent(key)
        if held is None:
            candles = await feed.warmup(key.symbol, key.timeframe, market.warmup_bars)
            since, until = 0, 0
        else:
            since, until = held
            candles = await feed.history(key.symbol, key.timeframe, since, until)
            if not candles and any(not candle.synthetic for candle in market.candles(key)):
                raise SourceUnavailableError("the exchange says nothing of a time in which trades are held")
        reread = await self._rereading.let_win(key, since, until, candles)
        if held is not None and key in market.series_of(key.qualified):
            self._state.checked.note(market, key, since, until)
        return len(candles), reread


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _are(symbols: int) -> str:
    return f"{_counted(symbols, 'symbol')} {'is' if symbols == 1 else 'are'}"
