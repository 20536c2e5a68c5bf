"""The leader's task: what is due is sent once, whatever is away and whoever died."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from runtime.engine.ports.availability import LeaseLostError
from runtime.engine.ports.schedules import Schedule, Settled
from runtime.engine.scheduling import Scheduling
from runtime.engine.timetable import GRACE_MS, read_timetable
from tests.runtime.fake_clock import FakeClock
from tests.runtime.fakes.engine import FakeWorld
from tests.runtime.fakes.schedules import FakeSchedules, a_schedule

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
TEN = 1_790_028_000_000
"""2026-09-21, 22:00 UTC, ms."""
EVERY = 2.0


def daily(**fields: object) -> Schedule:
    """Due each day at 22:00 UTC; made on the day before TEN, at noon."""
    return a_schedule(**{"settled": TEN - 34 * HOUR} | fields)  # type: ignore[arg-type]


class Leader:
    """One leader's task over fakes, which goes one look at a time."""

    def __init__(self, schedules: FakeSchedules, now: int, patience: float = 5.0) -> None:
        self.schedules = schedules
        self.clock = FakeClock(now)
        self.told: list[str] = []
        self.slept: list[float] = []
        self._slept = asyncio.Condition()
        self._go_on = asyncio.Semaphore(0)
        self.scheduling = Scheduling(schedules, self.clock, self._tell, self._sleep, EVERY, patience)

    async def _tell(self, level: str, origin: str, message: str) -> None:
        self.told.append(f"{level} {origin} {message}")

    async def _sleep(self, seconds: float) -> None:
        async with self._slept:
            self.slept.append(seconds)
            self._slept.notify_all()
        await self._go_on.acquire()

    async def looked(self, times: int = 1) -> None:
        """Wait until it has looked so often in all."""
        async with asyncio.timeout(10), self._slept:
            await self._slept.wait_for(lambda: len(self.slept) >= times)

    async def look_again(self, at: int | None = None) -> None:
        """Let it look once more, at a moment."""
        if at is not None:
            self.clock.suspend((at - self.clock.now_ms()) / 1000)
        before = len(self.slept)
        self._go_on.release()
        await self.looked(before + 1)


@asynccontextmanager
async def leading(schedules: FakeSchedules, now: int, patience: float = 5.0) -> AsyncIterator[Leader]:
    """A leader that has looked once; it is gone in the end without a word."""
    leader = Leader(schedules, now, patience)
    task = asyncio.create_task(leader.scheduling.run())
    try:
        await leader.looked()
        yield leader
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_at_its_time_a_command_is_sent_and_noted_and_not_a_moment_before() -> None:
    schedules = FakeSchedules(daily(settled=TEN - HOUR))
    async with leading(schedules, TEN - 1_500) as leader:
        assert schedules.queue == []
        assert leader.slept == [1.5], "it sleeps until the due time where that comes before the next look"
        await leader.look_again(TEN)
        await leader.look_again(TEN + 2_000)
        await leader.look_again(TEN + DAY)
    assert schedules.queue == [f"schedule:s1:{TEN}", f"schedule:s1:{TEN + DAY}"]
    assert schedules.notes[0] == Settled("s1", TEN, TEN, f"schedule:s1:{TEN}")


async def test_the_next_leader_does_not_send_again_what_was_noted() -> None:
    schedules = FakeSchedules(daily(settled=TEN - HOUR))
    for _ in range(2):
        async with leading(schedules, TEN):
            pass
    assert schedules.attempts == [f"schedule:s1:{TEN}"]


async def test_killed_between_the_two_the_next_leader_finds_the_command_by_its_id() -> None:
    schedules = FakeSchedules(daily(settled=TEN - HOUR))
    async with leading(schedules, TEN - 2_000) as leader:
        schedules.lose_database()
        await leader.look_again(TEN)
        assert schedules.queue == [f"schedule:s1:{TEN}"]
        assert schedules.notes == []
    schedules.database_trouble = None
    async with leading(schedules, TEN + 20_000):
        pass
    assert schedules.queue == [f"schedule:s1:{TEN}"]
    assert [note.command_id for note in schedules.notes] == [f"schedule:s1:{TEN}"]


async def test_found_late_what_was_sent_is_noted_as_that_and_not_called_skipped() -> None:
    schedules = FakeSchedules(daily(settled=TEN - HOUR))
    schedules.queue.append(f"schedule:s1:{TEN}")
    async with leading(schedules, TEN + HOUR) as leader:
        assert leader.told == []
    assert [note.command_id for note in schedules.notes] == [f"schedule:s1:{TEN}"]


async def test_while_the_database_is_away_what_is_known_runs_and_is_noted_later() -> None:
    schedules = FakeSchedules(daily(settled=TEN - HOUR), daily(id="s2", settled=TEN - HOUR))
    async with leading(schedules, TEN - 2_000) as leader:
        schedules.lose_database()
        await leader.look_again(TEN)
        await leader.look_again(TEN + 2_000)
        await leader.look_again(TEN + DAY)
        assert schedules.queue == [f"schedule:{i}:{t}" for t in (TEN, TEN + DAY) for i in ("s1", "s2")]
        assert schedules.notes == []
        schedules.database_trouble = None
        await leader.look_again()
    assert {(note.schedule_id, note.due) for note in schedules.notes} == {("s1", TEN + DAY), ("s2", TEN + DAY)}


