"""The channel as a way in."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from runtime.bus.calls import arun
from runtime.bus.channel import copy_channel_to_stream
from runtime.bus.commands import QUEUE_FULL, submit
from runtime.bus.connections import AsyncRedis
from runtime.engine.ports.commands import CommandEnd
from runtime.protocol.answers import CommandState
from tests.runtime.bus.leading import DONE, Leader, a_leader, a_message

pytestmark = pytest.mark.stores


@asynccontextmanager
async def listeners(redis: AsyncRedis, sub: str, number: int = 1) -> AsyncIterator[None]:
    """So many engines hear the channel meanwhile."""
    heard = [asyncio.Event() for _ in range(number)]
    tasks = [asyncio.create_task(copy_channel_to_stream(redis, sub, event)) for event in heard]
    try:
        async with asyncio.timeout(10):
            await asyncio.gather(*(event.wait() for event in heard))
            yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def say(leader: Leader, message: str | bytes) -> int:
    return int(await leader.redis.publish(leader.keys.commands, message))


async def test_a_message_written_by_hand_gets_its_acknowledgement_and_result(leader: Leader) -> None:
    async with listeners(leader.redis, leader.sub):
        await say(leader, json.dumps({"id": "c1", "command": "status", "timestamp": 5, "source": "admin"}))
        await leader.queue.complete(await leader.take(), CommandEnd(DONE))
    assert [event["type"] for event in await leader.events()] == ["ack", "result"]


async def test_heard_by_several_engines_it_is_one_entry(leader: Leader) -> None:
    async with listeners(leader.redis, leader.sub, 5):
        for number in range(20):
            assert await say(leader, json.dumps(a_message(id=f"c{number}"))) == 5
        taken: list[str] = []
        while len(taken) < 20:
            taken += [queued.command.id for queued in await leader.receive()]
        # Whoever hears this one has worked off all before it.
        await say(leader, b"not JSON")
        while await leader.dropped() < 5:
            continue
    assert sorted(taken) == sorted(f"c{number}" for number in range(20))
    assert await leader.length() == 20


async def test_published_twice_and_submitted_too_it_is_one_command(leader: Leader) -> None:
    async with listeners(leader.redis, leader.sub):
        await say(leader, json.dumps(a_message()))
        queued = await leader.take()
        await leader.queue.complete(queued, CommandEnd(DONE))
        await say(leader, json.dumps(a_message()))
        assert (await leader.send()).verdict == "duplicate"
        await say(leader, b"not JSON")
        while not await leader.dropped():
            continue
    assert await leader.length() == 0


async def test_without_an_id_it_is_counted_and_dropped(leader: Leader) -> None:
    async with listeners(leader.redis, leader.sub):
        await say(leader, b'{"command":"pause"}')
        while not await leader.dropped():
            continue
    assert await leader.dropped() == 1
    assert await leader.length() == 0


async def test_unreadable_but_for_its_id_it_is_refused_with_the_reason(leader: Leader) -> None:
    async with listeners(leader.redis, leader.sub):
        await say(leader, b'{"id":"c1","id":"c1","command":"pause"}')
        while not await leader.length():
            continue
        while await leader.length():
            assert await leader.receive() == []
    record = await leader.ended()
    assert record.state is CommandState.REFUSED
    assert record.message == "the message can't be read: the key 'id' stands twice in one object"


async def test_in_a_full_queue_what_was_published_is_refused_and_a_pause_is_not(
    leader: Leader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runtime.bus.commands.submit.__kwdefaults__", {"from_channel": False, "limit": 2})
    for number in range(2):
        await leader.send(id=f"waiting-{number}")
    async with listeners(leader.redis, leader.sub):
        await say(leader, json.dumps(a_message(id="late")))
        await say(leader, json.dumps(a_message("pause", id="pause")))
        while await leader.length() < 3:
            continue
    record = await leader.ended("late")
    assert record.state is CommandState.REFUSED
    assert record.message == QUEUE_FULL
    assert record.message.startswith("queue_full")
    assert [event["outcome"] for event in await leader.events()] == ["refused"]
    assert [queued.command.id for queued in await leader.receive()] == ["waiting-0", "waiting-1", "pause"]


async def test_a_full_queue_tells_our_own_clients_who_may_try_the_same_id_again(leader: Leader) -> None:
    for number in range(3):
        await leader.send(id=f"waiting-{number}")
    refused = await leader.send(id="late", limit=3)
    assert (refused.verdict, refused.state) == ("queue_full", None)
    assert await leader.record("late") is None
    assert (await leader.send(id="pause", command="pause", limit=3)).verdict == "queued"
    assert (await leader.send(id="late", limit=5)).verdict == "queued"


async def test_the_real_limit_is_ten_thousand(leader: Leader) -> None:
    pipeline = leader.redis.pipeline(transaction=False)
    for number in range(9_999):
        pipeline.xadd(leader.keys.commands, {"message": f'{{"id":"w{number}"}}'})
    await pipeline.execute()
    call = submit(leader.sub, "last", "{}", is_pause=False)
    assert (await arun(leader.redis, call)).verdict == "queued"
    call = submit(leader.sub, "one-too-many", "{}", is_pause=False)
    assert (await arun(leader.redis, call)).verdict == "queue_full"
    await leader.redis.delete(leader.keys.commands)


async def test_a_listener_whose_connection_is_cut_hears_again(own_redis: AsyncRedis, sub: str) -> None:
    leader = await a_leader(own_redis, sub)
    async with listeners(own_redis, sub):
        (cut,) = [one["id"] for one in await own_redis.client_list(_type="pubsub")]
        await own_redis.client_kill_filter(_id=cut)
        # Said until it is heard: a connection that is being cut still counts as a listener for a moment.
        while not await leader.length():
            await say(leader, json.dumps(a_message()))
        assert (await leader.take()).command.id == "c1"
