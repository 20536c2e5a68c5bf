"""The stream as its leader reads it: taken once, ended once, nothing forgotten."""

import asyncio
import json
from typing import Any

import pytest

from runtime.bus.calls import arun
from runtime.bus.commands import EVENTS_LENGTH, RETENTION_SECONDS
from runtime.bus.connections import AsyncRedis, RedisUnavailableError, connect_async
from runtime.bus.leader_calls import emit, read_intent, store_intent
from runtime.bus.leader_queue import LeaderQueue, _entries
from runtime.engine.ports import Intent, QueuedCommand, Start
from runtime.protocol.answers import CommandState, Outcome, Result
from settingsapp.schema.vocabulary import Mode
from tests.runtime.bus.leading import DONE, Leader, a_leader, a_message

pytestmark = pytest.mark.stores

DAY_MS = 24 * 3_600_000


async def now_ms(leader: Leader) -> int:
    seconds, micros = await leader.redis.time()
    return int(seconds) * 1000 + int(micros) // 1000


async def until_past(leader: Leader, moment: int | None) -> None:
    """Wait until Redis's clock says so."""
    assert moment is not None
    async with asyncio.timeout(10):
        while await now_ms(leader) <= moment:
            continue


# -- taking ------------------------------------------------------------------------------------------------------


async def test_a_command_is_taken_acknowledged_started_and_ended_and_each_step_stands_in_its_record(
    leader: Leader,
) -> None:
    await leader.send(command="pause", payload={"minutes": 5}, issuedBy="ada")
    queued = await leader.take()
    acknowledged = await leader.record()
    assert await leader.queue.start(queued) is Start.GO
    await leader.queue.complete(queued, DONE)
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
    await leader.queue.complete(queued, DONE)
    await leader.queue.complete(queued, Result(Outcome.FAILED, "again"))
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


# -- once ---------------------------------------------------------------------------------------------------------


async def test_the_same_id_a_hundred_times_at_once_is_one_command(leader: Leader) -> None:
    submitted = await asyncio.gather(*(leader.send() for _ in range(100)))
    assert sorted(one.verdict for one in submitted) == ["duplicate"] * 99 + ["queued"]
    assert {one.state for one in submitted} == {CommandState.QUEUED}
    assert await leader.length() == 1
    queued = await leader.take()
    await leader.queue.complete(queued, DONE)
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
    await leader.queue.complete(queued, DONE)
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
    await asyncio.gather(*(leader.queue.complete(queued, result) for result in results))
    assert sum(event["type"] == "result" for event in await leader.events()) == 1


