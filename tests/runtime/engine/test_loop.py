"""An engine's life, from its first word to its last."""

import asyncio

import pytest

from runtime.engine.drift import SavedLook
from runtime.engine.ports.availability import LeaseLostError, SourceUnavailableError
from runtime.engine.ports.commands import Intent
from runtime.engine.ports.settings import SettingsUnusableError
from runtime.protocol.answers import Outcome
from runtime.protocol.status import Aspect, Difference, EngineState
from settingsapp.schema.vocabulary import Mode
from tests.runtime.fakes.engine import FakeWorld
from tests.runtime.fakes.intents import FakeIntents
from tests.runtime.fakes.settings_source import FakeSettingsSource, a_document

PAUSED = Intent(paused=True, mode=Mode.POSITION_MONITOR, revision=7)


async def test_it_starts_warms_up_runs_and_says_when_it_stops() -> None:
    world = FakeWorld()
    world.feed.reading.clear()
    async with world.running():
        await world.shows(EngineState.WARMING)
        assert world.outbox.statuses[-1].active_symbols == ()
        world.feed.reading.set()
        await world.shows(EngineState.RUNNING)
    order = list(dict.fromkeys(world.outbox.states))
    assert order[-3:] == [EngineState.WARMING, EngineState.RUNNING, EngineState.STOPPING]
    assert world.outbox.states.count(EngineState.STOPPING) == 1


async def test_paused_before_it_was_killed_it_is_never_shown_as_anything_else_when_it_comes_back() -> None:
    world = FakeWorld(intents=FakeIntents(PAUSED))
    async with world.running():
        await world.outbox.until(lambda: world.state.settings and not world.state.warming)
        before = len(world.outbox.statuses)
        await world.outbox.until(lambda: len(world.outbox.statuses) > before + 5)
        last = world.outbox.statuses[-1]
    assert set(world.outbox.states) == {EngineState.PAUSED, EngineState.STOPPING}
    assert all(status.desired.paused for status in world.outbox.statuses)
    assert last.mode == "position-monitor"


async def test_nothing_is_shown_before_the_intent_could_be_read() -> None:
    intents = FakeIntents(PAUSED)
    intents.loads_that_fail = 3
    async with FakeWorld(intents=intents).running() as world:
        await world.outbox.until(lambda: world.outbox.statuses)
    assert EngineState.STARTING not in world.outbox.states


async def test_the_last_intent_counts_more_than_the_document() -> None:
    source = FakeSettingsSource(a_document(livermore_runtime={"auto_start": False}))
    kept = Intent(paused=False, mode=Mode.POSITION_MONITOR, revision=2)
    async with FakeWorld(source=source, intents=FakeIntents(kept)).warmed_up() as world:
        assert world.state.mode is Mode.POSITION_MONITOR


async def test_without_any_intent_the_document_says_how_to_start() -> None:
    source = FakeSettingsSource(a_document(livermore_runtime={"auto_start": False, "start_mode": "position-monitor"}))
    async with FakeWorld(source=source).running() as world:
        await world.shows(EngineState.PAUSED)
        assert world.state.mode is Mode.POSITION_MONITOR
    assert EngineState.RUNNING not in world.outbox.states
    assert world.intents.kept is None


async def test_when_it_last_signalled_is_known_after_a_restart() -> None:
    world = FakeWorld()
    world.outbox.announced_before = 1_700_000_000_000
    async with world.warmed_up():
        await world.outbox.until(lambda: world.outbox.statuses[-1].last_signal_at == 1_700_000_000_000)


async def test_a_lost_nudge_heals_by_itself() -> None:
    async with FakeWorld().warmed_up() as world:
        world.source.save(symbols=["ETH-USD"])
        await world.outbox.until(lambda: world.outbox.statuses[-1].settings_version == 2)
        await world.outbox.until(lambda: world.state.market.tracked == ("simulated:ETH-USD",))


