"""Commands in their lanes, each ended once."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from runtime.engine.executor import LONG_AT_ONCE, Ending, Executor, Handler
from runtime.engine.market import Market
from runtime.engine.ports.availability import LeaseLostError, SourceUnavailableError
from runtime.engine.ports.commands import CommandEnd, Intent, QueuedCommand, Start
from runtime.engine.ports.feeds import UnknownInstrumentError
from runtime.engine.ports.settings import SettingsRejectedError
from runtime.engine.state import NotReadyError, State
from runtime.protocol.answers import Outcome, Result
from runtime.protocol.commands import members_of
from runtime.protocol.payloads import CommandName
from runtime.protocol.undo import UndoBatch, UndoSettings
from settingsapp.schema.vocabulary import Mode
from tests.runtime.fakes.engine import brief_sleep
from tests.runtime.fakes.queue import FakeQueue


class Bench:
    """An executor whose handlers write down what they did."""

    def __init__(self) -> None:
        self.queue = FakeQueue()
        self.state = State("engine-1", "host-1", 0, Market(), lambda name: False)
        self.done: list[str] = []
        self.paused_when_told: list[bool] = []
        self.ended_when_told: list[int] = []
        self.handlers: dict[CommandName, Handler] = dict.fromkeys(CommandName, self.handle)
        self.executor = Executor(self.state, self.queue, self.handlers, self.tell_status, brief_sleep)

    async def tell_status(self) -> None:
        self.paused_when_told.append(self.state.intent.paused)
        self.ended_when_told.append(len(self.queue.completed))

    async def handle(self, queued: QueuedCommand) -> Ending:
        self.done.append(queued.command.id)
        return Ending(Result(Outcome.SUCCEEDED, "done"))

    def blocking(self, gate: asyncio.Event) -> Handler:
        async def handle(queued: QueuedCommand) -> Ending:
            await gate.wait()
            return await self.handle(queued)

        return handle

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        async with asyncio.timeout(10):
            task = asyncio.create_task(self.executor.run())
            try:
                yield
            finally:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
def bench() -> Bench:
    return Bench()


async def test_what_waits_is_carried_out_by_urgency_and_then_in_the_order_of_the_stream(bench: Bench) -> None:
    queue = bench.queue
    low = queue.queued("clear-cache", {"scope": "all"})
    first, second = queue.queued("add-symbol", {"symbol": "A"}), queue.queued("add-symbol", {"symbol": "B"})
    urgent = queue.queued("reload-settings", priority=1)
    queue.put(low, first, second, urgent)
    async with bench.at_work():
        await queue.end_of(low)
    assert bench.done == [queued.command.id for queued in (urgent, first, second, low)]


async def test_a_pause_overtakes_a_command_that_hangs(bench: Bench) -> None:
    gate = asyncio.Event()
    bench.handlers[CommandName.RELOAD_SETTINGS] = bench.blocking(gate)
    hangs = bench.queue.queued("reload-settings")
    pause = bench.queue.queued("pause")
    async with bench.at_work():
        bench.queue.put(hangs)
        bench.queue.put(pause)
        await bench.queue.end_of(pause)
        assert bench.done == [pause.command.id]
        gate.set()
        await bench.queue.end_of(hangs)


async def test_a_long_command_blocks_nothing(bench: Bench) -> None:
    gate = asyncio.Event()
    bench.handlers[CommandName.FORCE_BACKFILL] = bench.blocking(gate)
    long, quick = bench.queue.queued("force-backfill", {"symbol": "A"}), bench.queue.queued("status")
    async with bench.at_work():
        bench.queue.put(long)
        bench.queue.put(quick)
        await bench.queue.end_of(quick)
        assert long.command.id not in bench.done
        gate.set()
        await bench.queue.end_of(long)


async def test_commands_that_come_in_while_the_last_one_ends_are_not_forgotten(bench: Bench) -> None:
    async with bench.at_work():
        for _ in range(200):
            queued = bench.queue.queued("status")
            bench.queue.put(queued)
            await bench.queue.end_of(queued)
    assert len(bench.done) == 200


async def test_a_newer_pause_supersedes_a_waiting_resume_and_says_so(bench: Bench) -> None:
    gate = asyncio.Event()
    bench.handlers[CommandName.RELOAD_SETTINGS] = bench.blocking(gate)
    hangs, resume, pause = (bench.queue.queued(name) for name in ("reload-settings", "resume", "pause"))
    async with bench.at_work():
        bench.queue.put(hangs)
        bench.queue.put(resume)
        bench.queue.put(pause)
        ended = await bench.queue.end_of(resume)
        gate.set()
        await bench.queue.end_of(hangs)
    assert ended.result.outcome is Outcome.SUPERSEDED
    assert ended.result.message == f"a newer pause ({pause.command.id}) made it pointless"
    assert resume.command.id not in bench.done


async def test_only_the_last_of_many_reloads_is_carried_out(bench: Bench) -> None:
    reloads = [bench.queue.queued("reload-settings") for _ in range(5)]
    bench.queue.put(*reloads)
    async with bench.at_work():
        ends = [await bench.queue.end_of(queued) for queued in reloads]
    assert [end.result.outcome for end in ends] == [Outcome.SUPERSEDED] * 4 + [Outcome.SUCCEEDED]
    assert bench.done == [reloads[-1].command.id]


async def test_an_older_pause_that_is_found_late_supersedes_no_newer_resume(bench: Bench) -> None:
    gate = asyncio.Event()
    bench.handlers[CommandName.RELOAD_SETTINGS] = bench.blocking(gate)
    hangs, pause, resume = (bench.queue.queued(name) for name in ("reload-settings", "pause", "resume"))
    async with bench.at_work():
        bench.queue.put(hangs)
        bench.queue.put(resume)
        bench.queue.put(pause)
        await bench.queue.end_of(pause)
        gate.set()
        assert (await bench.queue.end_of(resume)).result.outcome is Outcome.SUCCEEDED


async def test_a_command_past_its_deadline_is_ended_and_not_carried_out(bench: Bench) -> None:
    queued = bench.queue.queued("status")
    bench.queue.starts[queued.command.id] = Start.EXPIRED
    bench.queue.put(queued)
    async with bench.at_work():
        ended = await bench.queue.end_of(queued)
    assert ended.result == Result(Outcome.EXPIRED, "it waited past its deadline and was not carried out")
    assert bench.done == []


async def test_a_command_that_has_its_result_already_is_left_alone(bench: Bench) -> None:
    finished, other = bench.queue.queued("status"), bench.queue.queued("status")
    bench.queue.starts[finished.command.id] = Start.FINISHED
    bench.queue.put(finished, other)
    async with bench.at_work():
        await bench.queue.end_of(other)
    assert [end.id for end in bench.queue.completed] == [other.command.id]


@pytest.mark.parametrize(
    ("error", "outcome", "text"),
    [
        (SettingsRejectedError("symbols.3: no"), Outcome.REFUSED, "symbols.3: no"),
        (UnknownInstrumentError("no BTC; did you mean BTC-USD?"), Outcome.REFUSED, "no BTC; did you mean BTC-USD?"),
        (SourceUnavailableError("the database is away"), Outcome.FAILED, "the database is away"),
        (NotReadyError("not yet"), Outcome.FAILED, "not yet"),
        (ZeroDivisionError("x"), Outcome.FAILED, "the engine stumbled over it (ZeroDivisionError); its log says where"),
    ],
)
async def test_whatever_goes_wrong_ends_the_command_with_a_reason(
    bench: Bench, error: Exception, outcome: Outcome, text: str
) -> None:
    async def fail(queued: QueuedCommand) -> Ending:
        raise error

    bench.handlers[CommandName.STATUS] = fail
    queued = bench.queue.queued("status")
    bench.queue.put(queued)
    async with bench.at_work():
        ended = await bench.queue.end_of(queued)
    assert ended.result == Result(outcome, text)


@pytest.mark.parametrize("method", ["receive", "start", "complete"])
async def test_redis_being_away_for_a_while_loses_nothing(bench: Bench, method: str) -> None:
    bench.queue.failures[method] = [SourceUnavailableError("gone")] * 3
    queued = bench.queue.queued("status")
    bench.queue.put(queued)
    async with bench.at_work():
        ended = await bench.queue.end_of(queued)
    assert ended.result.outcome is Outcome.SUCCEEDED
    assert bench.done == [queued.command.id]
    assert bench.queue.failures[method] == []


@pytest.mark.parametrize("method", ["receive", "start", "complete"])
async def test_a_lost_lease_ends_the_executor_at_once(bench: Bench, method: str) -> None:
    bench.queue.failures[method] = [LeaseLostError("another engine leads")]
    bench.queue.put(bench.queue.queued("status"))
    with pytest.raises(ExceptionGroup) as caught:
        async with asyncio.timeout(10):
            await bench.executor.run()
    assert caught.group_contains(LeaseLostError)
    assert bench.queue.completed == []


async def test_the_intent_is_written_with_the_end_of_the_command_that_changed_it(bench: Bench) -> None:
    async def pause(queued: QueuedCommand) -> Ending:
        bench.state.intent = Intent(paused=True, mode=None)
        return Ending(Result(Outcome.SUCCEEDED, "paused"), changes_intent=True)

    bench.handlers[CommandName.PAUSE] = pause
    queued = bench.queue.queued("pause")
    bench.queue.put(queued)
    async with bench.at_work():
        ended = await bench.queue.end_of(queued)
        await asyncio.sleep(0)
    assert ended.intent == Intent(paused=True, mode=None)
    assert bench.state.intent.revision == 1


async def test_the_status_with_what_a_command_changed_is_told_before_its_result(bench: Bench) -> None:
    async def pause(queued: QueuedCommand) -> Ending:
        bench.state.intent = Intent(paused=True, mode=None)
        return Ending(Result(Outcome.SUCCEEDED, "paused"), changes_intent=True)

    bench.handlers[CommandName.PAUSE] = pause
    look, queued = bench.queue.queued("status"), bench.queue.queued("pause")
    async with bench.at_work():
        bench.queue.put(look)
        await bench.queue.end_of(look)
        bench.queue.put(queued)
        await bench.queue.end_of(queued)
    assert (bench.paused_when_told, bench.ended_when_told) == ([True], [1])


async def test_a_status_that_cannot_be_told_keeps_no_command_from_its_end(bench: Bench) -> None:
    async def redis_is_away() -> None:
        raise SourceUnavailableError("Redis is away")

    async def pause(queued: QueuedCommand) -> Ending:
        return Ending(Result(Outcome.SUCCEEDED, "paused"), changes_intent=True)

    bench.handlers[CommandName.PAUSE] = pause
    bench.executor = Executor(bench.state, bench.queue, bench.handlers, redis_is_away, brief_sleep)
    queued = bench.queue.queued("pause")
    bench.queue.put(queued)
    async with bench.at_work():
        assert (await bench.queue.end_of(queued)).result.message == "paused"


async def test_two_intents_changed_at_once_are_both_kept_by_the_last_one_written(bench: Bench) -> None:
    def changing(change: Callable[[], Intent]) -> Callable[[QueuedCommand], Awaitable[Ending]]:
        async def handle(queued: QueuedCommand) -> Ending:
            bench.state.intent = change()
            return Ending(Result(Outcome.SUCCEEDED), changes_intent=True)

        return handle

    monitor = Mode.POSITION_MONITOR
    bench.handlers[CommandName.PAUSE] = changing(lambda: replace(bench.state.intent, paused=True))
    bench.handlers[CommandName.SWITCH_MODE] = changing(lambda: replace(bench.state.intent, mode=monitor))
    switch, pause = bench.queue.queued("switch-mode", {"mode": monitor.value}), bench.queue.queued("pause")
    async with bench.at_work():
        bench.queue.put(switch, pause)
        await bench.queue.end_of(switch)
        await bench.queue.end_of(pause)
    written = [end.intent for end in bench.queue.completed]
    assert written[-1] == Intent(paused=True, mode=monitor, revision=1)
    assert bench.queue.revision == 2


async def test_how_many_commands_wait_is_told(bench: Bench) -> None:
    gate = asyncio.Event()
    bench.handlers[CommandName.STATUS] = bench.blocking(gate)
    waiting = [bench.queue.queued("status") for _ in range(4)]
    pause = bench.queue.queued("pause")
    async with bench.at_work():
        bench.queue.put(*waiting, pause)
        await bench.queue.end_of(pause)
        assert bench.state.waiting_commands == 3
        gate.set()
        await bench.queue.end_of(waiting[-1])
        assert bench.state.waiting_commands == 0


async def test_long_commands_run_a_few_at_a_time_and_a_pause_passes_them_all(bench: Bench) -> None:
    gate = asyncio.Event()
    bench.handlers[CommandName.FORCE_BACKFILL] = bench.blocking(gate)
    backfills = [bench.queue.queued("force-backfill", {"symbol": f"S{number}"}) for number in range(20)]
    pause, quick = bench.queue.queued("pause"), bench.queue.queued("status")
    async with bench.at_work():
        bench.queue.put(*backfills, pause, quick)
        await bench.queue.end_of(pause)
        await bench.queue.end_of(quick)
        await bench.queue.until(lambda: len(bench.queue.started) == LONG_AT_ONCE + 2)
        assert bench.state.waiting_commands == 20 - LONG_AT_ONCE
        gate.set()
        await bench.queue.end_of(backfills[-1])
    assert len(bench.queue.completed) == 22


async def test_many_superseded_commands_keep_no_pause_waiting(bench: Bench) -> None:
    async def never(queued: QueuedCommand) -> Ending:
        await asyncio.Event().wait()
        raise AssertionError

    bench.handlers[CommandName.STATUS] = never
    reloads = [bench.queue.queued("reload-settings") for _ in range(50)]
    pause = bench.queue.queued("pause")
    async with bench.at_work():
        bench.queue.put(bench.queue.queued("status"), *reloads, pause)
        await bench.queue.end_of(pause)
        assert [end.id for end in bench.queue.completed].index(pause.command.id) < 50


# -- batches ---------------------------------------------------------------------------------------------------------


def a_batch(bench: Bench, *names: str, **more: object) -> QueuedCommand:
    payloads = {"add-symbol": {"symbol": "A"}, "force-backfill": {"symbol": "A"}}
    commands = [{"command": name, "payload": payloads.get(name, {})} for name in names]
    return bench.queue.queued("batch", {"commands": commands, **more})


def ids_of(batch: QueuedCommand) -> list[str]:
    return [member.id for member in members_of(batch.command)]


def failing(*names: CommandName) -> Handler:
    async def handle(queued: QueuedCommand) -> Ending:
        if queued.command.name in names:
            raise SourceUnavailableError("the exchange is away")
        return Ending(Result(Outcome.SUCCEEDED, "done"))

    return handle


async def test_a_batch_ends_each_member_in_order_and_then_itself(bench: Bench) -> None:
    batch = a_batch(bench, "add-symbol", "pause", "force-backfill", "status")
    async with bench.at_work():
        bench.queue.put(batch)
        ended = await bench.queue.end_of(batch)
    assert bench.done == ids_of(batch)
    assert [end.id for end in bench.queue.completed] == [*ids_of(batch), batch.command.id]
    assert ended.result.message == "4 of 4 succeeded"
    assert ended.result.data["results"][0] == {
        "id": ids_of(batch)[0],
        "command": "add-symbol",
        "outcome": "succeeded",
        "message": "done",
    }
    assert bench.queue.told[-1] == (batch.command.id, 4, 4, "status succeeded")


@pytest.mark.parametrize(("stops", "outcomes"), [(False, "sfs"), (True, "sfr")])
async def test_after_a_failure_a_batch_goes_on_or_stops_as_it_was_asked_to(
    bench: Bench, stops: bool, outcomes: str
) -> None:
    bench.handlers.update(dict.fromkeys(CommandName, failing(CommandName.ADD_SYMBOL)))
    batch = a_batch(bench, "status", "add-symbol", "pause", stopOnFailure=stops)
    async with bench.at_work():
        bench.queue.put(batch)
        ended = await bench.queue.end_of(batch)
    ends = {end.id: end.result for end in bench.queue.completed}
    assert "".join(ends[member].outcome.value[0] for member in ids_of(batch)) == outcomes
    assert ended.result.outcome is Outcome.FAILED
    assert ended.result.message == ("1 of 3 succeeded, 1 failed, 1 refused" if stops else "2 of 3 succeeded, 1 failed")
    if stops:
        assert "stopOnFailure" in ends[ids_of(batch)[2]].message


async def test_a_batch_found_again_after_a_crash_does_only_what_was_left(bench: Bench) -> None:
    batch = a_batch(bench, "add-symbol", "status")
    first = QueuedCommand(batch.entry, members_of(batch.command)[0])
    await bench.queue.begin_member(first)
    await bench.queue.complete(first, CommandEnd(Result(Outcome.SUCCEEDED, "before the crash")))
    async with bench.at_work():
        bench.queue.put(batch)
        ended = await bench.queue.end_of(batch)
    assert bench.done == ids_of(batch)[1:]
    assert [result["message"] for result in ended.result.data["results"]] == ["before the crash", "done"]


async def test_a_batch_with_a_long_member_blocks_nothing_and_interleaves_with_no_ordered_command(bench: Bench) -> None:
    gate, running = asyncio.Event(), asyncio.Event()

    async def slow(queued: QueuedCommand) -> Ending:
        running.set()
        await gate.wait()
        return await bench.handle(queued)

    bench.handlers[CommandName.RELOAD_SETTINGS] = slow
    reload, batch = bench.queue.queued("reload-settings"), a_batch(bench, "force-backfill", "add-symbol")
    async with bench.at_work():
        bench.queue.put(reload)
        await running.wait()
        bench.queue.put(batch)
        await bench.queue.until(lambda: ids_of(batch)[0] in bench.done)
        assert bench.done == ids_of(batch)[:1]
        gate.set()
        await bench.queue.end_of(batch)
    assert bench.done == [ids_of(batch)[0], reload.command.id, ids_of(batch)[1]]


async def test_what_a_batch_has_changed_can_be_undone_by_its_members(bench: Bench) -> None:
    async def change(queued: QueuedCommand) -> Ending:
        return Ending(Result(Outcome.SUCCEEDED), undo=UndoSettings(before=1, after=2))

    bench.handlers[CommandName.ADD_SYMBOL] = change
    changing, asking = a_batch(bench, "status", "add-symbol"), a_batch(bench, "status")
    async with bench.at_work():
        bench.queue.put(changing, asking)
        ends = await bench.queue.end_of(changing), await bench.queue.end_of(asking)
    assert [end.undo for end in ends] == [UndoBatch(members=(ids_of(changing)[1],)), None]
