"""What an earlier leader had taken, and what is left when Redis loses everything: nothing is forgotten."""

import pytest

from runtime.bus.calls import Call
from runtime.bus.connections import AsyncRedis, RedisUnavailableError
from runtime.bus.leader_queue import LeaderQueue
from runtime.engine.ports.commands import CommandEnd, Intent, Start
from runtime.protocol.answers import CommandState
from tests.runtime.bus.leading import DONE, Leader, a_leader

pytestmark = pytest.mark.stores


# -- what an earlier leader had taken ------------------------------------------------------------------------


async def test_a_new_leader_finds_what_the_old_one_had_taken_with_one_acknowledgement(leader: Leader) -> None:
    await leader.send()
    await leader.take()
    heir = await leader.replaced_by()
    queued = await heir.take()
    await heir.queue.complete(queued, CommandEnd(DONE))
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
    real = LeaderQueue._ending

    def away(*_: object) -> Call[tuple[str, int]]:
        raise RedisUnavailableError("gone")

    monkeypatch.setattr(LeaderQueue, "_ending", away)
    with pytest.raises(RedisUnavailableError):
        await leader.receive()
    monkeypatch.setattr(LeaderQueue, "_ending", real)
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


# -- Redis loses everything ----------------------------------------------------------------------------------


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
    assert await leader.queue.complete(queued, CommandEnd(DONE, Intent(True, None, revision=8))) == 9
    record = await leader.ended()
    assert (record.state, record.command) == (CommandState.SUCCEEDED, "pause")
    assert [event["type"] for event in await leader.events()] == ["result"]
