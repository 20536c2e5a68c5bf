"""Pauses, outages and restarts change when somebody hears of an alert, never which alerts there are."""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass, field

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runtime.engine.aggregate import aggregate
from runtime.engine.candles import DURATION_MS, MINUTE_MS, Candle, SeriesKey
from runtime.engine.ports.availability import SourceUnavailableError
from runtime.engine.ports.positions import Entry
from runtime.engine.raised import Claim, claim_of
from runtime.engine.readings import Reading
from runtime.protocol.alerts import Alert
from runtime.protocol.status import EngineState
from tests.runtime.fakes.engine import FakeWorld
from tests.runtime.fakes.feeds import START_MS, FakeFeed, a_candle
from tests.runtime.fakes.intents import FakeIntents
from tests.runtime.fakes.market_cache import FakeMarketCache
from tests.runtime.fakes.outbox import FakeOutbox
from tests.runtime.fakes.settings_source import FakeSettingsSource, a_document

SYMBOL = "simulated:BTC-USD"
MINUTE, FIVE = SeriesKey.of(SYMBOL, "1m"), SeriesKey.of(SYMBOL, "5m")
DOCUMENT = a_document(
    position_symbols=["BTC-USD"],
    livermore_runtime={"start_mode": "position-monitor"},
    perseus_profile={
        "primary_exchange": "simulated",
        "trade_settings": {"stop_loss_percentage": 2, "take_profit_percentage": 2},
    },
)


def a_path(seed: int, minutes: int) -> list[Candle]:
    """Return live candles from START_MS on that go up and down through the position's limits."""
    chance = random.Random(seed)
    price, path = 100.0, []
    for minute in range(minutes):
        price *= 1 + chance.gauss(0, 0.01)
        path.append(a_candle(MINUTE, START_MS + minute * MINUTE_MS, price))
    return path


@dataclass
class Life:
    """One engine after the other over the same stores."""

    path: Sequence[Candle]
    cache: FakeMarketCache = field(default_factory=FakeMarketCache)
    outbox: FakeOutbox = field(default_factory=FakeOutbox)
    intents: FakeIntents = field(default_factory=FakeIntents)
    warmups: int = 0
    at: int = 0
    """So many minutes have passed."""

    def a_world(self) -> FakeWorld:
        feed = FakeFeed("simulated", ["BTC-USD"], ("1m", "5m"))
        feed.corrected = {(MINUTE, candle.open_time): candle for candle in self.path}
        fives = aggregate(self.path, "5m", self.path[-1].close_time)
        feed.corrected |= {(FIVE, candle.open_time): candle for candle in fives}
        world = FakeWorld(
            feed=feed,
            source=FakeSettingsSource(DOCUMENT),
            cache=self.cache,
            outbox=self.outbox,
            intents=self.intents,
        )
        world.positions.entries.append(Entry(SYMBOL, 100.0, START_MS))
        world.clock.suspend(self.at * 60)
        return world

    async def live(self, world: FakeWorld, minutes: int) -> None:
        """Let so many candles come in as they close."""
        coming = self.path[self.at : self.at + minutes]
        self.pass_by(world, minutes)
        for candle in coming:
            world.feed.close_candle("BTC-USD", candle.open_time, candle.close)
        if coming:
            await self.taken(world, coming[-1].open_time)

    def close_next(self, world: FakeWorld) -> None:
        """Let the next candle come in, and don't wait for what becomes of it."""
        candle = self.path[self.at]
        self.pass_by(world, 1)
        world.feed.close_candle("BTC-USD", candle.open_time, candle.close)

    def pass_by(self, world: FakeWorld, minutes: int) -> None:
        """Let time pass, and nothing be heard."""
        self.at = min(self.at + minutes, len(self.path))
        passed = START_MS + self.at * MINUTE_MS - world.clock.now_ms()
        world.clock.suspend(passed / 1000)

    async def taken(self, world: FakeWorld, open_time: int) -> None:
        def seen() -> bool:
            last = world.state.market.last_bar(MINUTE) if SYMBOL in world.state.market.tracked else None
            return last is not None and last.open_time >= open_time and not world.state.market_lock.locked()

        await self.outbox.until(seen)

    async def loaded(self, world: FakeWorld) -> None:
        await self.outbox.until(lambda: SYMBOL in world.feed.subscribed or "BTC-USD" in world.feed.subscribed)

    @property
    def alerts(self) -> list[Alert]:
        return self.outbox.alerts

    @property
    def claims(self) -> list[Claim]:
        return sorted(claim_of(alert) for alert in self.outbox.alerts)


def readings(world: FakeWorld) -> list[Reading | None]:
    return [world.state.market.reading(key) for key in (MINUTE, FIVE)]


async def undisturbed(path: Sequence[Candle]) -> tuple[Life, list[Reading | None]]:
    life = Life(path)
    world = life.a_world()
    async with world.running():
        await life.loaded(world)
        await life.live(world, len(path))
        return life, readings(world)


Step = tuple[str, int]
steps = st.lists(
    st.tuples(st.sampled_from(["live", "miss", "lose", "pause", "resume", "restart", "trouble"]), st.integers(1, 8)),
    min_size=1,
    max_size=8,
)


