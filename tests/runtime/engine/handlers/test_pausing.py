"""Pause and resume, as their sender sees them."""

import asyncio

from runtime.engine.ports.availability import SourceUnavailableError
from runtime.engine.ports.commands import Intent
from runtime.protocol.answers import Outcome
from runtime.protocol.status import EngineState
from settingsapp.schema.vocabulary import Mode
from tests.runtime.fakes.engine import FakeWorld
from tests.runtime.fakes.intents import FakeIntents
from tests.runtime.fakes.settings_source import FakeSettingsSource, a_document

MINUTE = 60_000


async def test_pause_and_resume_do_what_they_say() -> None:
    async with FakeWorld().warmed_up() as world:
        paused = await world.do("pause")
        await world.shows(EngineState.PAUSED)
        resumed = await world.do("resume")
        await world.shows(EngineState.RUNNING)
    assert (paused.result.outcome, paused.result.message) == (Outcome.SUCCEEDED, "paused")
    assert paused.intent == Intent(paused=True, mode=None)
    assert (resumed.result.outcome, resumed.result.message) == (Outcome.SUCCEEDED, "running again")
    assert resumed.intent == Intent(paused=False, mode=None, revision=1)


async def test_a_second_pause_is_harmless_and_says_so() -> None:
    async with FakeWorld().warmed_up() as world:
        await world.do("pause")
        again = await world.do("pause")
    assert again.result.success
    assert again.result.message == "already paused"
    assert again.intent is None


async def test_a_second_resume_is_harmless_and_says_so() -> None:
    async with FakeWorld(intents=FakeIntents(Intent(False, None, revision=4))).warmed_up() as world:
        ended = await world.do("resume")
    assert ended.result.message == "already running: it was not paused"
    assert ended.intent is None


async def test_what_only_the_document_paused_is_kept_once_somebody_asks_for_it() -> None:
    source = FakeSettingsSource(a_document(livermore_runtime={"auto_start": False}))
    async with FakeWorld(source=source).running() as world:
        await world.outbox.until(lambda: world.state.settings)
        ended = await world.do("pause")
    assert ended.result.message == "already paused"
    assert ended.intent == Intent(paused=True, mode=None)
    assert set(world.outbox.states) <= {EngineState.STARTING, EngineState.PAUSED, EngineState.STOPPING}


async def test_a_time_boxed_pause_ends_by_itself() -> None:
    async with FakeWorld().warmed_up() as world:
        queued = world.queue.queued("pause", {"minutes": 5})
        world.queue.put(queued)
        paused = await world.queue.end_of(queued)
        until = queued.order[0] + 5 * MINUTE
        assert paused.result.message == "paused for 5 minutes, then it resumes by itself"
        assert paused.result.data == {"pausedUntil": until}
        await world.shows(EngineState.PAUSED)
        assert world.outbox.statuses[-1].desired.paused_until == until
        world.clock.suspend((until - world.clock.now_ms()) / 1000)
        await world.shows(EngineState.RUNNING)
    assert world.intents.kept == Intent(paused=False, mode=None, revision=2)


async def test_one_minute_is_not_minutes() -> None:
    async with FakeWorld().warmed_up() as world:
        first = await world.do("pause", {"minutes": 1})
        second = await world.do("pause", {"minutes": 1})
        third = await world.do("pause")
    assert first.result.message == "paused for 1 minute, then it resumes by itself"
    assert second.result.message == "already paused; it now resumes by itself 1 minute after this command was sent"
    assert third.result.message == "already paused; it no longer resumes by itself"


async def test_the_same_pause_delivered_twice_ends_no_later() -> None:
    async with FakeWorld().warmed_up() as world:
        queued = world.queue.queued("pause", {"minutes": 5})
        world.queue.put(queued)
        await world.queue.end_of(queued)
        until = world.intent.paused_until
        world.queue.completed.clear()
        world.queue.put(queued)
        again = await world.queue.end_of(queued)
    assert again.result.message == "already paused"
    assert world.intent.paused_until == until


async def test_pause_works_before_the_settings_could_be_read() -> None:
    world = FakeWorld()
    world.source.go_away()
    async with world.running():
        await world.shows(EngineState.STARTING)
        ended = await world.do("pause")
        await world.shows(EngineState.PAUSED)
        assert ended.result.message == "paused"
        assert "the settings can't be read: the database does not answer" in world.outbox.statuses[-1].settings_problem
        world.source.trouble = None
        await world.outbox.until(lambda: world.outbox.statuses[-1].settings_version == 1)
        await world.outbox.until(lambda: not world.state.warming)
    assert EngineState.RUNNING not in world.outbox.states


async def test_pause_and_resume_work_while_the_database_is_away() -> None:
    async with FakeWorld().warmed_up() as world:
        world.source.go_away()
        world.positions.trouble = SourceUnavailableError("the database does not answer")
        assert (await world.do("pause")).result.success
        await world.shows(EngineState.PAUSED)
        assert (await world.do("resume")).result.success
        await world.shows(EngineState.RUNNING)


async def test_an_older_resume_that_was_held_up_does_not_undo_a_newer_pause() -> None:
    async with FakeWorld(intents=FakeIntents(Intent(True, None, revision=1))).running() as world:
        await world.outbox.until(lambda: world.state.settings and not world.state.warming)
        resume, pause = world.queue.queued("resume"), world.queue.queued("pause", {"minutes": 5})
        gate = world.queue.gates[resume.command.id] = asyncio.Event()
        world.queue.put(resume)
        await world.outbox.until(lambda: resume.command.id in world.queue.asked)
        world.queue.put(pause)
        await world.queue.end_of(pause)
        gate.set()
        ended = await world.queue.end_of(resume)
        assert world.intent.paused
    assert ended.result.outcome is Outcome.SUPERSEDED
    assert ended.result.message == "a pause or resume that was sent later has been carried out already"
    assert EngineState.RUNNING not in world.outbox.states


async def test_a_pause_in_the_moment_in_which_another_ends_is_not_lost() -> None:
    class SlowIntents(FakeIntents):
        def __init__(self) -> None:
            super().__init__(Intent(True, None, paused_until=1, revision=1))
            self.storing, self.go_on = asyncio.Event(), asyncio.Event()

        async def store(self, intent: Intent) -> Intent:
            self.storing.set()
            await self.go_on.wait()
            return await super().store(intent)

    intents = SlowIntents()
    async with FakeWorld(intents=intents).running() as world, asyncio.timeout(10):
        await intents.storing.wait()
        pause = world.queue.queued("pause")
        world.queue.put(pause)
        await world.queue.until(lambda: pause.command.id in world.queue.started)
        intents.go_on.set()
        ended = await world.queue.end_of(pause)
        await world.shows(EngineState.PAUSED)
        assert world.intent.paused
    assert ended.intent is not None
    assert ended.intent.paused
    assert ended.intent.revision == 2
    assert world.intent.revision == 3


async def test_a_time_box_that_ran_out_while_redis_was_away_ends_when_it_is_back() -> None:
    world = FakeWorld(intents=FakeIntents(Intent(True, Mode.SCALPER_MACDV, paused_until=1, revision=3)))
    world.intents.stores_that_fail = 3
    async with world.running():
        await world.shows(EngineState.RUNNING)
    assert world.intents.kept == Intent(False, Mode.SCALPER_MACDV, revision=4)
