"""The stream as its leader reads it: each command taken once and ended once, whatever it looks like."""

import asyncio
import json
from typing import Any

import pytest

from runtime.bus.connections import AsyncRedis, connect_async
from runtime.bus.leader_queue import _entries
from runtime.engine.ports.commands import CommandEnd, QueuedCommand, Start
from runtime.protocol.answers import CommandState, Outcome, Result
from tests.runtime.bus.leading import DONE, Leader, a_leader, a_message, now_ms

pytestmark = pytest.mark.stores


# -- taking --------------------------------------------------------------------------------------------------


async def test_a_command_is_taken_acknowledged_started_and_ended_and_each_step_stands_in_its_record(
    leader: Leader,
) -> None:
    await leader.send(command="pause", payload={"minutes": 5}, issuedBy="ada")
    queued = await leader.take()
    acknowledged = await leader.record()
    assert await leader.queue.start(queued) is Start.GO
    await leader.queue.complete(queued, CommandEnd(DONE))
    record = await leader.ended()
    assert acknowledged is not None
    assert acknowledged.state is CommandState.ACKNOWLEDGED
    assert (record.command, record.payload, record.source, record.issued_by) == (
        "pause",
        {"minutes": 5},
        "admin",
        "ada",
    )
    assert record.state is CommandState.SUCCEEDED
    assert (record.message, record.data) == ("done", {"n": 1})
    times = (record.queued_at, record.acknowledged_at, record.started_at, record.finished_at)
    assert list(times) == sorted(moment for moment in times if moment is not None)
    assert await leader.length() == await leader.pending() == 0


async def test_acknowledgement_and_result_are_published_and_kept_once_as_the_protocol_writes_them(
    leader: Leader,
) -> None:
    channel = leader.redis.pubsub()
    await channel.subscribe(leader.keys.responses)
    await channel.get_message(timeout=5)
    await leader.send()
    queued = await leader.take()
    await leader.queue.progress(queued, 1, 2, "half way")
    await leader.queue.complete(queued, CommandEnd(DONE))
    await leader.queue.complete(queued, CommandEnd(Result(Outcome.FAILED, "again")))
    heard = [json.loads((await channel.get_message(timeout=5))["data"]) for _ in range(3)]
    assert await channel.get_message(timeout=0.01) is None
    await channel.aclose()
    stamps = [message.pop("timestamp") for message in heard]
    assert heard == [
        {"type": "ack", "commandId": "c1", "engine": "engine-1"},
        {"type": "progress", "commandId": "c1", "done": 1, "total": 2, "message": "half way"},
        {
            "type": "result",
            "commandId": "c1",
            "success": True,
            "outcome": "succeeded",
            "message": "done",
            "data": {"n": 1},
        },
    ]
    assert stamps == sorted(stamps)
    assert abs(stamps[0] - await now_ms(leader)) < 60_000
    events = await leader.events()
    assert [event["type"] for event in events] == ["ack", "progress", "result"]
    assert (await leader.ended()).result == events[-1]


async def test_a_command_sent_before_there_was_any_engine_is_found(redis: AsyncRedis, sub: str) -> None:
    await redis.xadd(f"livermore:commands:{sub}", {"message": json.dumps(a_message())})
    leader = await a_leader(redis, sub)
    assert (await leader.take()).command.id == "c1"


async def test_many_come_at_once(leader: Leader) -> None:
    pipeline = leader.redis.pipeline(transaction=False)
    for number in range(1_200):
        pipeline.xadd(leader.keys.commands, {"message": json.dumps(a_message(id=f"c{number}"))})
    await pipeline.execute()
    taken: list[QueuedCommand] = []
    while len(taken) < 1_200:
        found = await leader.receive()
        assert found
        taken += found
    assert [queued.command.id for queued in taken] == [f"c{number}" for number in range(1_200)]
    assert await leader.receive() == []
    heir = await leader.replaced_by()
    assert len(await heir.receive()) == 1_200


# -- once ----------------------------------------------------------------------------------------------------


async def test_the_same_id_a_hundred_times_at_once_is_one_command(leader: Leader) -> None:
    submitted = await asyncio.gather(*(leader.send() for _ in range(100)))
    assert sorted(one.verdict for one in submitted) == ["duplicate"] * 99 + ["queued"]
    assert {one.state for one in submitted} == {CommandState.QUEUED}
    assert await leader.length() == 1
    queued = await leader.take()
    await leader.queue.complete(queued, CommandEnd(DONE))
    again = await leader.send()
    assert (again.verdict, again.state) == ("duplicate", CommandState.SUCCEEDED)
    assert await leader.length() == 0


async def test_a_raw_entry_is_taken_and_its_duplicates_are_dropped(leader: Leader) -> None:
    first = await leader.add_raw()
    await leader.add_raw()
    await leader.add_raw()
    queued = await leader.take()
    assert queued.entry == first
    assert await leader.length() == 1
    await leader.queue.complete(queued, CommandEnd(DONE))
    await leader.add_raw()
    assert await leader.receive() == []
    assert await leader.length() == 0
    assert [event["type"] for event in await leader.events()] == ["ack", "result"]
    assert (await leader.ended()).queued_at == int(first.partition("-")[0])


async def test_a_raw_entry_of_a_submitted_command_is_a_duplicate_whichever_comes_first(leader: Leader) -> None:
    await leader.send()
    await leader.add_raw(command="resume")
    assert [queued.command.name for queued in await leader.receive()] == ["status"]
    await leader.add_raw(id="c2", command="resume")
    assert [queued.command.name for queued in await leader.receive()] == ["resume"]
    assert (await leader.send(id="c2")).verdict == "duplicate"
    assert await leader.length() == 2