@pytest.mark.parametrize(
    ("trouble", "told"),
    [
        (SourceUnavailableError("the database is away"), "the saved settings can't be read: the database is away"),
        (SettingsUnusableError("what is saved is not a valid document"), "what is saved is not a valid document"),
    ],
)
async def test_settings_that_cannot_be_read_show_and_the_engine_goes_on_with_what_it_has(
    trouble: Exception, told: str
) -> None:
    async with FakeWorld().warmed_up() as world:
        world.source.trouble = trouble
        await world.outbox.until(lambda: world.outbox.statuses[-1].settings_problem)
        problem = world.outbox.statuses[-1].settings_problem
        assert world.outbox.states[-1] is EngineState.RUNNING
        world.source.trouble = None
        await world.outbox.until(lambda: not world.outbox.statuses[-1].settings_problem)
    assert problem == told


async def test_a_saved_version_that_cannot_be_applied_is_told_with_the_reason_and_since_when() -> None:
    async with FakeWorld().warmed_up() as world:
        world.source.load_trouble = SettingsUnusableError("symbols: is a list")
        world.source.save(symbols=["ETH-USD"])
        await world.outbox.until(lambda: world.outbox.statuses[-1].drift)
        first = world.outbox.statuses[-1].drift
        assert first == (Difference(Aspect.SETTINGS_VERSION, 2, 1, world.clock.now_ms()),)
        world.clock.suspend(90)
        world.source.save(symbols=["BTC-USD"])
        await world.outbox.until(lambda: world.outbox.statuses[-1].drift[0].desired == 3)
        last = world.outbox.statuses[-1]
        assert last.drift[0].since == first[0].since
        assert last.settings_problem == "symbols: is a list"
        assert last.state is EngineState.RUNNING
        world.source.load_trouble = None
        await world.outbox.until(lambda: world.outbox.statuses[-1].settings_version == 3)
        await world.outbox.until(lambda: not world.outbox.statuses[-1].drift)


async def test_a_version_that_comes_into_force_while_the_database_is_asked_is_no_difference() -> None:
    class SlowSource(FakeSettingsSource):
        asked, answers = asyncio.Semaphore(0), asyncio.Semaphore(0)

        async def version(self) -> int:
            seen = await super().version()
            self.asked.release()
            await self.answers.acquire()
            return seen

    source = SlowSource()
    async with FakeWorld(source=source).warmed_up() as world, asyncio.timeout(10):
        await source.asked.acquire()
        source.save(symbols=["ETH-USD"])
        assert (await world.do("reload-settings")).result.data == {"settingsVersion": 2}
        source.answers.release()
        await source.asked.acquire()
        told = len(world.outbox.statuses)
        await world.outbox.until(lambda: len(world.outbox.statuses) > told + 3)
        assert [status.drift for status in world.outbox.statuses if status.drift] == []
        assert world.state.saved == SavedLook(1, while_running=1)


async def test_a_mode_that_was_asked_for_is_missing_until_the_settings_can_be_read() -> None:
    world = FakeWorld(intents=FakeIntents(PAUSED))
    world.source.go_away()
    async with world.running():
        await world.outbox.until(lambda: world.outbox.statuses)
        begun = world.clock.now_ms()
        world.clock.suspend(60)
        await world.outbox.until(lambda: world.outbox.statuses[-1].uptime_seconds == 60)
        assert world.outbox.statuses[-1].drift == (Difference(Aspect.MODE, "position-monitor", "", begun),)
        world.source.trouble = None
        await world.outbox.until(lambda: not world.outbox.statuses[-1].drift)


async def test_redis_being_away_stops_the_words_but_not_the_engine() -> None:
    async with FakeWorld().warmed_up() as world:
        world.outbox.trouble = SourceUnavailableError("Redis is away")
        told = len(world.outbox.statuses)
        world.source.save(symbols=["ETH-USD"])
        assert (await world.do("reload-settings")).result.data == {"settingsVersion": 2}
        assert len(world.outbox.statuses) == told
        world.outbox.trouble = None
        await world.outbox.until(lambda: world.outbox.statuses[-1].settings_version == 2)


