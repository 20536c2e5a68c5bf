"""What Redis keeps of batches and of what can be undone."""

import pytest

from runtime.bus import leader_calls
from runtime.bus.calls import arun
from runtime.bus.commands import RETENTION_SECONDS
from runtime.engine.ports.availability import LeaseLostError
from runtime.engine.ports.commands import CommandEnd, QueuedCommand
from runtime.protocol.answers import CommandState, Outcome, Result
from runtime.protocol.commands import members_of
from runtime.protocol.undo import UndoMode, UndoWatchlist
from settingsapp.schema.vocabulary import Mode
from tests.runtime.bus.leading import DONE, Leader

pytestmark = pytest.mark.stores

UNDO = UndoWatchlist(symbol="simulated:BTC-USD", version=2)


async def a_batch(leader: Leader) -> tuple[QueuedCommand, list[QueuedCommand]]:
    commands = [{"command": "pause"}, {"command": "add-symbol", "payload": {"symbol": "BTC-USD"}}]
    await leader.send(id="b1", command="batch", payload={"commands": commands}, issuedBy="ada")
    batch = await leader.take()
    return batch, [QueuedCommand(batch.entry, member) for member in members_of(batch.command)]


async def test_each_member_has_a_record_and_a_result_and_the_entry_stays_until_the_batch_ends(leader: Leader) -> None:
    batch, members = await a_batch(leader)
    for member in members:
        assert await leader.queue.begin_member(member) is None
        await leader.queue.complete(member, CommandEnd(DONE))
    assert await leader.length() == await leader.pending() == 1
    await leader.queue.complete(batch, CommandEnd(DONE))
    assert await leader.length() == await leader.pending() == 0
    record = await leader.ended(members[1].command.id)
    assert (record.command, record.payload, record.issued_by) == ("add-symbol", {"symbol": "BTC-USD"}, "ada")
    assert (record.batch_id, record.body()["batchId"]) == ("b1", "b1")
    assert record.started_at is not None
    assert record.queued_at == (await leader.ended("b1")).queued_at
    told = [(event["type"], event["commandId"]) for event in await leader.events()]
    ids = [member.command.id for member in members]
    assert told == [
        ("ack", "b1"),
        *((kind, member) for member in ids for kind in ("ack", "result")),
        ("result", "b1"),
    ]


async def test_a_member_that_ended_before_a_crash_tells_how_and_is_not_ended_twice(leader: Leader) -> None:
    _, members = await a_batch(leader)
    await leader.queue.begin_member(members[0])
    await leader.queue.complete(members[0], CommandEnd(DONE, undo=UNDO))
    heir = await leader.replaced_by()
    batch = await heir.take()
    assert batch.command.id == "b1"
    ended = await heir.queue.begin_member(members[0])
    assert ended is not None
    assert (ended.state, ended.message, ended.undo) == (CommandState.SUCCEEDED, "done", UNDO)
    assert await heir.queue.begin_member(members[1]) is None
    await heir.queue.complete(members[0], CommandEnd(Result(Outcome.FAILED, "again")))
    assert (await heir.ended(members[0].command.id)).state is CommandState.SUCCEEDED
    assert await heir.length() == 1


async def test_what_was_changed_last_and_is_not_undone_yet_is_found(leader: Leader) -> None:
    assert await leader.queue.last_undoable() is None
    for name, undo in (
        ("c1", UNDO),
        ("c2", UndoMode(before=Mode.SCALPER_MACDV, after=Mode.POSITION_MONITOR)),
        ("c3", None),
    ):
        await leader.send(id=name)
        await leader.queue.complete(await leader.take(), CommandEnd(DONE, undo=undo))
    last = await leader.queue.last_undoable()
    assert last is not None
    assert (last.id, last.undone_by) == ("c2", "")
    await leader.send(id="r1")
    await leader.queue.complete(await leader.take(), CommandEnd(DONE, undone=("c2", "gone")))
    assert (await leader.ended("c2")).body()["undoneBy"] == "r1"
    assert await leader.record("gone") is None
    before = await leader.queue.last_undoable()
    assert before is not None
    assert (before.id, before.undo) == ("c1", UNDO)


async def test_what_can_be_undone_is_forgotten_with_its_record(leader: Leader) -> None:
    await leader.send(id="c1")
    await leader.queue.complete(await leader.take(), CommandEnd(DONE, undo=UNDO))
    keys = leader.keys
    # As if it had ended that long ago.
    await leader.redis.zadd(keys.undoable, {"c1": 1})
    await leader.redis.delete(keys.command("c1"))
    await leader.send(id="c2")
    await leader.queue.complete(await leader.take(), CommandEnd(DONE))
    assert await leader.queue.last_undoable() is None
    assert 0 < await leader.redis.ttl(keys.command("c2")) <= RETENTION_SECONDS


async def test_a_replaced_leader_begins_no_member(leader: Leader) -> None:
    batch, members = await a_batch(leader)
    await leader.replaced_by()
    with pytest.raises(LeaseLostError):
        await arun(
            leader.redis,
            leader_calls.begin_member(leader.sub, leader.token, batch.entry, members[0].command, engine_id="e"),
        )
    assert await leader.record(members[0].command.id) is None