# -- what can't be carried out ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("message", "text"),
    [
        (
            {"command": "explode"},
            "command: 'explode' is not a command; known are pause, resume, reload-settings, switch-mode, add-symbol, "
            "remove-symbol, force-backfill, clear-cache, status",
        ),
        ({"command": "switch-mode", "payload": {"mode": "scalper"}}, None),
        ({"command": "pause", "payload": {"minutes": -1}}, "payload.minutes: input should be greater than 0"),
        ({"command": "pause", "payload": {"hours": 1}}, "payload.hours: no such field here"),
        ({"command": "add-symbol"}, "payload.symbol: field required"),
        ({"priority": 10}, "priority: input should be less than or equal to 9"),
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
    await leader.queue.complete(await leader.take(), DONE)
    assert (await leader.ended(identifier)).id == identifier


# -- time ---------------------------------------------------------------------------------------------------------


async def test_the_default_deadline_counts_from_the_entry_by_redis_clock(leader: Leader) -> None:
    now = await now_ms(leader)
    await leader.add_raw(id="old", entry=f"{now - 31_000}-0")
    await leader.add_raw(id="backfill", command="force-backfill", payload={"symbol": "A"}, entry=f"{now - 31_000}-1")
    await leader.add_raw(id="young", timestamp=0, entry=f"{now - 20_000}-0")
    assert [queued.command.id for queued in await leader.receive()] == ["backfill", "young"]
    record = await leader.ended("old")
    assert record.state is CommandState.EXPIRED
    assert record.message == "it waited past its deadline and was not carried out"
    assert [event["type"] for event in await leader.events() if event["commandId"] == "old"] == ["result"]


async def test_an_explicit_deadline_is_absolute(leader: Leader) -> None:
    now = await now_ms(leader)
    await leader.send(id="past", expiresAt=now - 1)
    await leader.send(id="ahead", expiresAt=now + DAY_MS - 60_000)
    assert [queued.command.id for queued in await leader.receive()] == ["ahead"]
    assert (await leader.ended("past")).state is CommandState.EXPIRED


@pytest.mark.parametrize("ahead", [DAY_MS + 60_000, 2**53, 10**40])
async def test_a_deadline_more_than_a_day_ahead_is_refused(leader: Leader, ahead: int) -> None:
    await leader.send(expiresAt=await now_ms(leader) + ahead)
    assert await leader.receive() == []
    record = await leader.ended()
    assert (record.state, record.message) == (CommandState.REFUSED, "expiresAt: at most 24 hours ahead")


async def test_a_command_that_came_in_time_may_expire_before_its_start(leader: Leader) -> None:
    await leader.send(expiresAt=await now_ms(leader) + 100)
    queued = await leader.take()
    await until_past(leader, queued.command.expires_at)
    assert await leader.queue.start(queued) is Start.EXPIRED


async def test_what_began_in_time_is_ended_however_late_it_is_found_again(leader: Leader) -> None:
    await leader.send(expiresAt=await now_ms(leader) + 100)
    queued = await leader.take()
    assert await leader.queue.start(queued) is Start.GO
    await until_past(leader, queued.command.expires_at)
    heir = await leader.replaced_by()
    again = await heir.take()
    assert await heir.queue.start(again) is Start.GO
    await heir.queue.complete(again, DONE)
    assert (await heir.ended()).state is CommandState.SUCCEEDED


# -- what an earlier leader had taken ---------------------------------------------------------------------------------


async def test_a_new_leader_finds_what_the_old_one_had_taken_with_one_acknowledgement(leader: Leader) -> None:
    await leader.send()
    await leader.take()
    heir = await leader.replaced_by()
    queued = await heir.take()
    await heir.queue.complete(queued, DONE)
    assert [event["type"] for event in await heir.events()] == ["ack", "result"]


async def test_what_a_leader_holds_itself_it_does_not_find_again(leader: Leader) -> None:
    await leader.send()
    await leader.take()
    for _ in range(3):
        assert await leader.receive() == []


async def test_what_has_its_result_and_was_not_dropped_is_dropped_without_a_second_one(leader: Leader) -> None:
    await leader.send()
    await leader.take()
    await leader.redis.hset(leader.keys.command("c1"), "state", "succeeded")
    heir = await leader.replaced_by()
    assert await heir.receive() == []
    assert await heir.length() == await heir.pending() == 0
    assert [event["type"] for event in await heir.events()] == ["ack"]


async def test_an_entry_that_was_trimmed_away_is_forgotten(leader: Leader) -> None:
    await leader.send()
    await leader.take()
    await leader.redis.xtrim(leader.keys.commands, maxlen=0, approximate=False)
    heir = await leader.replaced_by()
    assert await heir.receive() == []
    assert await heir.pending() == 0


async def test_commands_taken_when_redis_fails_half_way_are_found_again(
    leader: Leader, monkeypatch: pytest.MonkeyPatch
) -> None:
    await leader.send(id="good")
    await leader.send(id="bad", command="explode")
    real = LeaderQueue._end

    async def away(*_: object) -> None:
        raise RedisUnavailableError("gone")

    monkeypatch.setattr(LeaderQueue, "_end", away)
    with pytest.raises(RedisUnavailableError):
        await leader.receive()
    monkeypatch.setattr(LeaderQueue, "_end", real)
    assert (await leader.take()).command.id == "good"
    assert (await leader.ended("bad")).state is CommandState.REFUSED


async def test_an_entry_that_breaks_every_sweep_keeps_no_new_command_from_being_read(leader: Leader) -> None:
    queue = LeaderQueue(leader.redis, leader.sub, leader.token, "engine-1", sweep_seconds=3600)
    await leader.redis.set(leader.keys.command("poison"), "not a hash")
    await leader.add_raw(id="poison")
    with pytest.raises(RedisUnavailableError, match="WRONGTYPE"):
        await queue.receive(0.001)
    await leader.send(id="pause", command="pause")
    assert [queued.command.id for queued in await queue.receive(0.001)] == ["pause"]


# -- Redis loses everything ----------------------------------------------------------------------------------------


async def test_after_redis_lost_everything_new_commands_are_taken(own_redis: AsyncRedis, sub: str) -> None:
    leader = await a_leader(own_redis, sub)
    await leader.receive()
    await own_redis.flushall()
    await leader.send()
    assert (await leader.take()).command.id == "c1"


async def test_what_the_leader_held_when_redis_lost_everything_gets_its_end(own_redis: AsyncRedis, sub: str) -> None:
    leader = await a_leader(own_redis, sub)
    await leader.send(command="pause")
    queued = await leader.take()
    await own_redis.flushall()
    assert await leader.queue.start(queued) is Start.GO
    assert await leader.queue.complete(queued, DONE, Intent(True, None, revision=8)) == 9
    record = await leader.ended()
    assert (record.state, record.command) == (CommandState.SUCCEEDED, "pause")
    assert [event["type"] for event in await leader.events()] == ["result"]


# -- intent ---------------------------------------------------------------------------------------------------------


async def test_the_intent_is_written_with_the_end_and_its_revision_rises(leader: Leader) -> None:
    intents = [Intent(True, Mode.SCALPER_MACDV, 123), Intent(False, None)]
    for number, intent in enumerate(intents):
        await leader.send(id=f"c{number}")
        assert await leader.queue.complete(await leader.take(), DONE, intent) == number + 1
        kept = await arun(leader.redis, read_intent(leader.sub))
        assert kept == Intent(intent.paused, intent.mode, intent.paused_until, number + 1)
    assert await leader.redis.ttl(leader.keys.intent) == -1


async def test_a_command_that_changes_no_intent_leaves_it_alone(leader: Leader) -> None:
    await leader.send()
    assert await leader.queue.complete(await leader.take(), DONE) == 0
    assert await arun(leader.redis, read_intent(leader.sub)) is None


async def test_ending_twice_writes_the_intent_once(leader: Leader) -> None:
    await leader.send()
    queued = await leader.take()
    assert await leader.queue.complete(queued, DONE, Intent(True, None)) == 1
    assert await leader.queue.complete(queued, DONE, Intent(False, None)) == 0
    assert await arun(leader.redis, read_intent(leader.sub)) == Intent(True, None, revision=1)


async def test_a_vanished_intent_is_restored_and_a_newer_one_is_not_undone(leader: Leader) -> None:
    async def restore(intent: Intent) -> tuple[str, int]:
        return await arun(leader.redis, store_intent(leader.sub, leader.token, intent, restore=True))

    assert await restore(Intent(True, None, revision=5)) == ("stored", 5)
    assert await restore(Intent(False, None, revision=5)) == ("newer", 5)
    assert await restore(Intent(False, None, revision=4)) == ("newer", 5)
    stored = await arun(
        leader.redis, store_intent(leader.sub, leader.token, Intent(False, None, revision=2), restore=False)
    )
    assert stored == ("stored", 6)


# -- how long things are kept -----------------------------------------------------------------------------------------


async def test_a_record_is_kept_seven_days_from_its_end_and_for_ever_before(leader: Leader) -> None:
    await leader.send()
    key = leader.keys.command("c1")
    assert await leader.redis.ttl(key) == -1
    await leader.queue.complete(await leader.take(), DONE)
    assert RETENTION_SECONDS - 5 <= await leader.redis.ttl(key) <= RETENTION_SECONDS == 7 * 86_400


async def test_the_history_forgets_what_has_no_record_any_more(leader: Leader) -> None:
    now = await now_ms(leader)
    await leader.redis.zadd(leader.keys.history, {"ancient": now - 8 * DAY_MS, "recent": now - 6 * DAY_MS})
    await leader.send()
    await leader.queue.complete(await leader.take(), DONE)
    assert await leader.redis.zrange(leader.keys.history, 0, -1) == [b"recent", b"c1"]


async def test_events_are_capped(leader: Leader) -> None:
    pipeline = leader.redis.pipeline(transaction=False)
    for _ in range(EVENTS_LENGTH + 500):
        pipeline.xadd(leader.keys.events, {"message": "{}"})
    await pipeline.execute()
    seq = await arun(leader.redis, emit(leader.sub, leader.token, {"type": "error"}))
    assert await leader.redis.xlen(leader.keys.events) <= EVENTS_LENGTH + 200
    assert (await leader.events())[-1]["type"] == "error"
    newest: Any = await leader.redis.xrevrange(leader.keys.events, count=1)
    assert seq == newest[0][0].decode()


# -- the wire ---------------------------------------------------------------------------------------------------------


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