async def test_ended_twice_it_has_its_first_result(leader: Leader) -> None:
    await leader.send()
    queued = await leader.take()
    results = [Result(Outcome.SUCCEEDED, f"number {n}") for n in range(10)]
    await asyncio.gather(*(leader.queue.complete(queued, CommandEnd(result)) for result in results))
    assert sum(event["type"] == "result" for event in await leader.events()) == 1


# -- what can't be carried out -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("message", "text"),
    [
        (
            {"command": "explode"},
            "command: 'explode' is not a command; known are pause, resume, reload-settings, switch-mode, add-symbol, "
            "remove-symbol, force-backfill, clear-cache, status",
        ),
        ({"command": "switch-mode", "payload": {"mode": "scalper"}}, None),
        ({"command": "pause", "payload": {"minutes": -1}}, "payload.minutes: is more than 0"),
        ({"command": "pause", "payload": {"hours": 1}}, "payload.hours: no such field here"),
        ({"command": "add-symbol"}, "payload.symbol: is missing"),
        ({"priority": 10}, "priority: is at most 9"),
        ({"timestamp": "yesterday"}, None),
        ({"payload": [1]}, None),
        ({"expiresAt": True}, None),
        ({"expiresAt": "soon"}, None),
        ({"expiresAt": -5}, None),
        ({"source": ""}, None),
    ],
)
async def test_what_is_wrong_with_a_command_is_told_and_it_is_not_carried_out(
    leader: Leader, message: dict[str, Any], text: str | None
) -> None:
    await leader.add_raw(**message)
    assert await leader.receive() == []
    record = await leader.ended()
    assert record.state is CommandState.REFUSED
    if text is not None:
        assert record.message.startswith(text)
    assert any(record.message.startswith(path) for path in message) or text is not None
    assert await leader.length() == await leader.pending() == 0
    assert [event["type"] for event in await leader.events()] == ["ack", "result"]
    await leader.send(id="c2")
    assert (await leader.take()).command.id == "c2"


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ('{"id":"c1","command":"pause","command":"resume"}', "the key 'command' stands twice in one object"),
        ('{"id":"c1","command":"pause","payload":{"minutes":NaN}}', "NaN is not a JSON number"),
        ('{"id":"c1","timestamp":1e400}', "the number 1e400 is too large"),
        ('{"id":"c1","x":"\\ud800"}', "a text holds half of a surrogate pair"),
        ('{"id":"c1","x":"\\u0000"}', "a text holds the character \\u0000"),
        ('{"id":"c1","x":' + "[" * 60 + "]" * 60 + "}", "nested more than 32 levels deep"),
    ],
)
async def test_of_a_message_that_cannot_be_read_its_id_gets_the_reason(leader: Leader, raw: str, reason: str) -> None:
    await leader.add_raw(raw)
    assert await leader.receive() == []
    record = await leader.ended()
    assert record.state is CommandState.REFUSED
    assert record.message == f"the message can't be read: {reason}"
    assert await leader.dropped() == 0


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"pause",
        b"[]",
        b"{}",
        b'{"command":"pause"}',
        b'{"id":7,"command":"pause"}',
        b'{"id":"","command":"pause"}',
        b'{"id":"' + b"x" * 129 + b'"}',
        b'{"id":"\\ud800","command":"pause"}',
        b'{"id":"a\\u0000b","x":NaN}',
        b'{"id":"c1"}\xff',
        b"[" * 100_000,
    ],
)
async def test_what_nobody_can_be_answered_for_is_counted_and_dropped(leader: Leader, raw: bytes) -> None:
    await leader.add_raw(raw)
    assert await leader.receive() == []
    assert await leader.dropped() == 1
    assert await leader.length() == await leader.pending() == 0
    assert await leader.events() == []


async def test_an_entry_without_our_field_is_dropped(leader: Leader) -> None:
    await leader.redis.xadd(leader.keys.commands, {"command": "pause", "id": "c1"})
    assert await leader.receive() == []
    assert await leader.dropped() == 1


async def test_an_id_of_128_characters_of_any_script_is_an_id(leader: Leader) -> None:
    identifier = "ü:" * 64
    await leader.add_raw(id=identifier)
    await leader.queue.complete(await leader.take(), CommandEnd(DONE))
    assert (await leader.ended(identifier)).id == identifier


# -- the wire ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("protocol", [2, 3])
async def test_both_of_redis_protocols_are_read(redis_server: str, sub: str, protocol: int) -> None:
    separator = "&" if "?" in redis_server else "?"
    client = connect_async(f"{redis_server}{separator}protocol={protocol}")
    try:
        leader = await a_leader(client, sub)
        await leader.send()
        await leader.add_raw(id="c2")
        taken: list[str] = []
        while len(taken) < 2:
            taken += [queued.command.id for queued in await leader.receive()]
        heir = await leader.replaced_by()
        assert [queued.command.id for queued in await heir.receive()] == taken == ["c1", "c2"]
    finally:
        await client.aclose()


@pytest.mark.parametrize(
    "answer",
    [
        {b"s": [[(b"1-0", {b"message": b"x"}), (b"2-0", None)]]},
        {b"s": [[[b"1-0", [b"message", b"x"]], [b"2-0", None]]]},
        [[b"s", [(b"1-0", [b"message", b"x"]), (b"2-0", None)]]],
    ],
)
def test_every_shape_of_a_reply_is_read(answer: object) -> None:
    assert _entries(answer) == [("1-0", {b"message": b"x"}), ("2-0", {})]


@pytest.mark.parametrize("answer", [None, {}, []])
def test_an_empty_reply_holds_nothing(answer: object) -> None:
    assert _entries(answer) == []
