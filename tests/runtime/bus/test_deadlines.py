"""When a command is too late, by Redis's clock."""

import pytest

from runtime.engine.ports.commands import CommandEnd, Start
from runtime.protocol.answers import CommandState
from tests.runtime.bus.leading import DAY_MS, DONE, Leader, now_ms, until_past

pytestmark = pytest.mark.stores


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
    await heir.queue.complete(again, CommandEnd(DONE))
    assert (await heir.ended()).state is CommandState.SUCCEEDED
