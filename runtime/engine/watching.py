"""Converging on what should be watched: feeds opened and closed, histories loaded, symbols subscribed and dropped."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Final, TypeVar

from runtime.engine.candles import Candle, SeriesKey
from runtime.engine.lifecycle import Moment
from runtime.engine.market import WARMUP_BARS
from runtime.engine.market_data import MarketData
from runtime.engine.ports import (
    Feed,
    Feeds,
    LeaseLostError,
    MarketCache,
    Outbox,
    SourceUnavailableError,
    UnknownInstrumentError,
)
from runtime.engine.sparse import SHORTEST, sparse_timeframes
from runtime.engine.state import State
from runtime.protocol.status import EngineState
from settingsapp.schema.effective import enabled_exchanges
from settingsapp.schema.vocabulary import split_qualified

log = logging.getLogger(__name__)

T = TypeVar("T")

RETRY_SECONDS: Final = 5.0
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
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._state = state
        self._feeds = feeds
        self._cache = cache
        self._outbox = outbox
        self._market_data = market_data
        self._sleep = sleep
        self._following: dict[str, asyncio.Task[None]] = {}
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
        """Converge, and load the histories of these qualified symbols again; until then they are silent."""
        async with self._converging:
            for qualified in keys:
                await self._drop(qualified)
            await self._converge_feeds()
            wanted, sparse = self._state.desired_symbols(), self._state.desired_sparse()
            for qualified in sorted(self._known()):
                if qualified not in wanted or (qualified in sparse) != (qualified in self._state.sparse):
                    await self._drop(qualified)
            for qualified in sorted(wanted, key=sparse.__contains__):
                if qualified not in self._known():
                    self._begin(qualified, sparse=qualified in sparse)
            self._rewarm()
            self.settle()

    def _begin(self, qualified: str, *, sparse: bool) -> None:
        """Begin to load a symbol. A sparse one comes after the others of its exchange, and keeps nobody waiting."""
        first: list[asyncio.Task[None]] = []
        if sparse:
            exchange = split_qualified(qualified)[0]
            before = (name for name in self._warming if name not in self._state.sparse)
            first = [self._warming[name] for name in before if split_qualified(name)[0] == exchange]
            self._state.sparse.add(qualified)
        else:
            self._state.warming.add(qualified)
        self._warming[qualified] = asyncio.create_task(self._warm(qualified, first), name=f"warm up {qualified}")

    async def loaded(self, qualified: str, patience: float = LOADING_SECONDS) -> None:
        """Wait until a symbol's history has been loaded, or given up, but no longer than `patience` seconds."""
        task = self._warming.get(qualified)
        if task is not None:
            await asyncio.wait([task], timeout=patience)

    async def close(self) -> None:
        """Stop all tasks and close the feeds."""
        tasks = [*self._warming.values(), *self._following.values()]
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
        lost = [feed for feed in state.feeds.values() if feed.status().state in ("disconnected", "unavailable")]
        unavailable_exchanges = [name for name in state.unavailable if ":" not in name]
        if lost or unavailable_exchanges:
            state.move(Moment.FEED_LOST)
            return
        if state.phase is EngineState.DEGRADED:
            state.move(Moment.FEEDS_BACK)
        if not state.warming and state.phase is EngineState.WARMING:
            state.move(Moment.WARMED)

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
        task = self._following.pop(name)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await self._state.feeds.pop(name).close()

    async def _follow(self, feed: Feed) -> None:
        """Take a feed's candles for as long as it is wanted; what breaks is told and tried again."""
        while True:
            try:
                async for candle in feed.closed():
                    await self._take(feed, candle)
                return
            except SourceUnavailableError as error:
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

    async def _take(self, feed: Feed, candle: Candle) -> None:
        try:
            await self._market_data.take(feed, candle)
        except SourceUnavailableError as error:
            # This series is stale until its gap can be read, which its next candle tries again. The others go on.
            await self.tell("warning", candle.series.qualified, f"missing candles can't be read yet: {error}")

    async def _drop(self, qualified: str) -> None:
        exchange, symbol = split_qualified(qualified)
        task = self._warming.pop(qualified, None)
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        self._state.warming.discard(qualified)
        self._state.sparse.discard(qualified)
        self._state.unavailable.pop(qualified, None)
        feed = self._state.feeds.get(exchange)
        if feed is not None:
            await feed.unsubscribe([symbol])
        async with self._state.market_lock:
            self._state.market.forget(qualified)

    async def _warm(self, qualified: str, first: Sequence[asyncio.Task[None]] = ()) -> None:
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
            timeframes = sparse_timeframes(feed.timeframes) if sparse else tuple(feed.timeframes)
            if not timeframes:
                await self._give_up(qualified, f"{exchange} has no candles of {SHORTEST} or longer")
                return
            await self._persist(qualified, "it can't be looked up yet", lambda: feed.check(symbol))
            histories = {}
            for timeframe in timeframes:
                histories[timeframe] = await self._persist(
                    qualified,
                    f"its {timeframe} history can't be read yet",
                    partial(feed.warmup, symbol, timeframe, WARMUP_BARS),
                )
                # Other tasks go on between two series.
                await asyncio.sleep(0)
            async with state.market_lock:
                state.market.track(exchange, symbol, timeframes)
                for timeframe, candles in histories.items():
                    state.market.load(SeriesKey(exchange, symbol, timeframe), candles)
            await self._store(qualified)
            # Before the first live candle: what it alerts must not find the engine still warming up.
            state.warming.discard(qualified)
            self.settle()
            if not sparse:
                await self._persist(qualified, "it can't be subscribed to yet", lambda: feed.subscribe([symbol]))
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
            self._warming.pop(qualified, None)
            self.settle()

    async def _persist(self, qualified: str, trouble: str, attempt: Callable[[], Awaitable[T]]) -> T:
        """Try until the exchange answers; the owner is told once, not with every attempt."""
        told = ""
        while True:
            try:
                return await attempt()
            except SourceUnavailableError as error:
                if told != str(error):
                    told = str(error)
                    await self.tell("warning", qualified, f"{trouble}: {error}")
                await self._sleep(RETRY_SECONDS)

    async def _give_up(self, qualified: str, reason: str) -> None:
        self._state.unavailable[qualified] = reason
        async with self._state.market_lock:
            self._state.market.forget(qualified)
        await self.tell("error", qualified, f"{qualified} can't be watched: {reason}")

    async def _store(self, qualified: str) -> None:
        try:
            await self._market_data.store_all(qualified)
        except SourceUnavailableError as error:
            log.warning("the cache of %s could not be written: %s", qualified, error)

    async def tell(self, level: str, origin: str, message: str) -> None:
        """Tell the owner, as far as anybody can be told."""
        log.log(logging.ERROR if level == "error" else logging.WARNING, "%s: %s", origin, message)
        try:
            await self._outbox.error(level, origin, message)
        except SourceUnavailableError:
            log.warning("nobody could be told: Redis is away")
        except LeaseLostError:
            log.warning("nobody could be told: another engine leads now")


def _stumbled(doing: str, error: Exception) -> str:
    return f"the engine stumbled over {doing} ({type(error).__name__}); its log says where"