async def disturbed(path: Sequence[Candle], what: Sequence[Step]) -> tuple[Life, list[Reading | None]]:
    life = Life(path)
    lives: list[list[Step]] = [[]]
    for step in what:
        lives[-1].append(step)
        if step[0] == "restart":
            lives.append([])
    for number, steps_of_one in enumerate(lives):
        world = life.a_world()
        async with world.running():
            await life.loaded(world)
            for name, minutes in steps_of_one:
                await _do(life, world, name, minutes)
            if number == len(lives) - 1:
                await life.live(world, max(1, len(path) - life.at))
                await life.taken(world, path[-1].open_time)
                last = readings(world)
    return life, last


async def _do(life: Life, world: FakeWorld, name: str, minutes: int) -> None:
    match name:
        case "live":
            await life.live(world, minutes)
        case "pause" | "resume":
            await world.do(name)
            await life.live(world, minutes)
        case "lose":
            life.pass_by(world, minutes)
            world.feed.lose()
            await life.outbox.until(lambda: world.feed.state == "connected" and not world.state.market.stale)
        case "trouble":
            world.feed.history_troubles = [SourceUnavailableError("busy")]
            life.pass_by(world, minutes)
            told = len(life.outbox.errors)
            life.close_next(world)
            await life.outbox.until(lambda: len(life.outbox.errors) > told)
            # The next candle tries again.
            await life.live(world, 1)
        case "miss" | "restart":
            life.pass_by(world, minutes)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 50), steps)
def test_no_alert_is_lost_or_doubled_and_the_indicators_end_where_they_would_have(seed: int, what: list[Step]) -> None:
    path = a_path(seed, 90)

    async def both() -> tuple[Life, list[Reading | None], Life, list[Reading | None]]:
        return *await undisturbed(path), *await disturbed(path, what)

    right, right_end, life, end = asyncio.run(both())
    assert len(right.claims) == len(set(right.claims)) > 0
    assert not set(life.claims) ^ set(right.claims)
    assert len(life.claims) == len(set(life.claims))
    assert end == right_end


async def test_a_restart_reads_the_gap_alone_and_what_closed_meanwhile_is_late() -> None:
    life = Life(a_path(3, 40))
    async with (world := life.a_world()).running():
        await life.loaded(world)
        await life.live(world, 20)
    before = len(life.alerts)
    world = life.a_world()
    life.pass_by(world, 20)
    async with world.running():
        await life.taken(world, life.path[-1].open_time)
        assert world.feed.warmups == 0
        assert readings(world) == (await undisturbed(life.path))[1]
    assert len(life.alerts) > before
    assert all(alert.late for alert in life.alerts[before:])


async def test_after_a_long_absence_everything_is_read_anew() -> None:
    life = Life(a_path(3, 5))
    async with (world := life.a_world()).running():
        await life.loaded(world)
        await life.live(world, 5)
    world = life.a_world()
    world.clock.suspend(1_501 * 60)
    async with world.running():
        await life.loaded(world)
        assert world.feed.warmups == 2


async def test_a_cache_of_another_market_is_not_used() -> None:
    life = Life(a_path(3, 5))
    async with (world := life.a_world()).running():
        await life.loaded(world)
        await life.live(world, 5)
    life.path = a_path(4, 5)
    async with (world := life.a_world()).running():
        await life.loaded(world)
        assert world.feed.warmups == 2


async def test_a_cache_with_a_hole_is_read_anew_where_the_hole_is() -> None:
    life = Life(a_path(3, 5))
    async with (world := life.a_world()).running():
        await life.loaded(world)
        await life.live(world, 5)
    del life.cache.series[FIVE][700]
    async with (world := life.a_world()).running():
        await life.loaded(world)
        assert world.feed.warmups == 1
        await life.outbox.until(lambda: len(life.cache.series[FIVE]) >= 750)


async def test_what_a_lost_exchange_does_not_tell_is_stale_and_silent_until_it_was_read() -> None:
    life = Life(a_path(3, 40))
    async with (world := life.a_world()).warmed_up():
        await life.loaded(world)
        await life.live(world, 10)
        told = len(life.alerts)
        world.feed.state = "stalled"
        await world.shows(EngineState.DEGRADED)
        await life.outbox.until(lambda: life.outbox.statuses[-1].stale_series == (f"{SYMBOL}:1m", f"{SYMBOL}:5m"))
        life.pass_by(world, 30)
        world.feed.reading.clear()
        world.feed.state = "connected"
        await world.shows(EngineState.RUNNING)
        assert life.outbox.statuses[-1].stale_series
        assert len(life.alerts) == told
        world.feed.reading.set()
        await life.outbox.until(lambda: not life.outbox.statuses[-1].stale_series)
        last = world.state.market.last_bar(MINUTE)
    assert last is not None
    assert last.open_time == life.path[-1].open_time
    assert len(life.alerts) > told
    assert all(alert.late for alert in life.alerts[told:])


async def test_a_symbol_that_traded_nothing_meanwhile_is_trusted_again() -> None:
    life = Life(a_path(3, 10))
    async with (world := life.a_world()).warmed_up():
        await life.loaded(world)
        await life.live(world, 10)
        quiet = [START_MS + minute * MINUTE_MS for minute in range(10, 20)]
        world.feed.absent = {(MINUTE, moment) for moment in quiet}
        world.feed.state = "disconnected"
        await life.outbox.until(lambda: life.outbox.statuses[-1].stale_series)
        world.clock.suspend(10 * DURATION_MS["1m"] / 1000)
        world.feed.state = "connected"
        await life.outbox.until(lambda: not life.outbox.statuses[-1].stale_series)