async def test_a_database_that_does_not_answer_keeps_nothing_waiting() -> None:
    class Hanging(FakeSchedules):
        answers = asyncio.Event()

        async def load(self) -> list[Schedule]:
            await self.answers.wait()
            return list(await super().load())

    schedules = Hanging(daily(settled=TEN - HOUR))
    schedules.answers.set()
    async with leading(schedules, TEN - 2_000, patience=0.01) as leader:
        schedules.answers.clear()
        await leader.look_again(TEN)
        await leader.look_again(TEN + 2_000)
        assert schedules.queue == [f"schedule:s1:{TEN}"]
        schedules.answers.set()
        schedules.save(daily(id="s2", timetable=read_timetable("5 22 * * *", None, "UTC"), settled=TEN))
        await leader.look_again(TEN + 4_000)
        await leader.look_again(TEN + 5 * MINUTE)
    assert schedules.queue == [f"schedule:s1:{TEN}", f"schedule:s2:{TEN + 5 * MINUTE}"]


async def test_while_redis_is_away_a_run_waits_and_is_made_up_for_within_the_grace() -> None:
    schedules = FakeSchedules(daily(settled=TEN - HOUR))
    schedules.lose_redis()
    async with leading(schedules, TEN) as leader:
        assert leader.slept == [EVERY]
        schedules.redis_trouble = None
        await leader.look_again(TEN + GRACE_MS)
    assert schedules.queue == [f"schedule:s1:{TEN}"]


async def test_a_queue_without_room_is_tried_again_and_keeps_the_others_not_waiting() -> None:
    schedules = FakeSchedules(daily(settled=TEN - HOUR), daily(id="s2", settled=TEN - HOUR))
    schedules.room = False
    async with leading(schedules, TEN) as leader:
        assert schedules.attempts == [f"schedule:s1:{TEN}", f"schedule:s2:{TEN}"]
        assert schedules.notes == []
        schedules.room = True
        await leader.look_again()
    assert schedules.queue == [f"schedule:s1:{TEN}", f"schedule:s2:{TEN}"]


async def test_a_run_that_was_missed_is_skipped_and_its_owner_is_told() -> None:
    schedules = FakeSchedules(daily())
    async with leading(schedules, TEN + GRACE_MS + 1) as leader:
        await leader.look_again(TEN + DAY)
        assert leader.told == [
            "warning schedules nightly: missed at 2026-09-21 22:00 (UTC), and skipped as the schedule says"
        ]
    assert schedules.queue == [f"schedule:s1:{TEN + DAY}"]
    assert (schedules.notes[0].due, schedules.notes[0].command_id) == (TEN, "")


async def test_or_it_runs_late_once_and_only_the_latest_of_several() -> None:
    schedules = FakeSchedules(daily(run_late=True, settled=TEN - 9 * DAY))
    async with leading(schedules, TEN + 3 * HOUR) as leader:
        await leader.look_again()
        assert leader.told == []
    assert schedules.queue == [f"schedule:s1:{TEN}"]


async def test_of_two_that_were_missed_the_later_one_has_the_last_word() -> None:
    evening = daily(id="z", run_late=True)
    morning = daily(id="a", run_late=True, timetable=read_timetable("0 7 * * *", None, "UTC"))
    schedules = FakeSchedules(morning, evening)
    async with leading(schedules, TEN + 10 * HOUR):
        pass
    assert schedules.queue == [f"schedule:z:{TEN}", f"schedule:a:{TEN + 9 * HOUR}"]


async def test_one_time_runs_once() -> None:
    schedules = FakeSchedules(a_schedule(at=TEN))
    async with leading(schedules, TEN) as leader:
        await leader.look_again(TEN + DAY)
        assert leader.slept == [EVERY, EVERY]
    assert schedules.attempts == [f"schedule:s1:{TEN}"]


async def test_a_change_counts_with_the_next_look() -> None:
    schedules = FakeSchedules(daily(settled=TEN - HOUR))
    async with leading(schedules, TEN - 10_000) as leader:
        earlier = read_timetable("", TEN - 9_000, "UTC")
        schedules.save(replace(daily(), timetable=earlier, settled=TEN - 9_500))
        await leader.look_again(TEN - 8_000)
        assert schedules.queue == [f"schedule:s1:{TEN - 9_000}"]
        del schedules.saved["s1"]
        await leader.look_again(TEN)
    assert len(schedules.queue) == 1


async def test_a_clock_that_is_put_back_brings_nothing_twice() -> None:
    schedules = FakeSchedules(daily(settled=TEN - HOUR))
    async with leading(schedules, TEN) as leader:
        await leader.look_again(TEN - MINUTE)
        await leader.look_again(TEN + 1_000)
    assert schedules.attempts == [f"schedule:s1:{TEN}"]


@pytest.mark.parametrize("where", ["submit", "note"])
async def test_who_has_lost_the_lease_stops(where: str) -> None:
    schedules = FakeSchedules(daily(settled=TEN - HOUR))
    lost = LeaseLostError("another engine leads")
    if where == "submit":
        schedules.redis_trouble = lost
    else:

        async def refused(settled: Settled) -> None:
            raise lost

        schedules.note = refused  # type: ignore[method-assign]
    with pytest.raises(LeaseLostError):
        async with asyncio.timeout(10):
            await Leader(schedules, TEN).scheduling.run()


async def test_a_whole_engine_follows_its_schedules() -> None:
    world = FakeWorld()
    world.schedules.save(a_schedule(at=world.clock.now_ms()))
    async with world.running():
        await world.outbox.until(lambda: world.schedules.notes)
    assert len(world.schedules.queue) == 1
