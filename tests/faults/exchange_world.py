"""A whole engine core on a real exchange's feed, whose exchange errs."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

from runtime.engine.candles import DURATION_MS, Candle, SeriesKey
from runtime.engine.loop import Engine, Ports, Rhythm
from runtime.engine.market import KEPT_BARS, Market
from runtime.engine.ports.feeds import Feed
from runtime.engine.readings import Reading
from runtime.engine.state import State
from runtime.feeds.exchanges.feed import ExchangeFeed
from runtime.feeds.exchanges.timing import Timing
from settingsapp.schema.vocabulary import TIMEFRAMES
from tests.exchanges.clock import MarketClock
from tests.exchanges.pointing import point
from tests.exchanges.venue import Venue
from tests.runtime.fakes.intents import FakeIntents
from tests.runtime.fakes.journal import FakeJournal
from tests.runtime.fakes.market_cache import FakeMarketCache
from tests.runtime.fakes.notifications import FakeNotifications
from tests.runtime.fakes.outbox import FakeOutbox
from tests.runtime.fakes.positions import FakePositions
from tests.runtime.fakes.queue import FakeQueue
from tests.runtime.fakes.scanner import FakeScanner
from tests.runtime.fakes.schedules import FakeSchedules
from tests.runtime.fakes.settings_source import FakeSettingsSource, a_document

PATIENCE = 60.0
NEVER = 86_400.0
"""Seconds in a rhythm for what is not to happen; shorter times pass quickly."""
RHYTHM = Rhythm(status=0.05, settings=0.5, statistics=5.0, schedules=5.0, checking=0.05, retry=0.05, begin=1.0)


@dataclass
class TheServersFeeds:
    """Opens feeds of the server's exchanges, a new one each time; `opened` holds the last of each."""

    server: "Reached"
    timing: Timing
    opened: dict[str, ExchangeFeed] = field(default_factory=dict)
    playing: Sequence[str] = ()

    def open(self, exchange: str) -> Feed | None:
        if exchange not in self.server.venues:
            return None
        feed = ExchangeFeed(exchange, self.server.clock, timing=self.timing, prepare=self._prepare)
        self.opened[exchange] = feed
        return feed

    def _prepare(self, client: Any) -> None:
        point(client, self.server.origin)
        # Kraken's one request a second would make the warm-up last for minutes.
        client.enableRateLimit = False


class Reached(Protocol):
    """The exchange server, here or in another process."""

    @property
    def venues(self) -> Mapping[str, Venue]: ...

    @property
    def clock(self) -> MarketClock: ...

    @property
    def origin(self) -> str: ...


