"""Converging on what should be watched: feeds opened and closed, histories loaded, symbols subscribed and dropped."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Final

from runtime.engine.lifecycle import Moment
from runtime.engine.market_data import MarketData
from runtime.engine.modes import MODES
from runtime.engine.ports.availability import LeaseLostError, SourceUnavailableError
from runtime.engine.ports.clock import Clock
from runtime.engine.ports.feeds import Feed, Feeds, UnknownInstrumentError
from runtime.engine.ports.market_cache import CacheScope, MarketCache
from runtime.engine.ports.outbox import Outbox
from runtime.engine.sparse import SHORTEST, sparse_timeframes
from runtime.engine.state import Loading, State
from runtime.engine.warming import RETRY_SECONDS, Warming
from runtime.protocol.status import LOST, EngineState
from settingsapp.schema.effective import enabled_exchanges
from settingsapp.schema.vocabulary import Timeframe, split_qualified

log = logging.getLogger(__name__)

LOADING_SECONDS: Final = 5.0
"""So long a command waits for the history that it asked for; behind it others wait."""


class Watching:
    """Owns the feeds' tasks and the warm-up. `converge` may be called as often as one likes."""

    def __init__(
        self,
        state: State,
        feeds: Feeds,
        cache: MarketCache,
        outbox: Outbox,
        market_data: MarketData,
        clock: Clock,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._state = state
        self._feeds = feeds
        self._cache = cache
        self._outbox = outbox
        self._market_data = market_data
        self._sleep = sleep
        self._loader = Warming(state, cache, market_data, clock, self.tell, sleep)
        self._lost: set[str] = set()
        """Exchanges whose symbols may have missed something."""
        self._mending: dict[str, asyncio.Task[None]] = {}
        self._following: dict[str, asyncio.Task[None]] = {}
        self._dropped: set[str] = set()
        """Symbols that are watched no longer and whose caches may still be there."""
        self._warming: dict[str, asyncio.Task[None]] = {}
        self._converging = asyncio.Lock()
        """The settings' own rhythm and commands converge, too: two at once would undo each other's steps."""

    async def converge(self) -> None:
        """Make feeds and symbols what the settings, the mode and a recording ask for.

        Returns once everything is under way; histories are loaded beside. A symbol that can't be watched is told to
        the owner and costs the others nothing.
        """
        await self.reload(())

    async def reload(self, keys: Sequence[str]) -> None:
        """Converge, and read the histories of these qualified symbols from their exchanges again; until then they are
        silent.
        """
        async with self._converging:
            for qualified in keys:
                await self._drop(qualified)
            await self._converge_feeds()
            wanted, sparse = self._state.desired_symbols(), self._state.desired_sparse()
            for qualified in sorted(self._known()):
                if qualified not in wanted or (qualified in sparse) != (qualified in self._state.sparse):
                    await self._drop(qualified)
            await self._wipe()
            for qualified in sorted(wanted, key=sparse.__contains__):
                if qualified not in self._known():
                    self._begin(qualified, sparse=qualified in sparse, from_cache=qualified not in keys)
            self._rewarm()
            self.settle()

    def _begin(self, qualified: str, *, sparse: bool, from_cache: bool) -> None:
        """Begin to load a symbol. A sparse one comes after the others of its exchange, and keeps nobody waiting."""
        first: list[asyncio.Task[None]] = []
        if sparse:
            exchange = split_qualified(qualified)[0]
            before = (name for name in self._warming if name not in self._state.sparse)
            first = [self._warming[name] for name in before if split_qualified(name)[0] == exchange]
            self._state.sparse.add(qualified)
        else:
            self._state.warming.add(qualified)
        feed = self._state.feeds.get(split_qualified(qualified)[0])
        if feed is not None and (timeframes := _timeframes(feed, sparse=sparse)):
            self._state.loading[qualified] = Loading(len(timeframes))
        warm = self._warm(qualified, from_cache=from_cache, first=first)
        self._warming[qualified] = asyncio.create_task(warm, name=f"warm up {qualified}")

    async def loaded(self, qualified: str, patience: float = LOADING_SECONDS) -> None:
        """Wait until a symbol's history has been loaded, or given up, but no longer than `patience` seconds."""
        task = self._warming.get(qualified)
        if task is not None:
            await asyncio.wait([task], timeout=patience)

    async def close(self) -> None:
        """Stop all tasks and close the feeds."""
        tasks = [*self._warming.values(), *self._following.values(), *self._mending.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for feed in self._state.feeds.values():
            await feed.close()

    def settle(self) -> None:
        """Let the life cycle follow what the feeds and the warm-up say."""
        state = self._state
        if state.settings is None or state.phase in (EngineState.STARTING, EngineState.STOPPING):
            return
        lost = [name for name, feed in state.feeds.items() if feed.status().state in LOST]
        self._note_lost(lost)
        unavailable_exchanges = [name for name in state.unavailable if ":" not in name]
        if lost or unavailable_exchanges:
            state.move(Moment.FEED_LOST)
            return
        if state.phase is EngineState.DEGRADED:
            state.move(Moment.FEEDS_BACK)
        if not state.warming and state.phase is EngineState.WARMING:
            state.move(Moment.WARMED)

    def _note_lost(self, lost: Sequence[str]) -> None:
        """What an exchange does not tell of is stale, until it is back and all that was missed has been read."""
        for name in lost:
            self._lost.add(name)
            if (mending := self._mending.pop(name, None)) is not None:
                mending.cancel()
            for qualified in self._live_on(name):
                for key in self._state.market.series_of(qualified):
                    self._state.market.mark_stale(key)
        for name in self._lost.difference(lost):
            feed = self._state.feeds.get(name)
            if feed is None:
                self._lost.discard(name)
            elif feed.status().state == "connected":
                self._lost.discard(name)
                self._mending[name] = asyncio.create_task(self._mend(feed), name=f"close the gaps of {name}")

    def _live_on(self, exchange: str) -> list[str]:
        """Return the tracked symbols of an exchange that hang on its live connection."""
        state = self._state
        return [s for s in state.market.tracked if split_qualified(s)[0] == exchange and s not in state.sparse]

    async def _mend(self, feed: Feed) -> None:
        """Read what was missed while an exchange was lost."""
        try:
            await self._loader.close_gaps(feed, self._live_on(feed.exchange))
        except* LeaseLostError:
            # The next status ends the engine.
            pass
        except* Exception as errors:
            log.exception("reading what was missed on %s failed", feed.exchange)
            await self.tell("error", feed.exchange, _stumbled("reading what was missed", errors.exceptions[0]))

    def _rewarm(self) -> None:
        if self._state.warming and self._state.phase is EngineState.RUNNING:
            self._state.move(Moment.REWARM)

    def _known(self) -> set[str]:
        # Exchanges stand among what is unavailable as well.
        unavailable = (name for name in self._state.unavailable if ":" in name)
        return {*self._state.market.tracked, *self._warming, *self._state.warming, *unavailable}

    async def _converge_feeds(self) -> None:
        state = self._state
        document = state.require_settings().document
        wanted = (*dict.fromkeys((*self._feeds.playing, *enabled_exchanges(document))),)
        # What could not be watched before is tried again with every new document.
        state.unavailable.clear()
        for name in [name for name in state.feeds if name not in wanted]:
            await self._close_feed(name)
        for name in wanted:
            if name in state.feeds:
                continue
            feed = self._feeds.open(name)
            if feed is None:
                state.unavailable[name] = "this version has no connection to it"
                await self.tell("error", name, f"{name} is enabled, but this version has no connection to it")
                continue
            state.feeds[name] = feed
            self._following[name] = asyncio.create_task(self._follow(feed), name=f"follow {name}")

    async def _close_feed(self, name: str) -> None:
        for qualified in [s for s in self._known() if split_qualified(s)[0] == name]:
            await self._drop(qualified)
        tasks = [task for task in (self._following.pop(name), self._mending.pop(name, None)) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._state.feeds.pop(name).close()

    async def _follow(self, feed: Feed) -> None:
        """Take a feed's candles for as long as it is wanted; what breaks is tried again, and told once."""
        told = ""
        while True:
            try:
                async for candles in feed.closed():
                    told = ""
                    for trouble in await self._market_data.take(feed, candles):
                        await self.tell(trouble.level, trouble.series.qualified, trouble.message)
                return
            except SourceUnavailableError as error:
                if told != str(error):
                    told = str(error)
                    await self.tell("warning", feed.exchange, f"{feed.exchange} was lost: {error}")
            except LeaseLostError:
                # The next status ends the engine.
                return
            except Exception as error:
                log.exception("following %s failed", feed.exchange)
                await self.tell("error", feed.exchange, _stumbled(f"following {feed.exchange}", error))
            finally:
                self.settle()
            await self._sleep(RETRY_SECONDS)

    async def _drop(self, qualified: str) -> None:
        exchange, symbol = split_qualified(qualified)
        task = self._warming.pop(qualified, None)
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        self._state.warming.discard(qualified)
        self._state.loading.pop(qualified, None)
        self._state.sparse.discard(qualified)
        self._state.unavailable.pop(qualified, None)
        feed = self._state.feeds.get(exchange)
        if feed is not None:
            await feed.unsubscribe([symbol])
        async with self._state.market_lock:
            self._state.market.forget(qualified)
            self._state.judged.pop(qualified, None)
            self._state.checked.forget(qualified)
        self._dropped.add(qualified)

    async def _wipe(self) -> None:
        """Clear the caches of symbols that were dropped and stand nowhere in the document any more.

        One that another mode watches keeps what is cached of it: a switch back goes on from there.
        """
        state = self._state
        document = state.require_settings().document
        of_any_mode = {symbol for mode in MODES.values() for symbol in mode.symbols(document)}
        self._dropped -= of_any_mode | set(state.desired_symbols())
        for qualified in sorted(self._dropped):
            # Under the lock: a write that began while the symbol was watched has ended, and no other one begins.
            async with state.market_lock:
                try:
                    await self._cache.clear(CacheScope.SYMBOL, qualified)
                except SourceUnavailableError as error:
                    log.warning("the cache of %s stays until the next change: %s", qualified, error)
                    continue
            self._dropped.discard(qualified)

    async def _warm(self, qualified: str, *, from_cache: bool, first: Sequence[asyncio.Task[None]] = ()) -> None:
        """Load a symbol's history on all its timeframes, then let its live candles in. `first` end before."""
        exchange, symbol = split_qualified(qualified)
        state = self._state
        feed = state.feeds.get(exchange)
        sparse = qualified in state.sparse
        try:
            if first:
                await asyncio.wait(first)
            if feed is None:
                state.unavailable[qualified] = f"{exchange} is not connected"
                return
            timeframes = _timeframes(feed, sparse=sparse)
            if not timeframes:
                await self._give_up(qualified, f"{exchange} has no candles of {SHORTEST} or longer")
                return
            await self._loader.load(feed, qualified, timeframes, from_cache=from_cache)
            # Before the first live candle: what it alerts must not find the engine still warming up.
            state.warming.discard(qualified)
            self.settle()
            if not sparse:
                trouble = "it can't be subscribed to yet"
                await self._loader.persist(qualified, trouble, partial(feed.subscribe, [symbol]))
        except UnknownInstrumentError as error:
            await self._give_up(qualified, str(error))
        except LeaseLostError:
            # The next status ends the engine.
            return
        except Exception as error:
            log.exception("loading %s failed", qualified)
            await self._give_up(qualified, _stumbled("loading it", error))
        finally:
            state.warming.discard(qualified)
            state.loading.pop(qualified, None)
            self._warming.pop(qualified, None)
            self.settle()

    async def _give_up(self, qualified: str, reason: str) -> None:
        self._state.unavailable[qualified] = reason
        async with self._state.market_lock:
            self._state.market.forget(qualified)
        await self.tell("error", qualified, f"{qualified} can't be watched: {reason}")

    async def tell(self, level: str, origin: str, message: str) -> None:
        """Tell the owner, as far as anybody can be told."""
        log.log(logging.ERROR if level == "error" else logging.WARNING, "%s: %s", origin, message)
        try:
            await self._outbox.error(level, origin, message)
        except SourceUnavailableError:
            log.warning("nobody could be told: Redis is away")
        except LeaseLostError:
            log.warning("nobody could be told: another engine leads now")


def _timeframes(feed: Feed, *, sparse: bool) -> tuple[Timeframe, ...]:
    return sparse_timeframes(feed.timeframes) if sparse else tuple(feed.timeframes)


def _stumbled(doing: str, error: Exception) -> str:
    return f"the engine stumbled over {doing} ({type(error).__name__}); its log says where"
