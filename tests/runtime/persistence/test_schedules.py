"""Schedules between database and Redis: noted once, sent once, and by the leader alone."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest
from channels.db import database_sync_to_async
from django.db import OperationalError

from runtime.bus.calls import arun
from runtime.bus.clock import RedisClock
from runtime.bus.commands import server_time
from runtime.bus.connections import AsyncRedis, connect_async
from runtime.engine.ports.availability import LeaseLostError, SourceUnavailableError
from runtime.engine.ports.commands import CommandEnd
from runtime.engine.ports.schedules import Settled
from runtime.models import Schedule
from runtime.persistence.database import Fence
from runtime.persistence.schedules import KeptSchedules
from runtime.protocol.answers import CommandState
from runtime.protocol.records import CommandRecord
from runtime.services import find_command
from settingsapp.models import Identity
from settingsapp.services import create_identity
from tests.runtime.bus.leading import DONE, Leader, a_leader

pytestmark = [pytest.mark.stores, pytest.mark.django_db(transaction=True)]


@pytest.fixture
async def redis(redis_server: str) -> AsyncIterator[AsyncRedis]:
    client = connect_async(redis_server)
    yield client
    await client.aclose()


@pytest.fixture
async def identity() -> Identity:
    created: Identity = await database_sync_to_async(create_identity)()
    return created


@pytest.fixture
async def leader(redis: AsyncRedis, identity: Identity) -> Leader:
    return await a_leader(redis, identity.sub)


async def kept_by(leader: Leader) -> KeptSchedules:
    """The schedules as that leader follows them."""
    clock = RedisClock()
    clock.set(await arun(leader.redis, server_time()))
    return KeptSchedules(leader.redis, leader.sub, leader.token, Fence(leader.sub, leader.token), clock)


async def a_row(identity: Identity, **fields: object) -> Schedule:
    plain: dict[str, object] = {
        "name": "nightly",
        "command": "pause",
        "payload": {"minutes": 5},
        "cron": "0 22 * * *",
        "timezone": "UTC",
        "counts_from": 10,
    }
    return await Schedule.objects.acreate(identity=identity, **(plain | fields))


async def the_record(sub: str, command_id: str) -> CommandRecord:
    found: CommandRecord | None = await database_sync_to_async(find_command)(sub, command_id)
    assert found is not None
    return found


async def test_only_enabled_schedules_of_its_own_identity_are_followed(identity: Identity, leader: Leader) -> None:
    row = await a_row(identity, last_due=99)
    await a_row(identity, enabled=False)
    await a_row(await database_sync_to_async(create_identity)())
    (loaded,) = await (await kept_by(leader)).load()
    assert (loaded.id, loaded.command, loaded.payload) == (str(row.pk), "pause", {"minutes": 5})
    assert (loaded.settled, loaded.run_late, loaded.issued_by) == (99, False, "")


async def test_one_that_cannot_be_read_is_left_out_and_told_once(
    identity: Identity, leader: Leader, caplog: pytest.LogCaptureFixture
) -> None:
    sound = await a_row(identity)
    await a_row(identity, name="broken", cron="every day", timezone="Mars")
    kept = await kept_by(leader)
    for _ in range(2):
        assert [schedule.id for schedule in await kept.load()] == [str(sound.pk)]
    assert [record.message.split(":")[0] for record in caplog.records] == ["the schedule broken can't be followed"]


async def test_sent_twice_it_is_one_command_that_names_its_schedule(identity: Identity, leader: Leader) -> None:
    await a_row(identity)
    kept = await kept_by(leader)
    (schedule,) = await kept.load()
    assert not await kept.was_submitted(schedule, 1_000)
    assert await kept.submit(schedule, 1_000)
    assert await kept.submit(schedule, 1_000)
    assert await kept.was_submitted(schedule, 1_000)
    assert await leader.length() == 1
    record = await the_record(leader.sub, f"schedule:{schedule.id}:1000")
    assert (record.command, record.payload, record.source) == ("pause", {"minutes": 5}, "schedule")
    assert record.state is CommandState.QUEUED


async def test_what_became_of_a_due_time_is_kept_and_an_earlier_one_does_not_replace_it(
    identity: Identity, leader: Leader
) -> None:
    row = await a_row(identity)
    kept = await kept_by(leader)
    await kept.note(Settled(str(row.pk), 2_000, 2_010, "c2"))
    await kept.note(Settled(str(row.pk), 1_000, 9_999, "c1"))
    await row.arefresh_from_db()
    assert (row.last_due, row.last_run_at, row.last_command_id, row.settled) == (2_000, 2_010, "c2", 2_000)
    await kept.note(Settled(str(row.pk), 3_000, 3_010, "", "missed, and skipped"))
    await row.arefresh_from_db()
    assert (row.last_due, row.last_run_at, row.last_command_id) == (3_000, 2_010, "")
    assert (row.last_outcome, row.last_message) == ("skipped", "missed, and skipped")


async def test_a_replaced_leader_sends_nothing_and_notes_nothing(identity: Identity, leader: Leader) -> None:
    row = await a_row(identity)
    old = await kept_by(leader)
    (schedule,) = await old.load()
    new_leader = await leader.replaced_by()
    await Fence(leader.sub, new_leader.token).raise_()
    attempts: list[Callable[[], object]] = [
        lambda: old.submit(schedule, 1_000),
        lambda: old.note(Settled(schedule.id, 1_000, 1_000, "c1")),
    ]
    for attempt in attempts:
        with pytest.raises(LeaseLostError):
            await attempt()  # type: ignore[misc]
    assert await leader.length() == 0
    new = await kept_by(new_leader)
    assert await new.submit(schedule, 1_000)
    await new.note(Settled(schedule.id, 1_000, 1_000, schedule.command_id(1_000)))
    await row.arefresh_from_db()
    assert row.last_due == 1_000
    assert await leader.length() == 1


async def test_two_leaders_that_send_at_once_make_one_command(identity: Identity, leader: Leader) -> None:
    await a_row(identity)
    kept = await kept_by(leader)
    (schedule,) = await kept.load()
    await asyncio.gather(*(kept.submit(schedule, 1_000) for _ in range(20)))
    assert await leader.length() == 1


async def test_a_queue_without_room_is_told_and_pause_goes_in_all_the_same(
    identity: Identity, leader: Leader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runtime.bus.leader_calls.MOST_WAITING", 0)
    await a_row(identity, command="status", payload={})
    await a_row(identity)
    kept = await kept_by(leader)
    sent = {schedule.command: await kept.submit(schedule, 1_000) for schedule in await kept.load()}
    assert sent == {"status": False, "pause": True}


async def test_the_result_is_copied_once_the_command_has_ended(identity: Identity, leader: Leader) -> None:
    row = await a_row(identity)
    kept = await kept_by(leader)
    (schedule,) = await kept.load()
    await kept.submit(schedule, 1_000)
    await kept.note(Settled(schedule.id, 1_000, 1_000, schedule.command_id(1_000)))
    await kept.load()
    await row.arefresh_from_db()
    assert row.last_outcome == ""
    await leader.queue.complete(await leader.take(), CommandEnd(DONE))
    await kept.load()
    await row.arefresh_from_db()
    assert (row.last_outcome, row.last_message) == ("succeeded", DONE.message)


async def test_without_redis_the_schedules_are_read_all_the_same(identity: Identity, leader: Leader) -> None:
    await a_row(identity, last_command_id="c1", last_due=1)
    nowhere = connect_async("redis://127.0.0.1:1")
    kept = KeptSchedules(nowhere, leader.sub, leader.token, Fence(leader.sub, leader.token), RedisClock())
    assert len(await kept.load()) == 1
    await nowhere.aclose()


async def test_without_the_database_the_trouble_has_its_name(
    identity: Identity, leader: Leader, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise OperationalError("connection refused")

    kept = await kept_by(leader)
    monkeypatch.setattr(Fence, "check", away)
    with pytest.raises(SourceUnavailableError, match="connection refused"):
        await kept.note(Settled("c0ffee00-0000-0000-0000-000000000000", 1, 1, "c1"))


async def test_a_command_that_no_engine_knows_is_refused_where_everybody_looks(
    identity: Identity, leader: Leader
) -> None:
    await a_row(identity, command="dance", payload={})
    kept = await kept_by(leader)
    (schedule,) = await kept.load()
    await kept.submit(schedule, 1_000)
    assert await leader.receive() == []
    record = await the_record(leader.sub, schedule.command_id(1_000))
    assert record.state is CommandState.REFUSED
    assert "'dance' is not a command" in record.message