class ExchangeWorld:
    """An engine that watches all that is traded on the server's first exchange. Its clock is the market's."""

    def __init__(
        self,
        server: Reached,
        timing: Timing,
        outbox: FakeOutbox | None = None,
        cache: FakeMarketCache | None = None,
        others: Mapping[str, Sequence[str]] | None = None,
        rhythm: Rhythm = RHYTHM,
    ) -> None:
        """`others`: what is watched of other exchanges of the server, in their own notations."""
        self.venue = next(iter(server.venues.values()))
        self.server = server
        self.symbols = [name for name, instrument in self.venue.listed() if instrument.active]
        exchange = self.venue.name
        others = others or {}
        enabled = {name: {"enabled": True} for name in (exchange, *others)}
        self.source = FakeSettingsSource(
            a_document(
                symbols=[
                    *self.symbols,
                    *(f"{name}:{symbol}" for name, symbols in others.items() for symbol in symbols),
                ],
                exchanges={"simulated": {"enabled": False}, **enabled},
                perseus_profile={"primary_exchange": exchange},
            )
        )
        self.feeds = TheServersFeeds(server, timing)
        self.outbox = outbox or FakeOutbox()
        self.state = State(
            engine_id="engine-1",
            host="host-1",
            started_at=server.clock.now_ms(),
            market=Market(kept_bars=KEPT_BARS),
            is_set=lambda name: False,
        )
        ports = Ports(
            clock=server.clock,
            queue=FakeQueue(),
            intents=FakeIntents(),
            settings=self.source,
            feeds=self.feeds,
            cache=cache or FakeMarketCache(),
            positions=FakePositions(),
            schedules=FakeSchedules(),
            outbox=self.outbox,
            notifications=FakeNotifications(),
            scanner=FakeScanner(),
            journal=FakeJournal(),
            sleep=lambda seconds: asyncio.sleep(min(seconds, 0.05) if seconds < NEVER else seconds),
        )
        self.engine = Engine(self.state, ports, rhythm)

    @property
    def feed(self) -> ExchangeFeed:
        """The first exchange's feed, once the engine has opened it."""
        return self.feeds.opened[self.venue.name]

    def switch(self, exchange: str, *, on: bool) -> None:
        """Save settings in which an exchange is on or off."""
        exchanges = self.source.saved.document.as_json()["exchanges"]
        self.source.save(exchanges=exchanges | {exchange: {"enabled": on}})

    @asynccontextmanager
    async def running(self) -> AsyncIterator["ExchangeWorld"]:
        """Run the engine meanwhile; whatever ended it is raised."""
        task = asyncio.create_task(self.engine.run())
        try:
            yield self
        finally:
            self.engine.stop()
            async with asyncio.timeout(20):
                await task

    async def until(self, condition: Callable[[], object], what: str, patience: float = PATIENCE) -> None:
        try:
            async with asyncio.timeout(patience):
                while not condition():  # noqa: ASYNC110 - nobody tells of what is waited for
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise AssertionError(f"{what} did not come true; {self._seen()}") from None

    def _seen(self) -> object:
        return [feed.status() for feed in self.feeds.opened.values()], self.outbox.errors[-5:]

    async def until_up_to_date(self, patience: float = PATIENCE) -> None:
        """Wait until every series is live again, and the first symbol's, which is always traded, is at its newest."""
        state = self.state

        def up_to_date() -> bool:
            if self.venue.name not in state.feeds or state.warming or state.market.stale:
                return False
            if self.feed.status().state != "connected":
                return False
            now = self.server.clock.now_ms()
            newest = state.market.last_bar(SeriesKey(self.venue.name, self.symbols[0], "1m"))
            return newest is not None and newest.close_time >= now - 3 * DURATION_MS["1m"]

        await self.until(up_to_date, "an engine that is up to date", patience)

    # -- what should be ----------------------------------------------------------------------------------------------

    def truth(self, key: SeriesKey, since: int, until: int) -> list[Candle]:
        """Return the market's bars with since <= open time < until, those without trades left out."""
        unified = self.venue.symbol(key.symbol)
        assert unified is not None
        rows = self.venue.market.candles(unified, key.timeframe, since, until)
        return [Candle(key, int(t), o, h, low, c, volume) for t, o, h, low, c, volume in rows if volume > 0]

    def readings(self, qualified: str, since: int, until: int) -> Mapping[tuple[str, int], Reading]:
        """Return the readings of each bar of a symbol that closed in that time, from a market that nothing disturbs.

        It begins with the same bars as the engine's.
        """
        market = Market()
        keys = [SeriesKey.of(qualified, timeframe) for timeframe in TIMEFRAMES]
        market.track(keys[0].exchange, keys[0].symbol, TIMEFRAMES)
        for key in keys:
            first = self.state.market.first_bar(key)
            assert first is not None
            begun = since - since % DURATION_MS[key.timeframe]
            market.load(key, self.truth(key, first, begun))
        minutes = self.truth(keys[0], since, until)
        last = market.last_bar(keys[0])
        assert last is not None
        bars = market.fill(keys[0], last.close_time, minutes[-1].close_time, minutes).bars if minutes else ()
        return {(b.candle.series.timeframe, b.candle.open_time): b.reading for b in bars if b.reading is not None}
