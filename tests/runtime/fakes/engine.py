"""A whole engine over fakes."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from runtime.engine.loop import Engine, Ports, Rhythm
from runtime.engine.market import KEPT_BARS, Market
from runtime.engine.ports.commands import Intent
from runtime.engine.ports.journal import Journal
from runtime.engine.state import State
from runtime.protocol.payloads import CommandName
from runtime.protocol.status import EngineState
from tests.runtime.fake_clock import FakeClock
from tests.runtime.fakes.feeds import START_MS, FakeFeed, FakeFeeds
from tests.runtime.fakes.intents import FakeIntents
from tests.runtime.fakes.journal import FakeJournal
from tests.runtime.fakes.market_cache import FakeMarketCache
from tests.runtime.fakes.notifications import FakeNotifications
from tests.runtime.fakes.outbox import FakeOutbox
from tests.runtime.fakes.positions import FakePositions
from tests.runtime.fakes.queue import Completed, FakeQueue
from tests.runtime.fakes.scanner import FakeScanner
from tests.runtime.fakes.schedules import FakeSchedules
from tests.runtime.fakes.settings_source import FakeSettingsSource

NEVER = 86_400.0
RHYTHM = Rhythm(status=0.005, settings=0.01, statistics=0.05, schedules=0.01, checking=NEVER, retry=0.005, begin=0.2)


async def brief_sleep(seconds: float) -> None:
    """What the engine waits for passes quickly, but for what a test does not want to happen."""
    await asyncio.sleep(min(seconds, 0.01) if seconds < NEVER else seconds)


@dataclass
class FakeWorld:
    """Every port of an engine, and the engine between them."""

    feed: FakeFeed = field(default_factory=lambda: FakeFeed("simulated", ["BTC-USD", "ETH-USD"]))
    others: tuple[FakeFeed, ...] = ()
    queue: FakeQueue = field(default_factory=FakeQueue)
    intents: FakeIntents = field(default_factory=FakeIntents)
    source: FakeSettingsSource = field(default_factory=FakeSettingsSource)
    cache: FakeMarketCache = field(default_factory=FakeMarketCache)
    positions: FakePositions = field(default_factory=FakePositions)
    schedules: FakeSchedules = field(default_factory=FakeSchedules)
    outbox: FakeOutbox = field(default_factory=FakeOutbox)
    notifications: FakeNotifications = field(default_factory=FakeNotifications)
    scanner: FakeScanner = field(default_factory=FakeScanner)
    journal: Journal = field(default_factory=FakeJournal)
    rhythm: Rhythm = RHYTHM
    clock: FakeClock = field(default_factory=lambda: FakeClock(START_MS))

    def __post_init__(self) -> None:
        self.state = State(
            engine_id="engine-1",
            host="host-1",
            started_at=self.clock.now_ms(),
            market=Market(kept_bars=KEPT_BARS),
            is_set=lambda name: name == "THERE",
        )
        self.feeds = FakeFeeds(self.feed, *self.others)
        ports = Ports(
            clock=self.clock,
            queue=self.queue,
            intents=self.intents,
            settings=self.source,
            feeds=self.feeds,
            cache=self.cache,
            positions=self.positions,
            schedules=self.schedules,
            outbox=self.outbox,
            notifications=self.notifications,
            scanner=self.scanner,
            journal=self.journal,
            sleep=brief_sleep,
        )
        self.engine = Engine(self.state, ports, self.rhythm)

    @asynccontextmanager
    async def running(self) -> AsyncIterator["FakeWorld"]:
        """Run the engine meanwhile, and stop it in order; whatever ended it is raised."""
        task = asyncio.create_task(self.engine.run())
        try:
            yield self
        finally:
            self.engine.stop()
            async with asyncio.timeout(10):
                await task

    @asynccontextmanager
    async def warmed_up(self) -> AsyncIterator["FakeWorld"]:
        """As `running`, once every history is loaded."""
        async with self.running():
            await self.shows(EngineState.RUNNING)
            yield self

    async def shows(self, state: EngineState) -> None:
        """Wait until the latest status says so."""
        await self.outbox.until(lambda: self.outbox.statuses and self.outbox.statuses[-1].state is state)

    async def do(self, name: CommandName | str, payload: Mapping[str, Any] | None = None, **more: Any) -> Completed:
        """Send a command and wait for its end."""
        queued = self.queue.queued(name, payload, **more)
        self.queue.put(queued)
        async with asyncio.timeout(10):
            return await self.queue.end_of(queued)

    @property
    def intent(self) -> Intent:
        return self.state.intent
