"""What stays in Redis: the intent, and records, history and events for as long as they should."""

from typing import Any

import pytest

from runtime.bus.calls import arun
from runtime.bus.commands import EVENTS_LENGTH, RETENTION_SECONDS
from runtime.bus.leader_calls import emit, read_intent, store_intent
from runtime.engine.ports.commands import CommandEnd, Intent
from settingsapp.schema.vocabulary import Mode
from tests.runtime.bus.leading import DAY_MS, DONE, Leader, now_ms

pytestmark = pytest.mark.stores


# -- intent --------------------------------------------------------------------------------------------------


async def test_the_intent_is_written_with_the_end_and_its_revision_rises(leader: Leader) -> None:
    intents = [Intent(True, Mode.SCALPER_MACDV, 123), Intent(False, None)]
    for number, intent in enumerate(intents):
        await leader.send(id=f"c{number}")
        assert await leader.queue.complete(await leader.take(), CommandEnd(DONE, intent)) == number + 1
        kept = await arun(leader.redis, read_intent(leader.sub))
        assert kept == Intent(intent.paused, intent.mode, intent.paused_until, number + 1)
    assert await leader.redis.ttl(leader.keys.intent) == -1


async def test_a_command_that_changes_no_intent_leaves_it_alone(leader: Leader) -> None:
    await leader.send()
    assert await leader.queue.complete(await leader.take(), CommandEnd(DONE)) == 0
    assert await arun(leader.redis, read_intent(leader.sub)) is None


async def test_ending_twice_writes_the_intent_once(leader: Leader) -> None:
    await leader.send()
    queued = await leader.take()
    assert await leader.queue.complete(queued, CommandEnd(DONE, Intent(True, None))) == 1
    assert await leader.queue.complete(queued, CommandEnd(DONE, Intent(False, None))) == 0
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


# -- how long things are kept --------------------------------------------------------------------------------


async def test_a_record_is_kept_seven_days_from_its_end_and_for_ever_before(leader: Leader) -> None:
    await leader.send()
    key = leader.keys.command("c1")
    assert await leader.redis.ttl(key) == -1
    await leader.queue.complete(await leader.take(), CommandEnd(DONE))
    assert RETENTION_SECONDS - 5 <= await leader.redis.ttl(key) <= RETENTION_SECONDS == 7 * 86_400


async def test_the_history_forgets_what_has_no_record_any_more(leader: Leader) -> None:
    now = await now_ms(leader)
    await leader.redis.zadd(leader.keys.history, {"ancient": now - 8 * DAY_MS, "recent": now - 6 * DAY_MS})
    await leader.send()
    await leader.queue.complete(await leader.take(), CommandEnd(DONE))
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