async def test_a_lost_lease_ends_the_engine_with_that_error_and_no_last_word() -> None:
    world = FakeWorld()
    task = asyncio.create_task(world.engine.run())
    await world.shows(EngineState.RUNNING)
    world.queue.failures["start"] = [LeaseLostError("another engine leads")]
    world.queue.put(world.queue.queued("status"))
    with pytest.raises(LeaseLostError):
        async with asyncio.timeout(10):
            await task
    assert EngineState.STOPPING not in world.outbox.states
    assert world.feed.closed_down


async def test_an_intent_that_vanished_is_restored_under_its_own_revision() -> None:
    async with FakeWorld(intents=FakeIntents(PAUSED)).running() as world:
        await world.shows(EngineState.PAUSED)
        world.intents.kept = None
        await world.outbox.until(lambda: world.intents.kept == PAUSED)


async def test_the_intent_is_mirrored_once_the_database_can_be_reached_and_the_newest_one() -> None:
    async with FakeWorld().warmed_up() as world:
        world.source.go_away()
        await world.do("pause")
        await world.do("switch-mode", {"mode": "position-monitor"})
        assert world.intents.remembered == []
        world.source.trouble = None
        await world.outbox.until(lambda: world.intents.remembered)
        before = len(world.outbox.statuses)
        await world.outbox.until(lambda: len(world.outbox.statuses) > before + 5)
    assert world.intents.remembered == [Intent(paused=True, mode=Mode.POSITION_MONITOR, revision=2)]


async def test_an_intent_that_changes_while_the_one_before_is_mirrored_is_mirrored_too() -> None:
    class SlowIntents(FakeIntents):
        writing, go_on = asyncio.Event(), asyncio.Event()

        async def remember(self, intent: Intent) -> None:
            self.writing.set()
            await self.go_on.wait()
            await super().remember(intent)

    intents = SlowIntents()
    async with FakeWorld(intents=intents).warmed_up() as world, asyncio.timeout(10):
        await world.do("pause")
        await intents.writing.wait()
        await world.do("resume")
        intents.go_on.set()
        await world.outbox.until(lambda: len(intents.remembered) == 2)
    assert [intent.paused for intent in intents.remembered] == [True, False]


async def test_statistics_of_the_cache_are_shown_and_their_absence_harms_nothing() -> None:
    world = FakeWorld()
    world.cache.trouble = SourceUnavailableError("Redis is away")
    async with world.warmed_up():
        world.cache.trouble = None
        await world.outbox.until(lambda: world.outbox.statuses[-1].cache["hits"] == 2)


async def test_stopped_before_it_began_it_ends_at_once() -> None:
    world = FakeWorld()
    world.engine.stop()
    async with asyncio.timeout(10):
        await world.engine.run()
    assert world.outbox.states == [EngineState.STOPPING]


async def test_uptime_is_told_by_redis_clock() -> None:
    async with FakeWorld().warmed_up() as world:
        world.clock.suspend(90)
        await world.outbox.until(lambda: world.outbox.statuses[-1].uptime_seconds == 90)
        assert world.outbox.statuses[-1].started_at == world.clock.now_ms() - 90_000


async def test_a_command_that_comes_in_while_the_engine_starts_waits_for_the_settings() -> None:
    source = FakeSettingsSource()
    source.go_away()
    world = FakeWorld(source=source)
    async with world.running():
        adding = asyncio.create_task(world.do("add-symbol", {"symbol": "ETH-USD"}))
        await world.outbox.until(lambda: world.state.settings_problem)
        source.trouble = None
        added = await adding
        filled = await world.do("force-backfill", {"symbol": "BTC-USD"})
    assert added.result.outcome is Outcome.SUCCEEDED, added.result
    assert filled.result.outcome is Outcome.SUCCEEDED, filled.result


async def test_where_the_settings_cannot_be_read_for_long_a_command_is_told_so() -> None:
    source = FakeSettingsSource()
    source.go_away()
    async with FakeWorld(source=source).running() as world:
        assert (await world.do("pause")).result.success
        cleared = await world.do("clear-cache", {"scope": "all"})
        assert (await world.do("resume")).result.success
    assert cleared.result.message == "the engine has not been able to read its settings yet"
