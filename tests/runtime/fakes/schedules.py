"""Schedules without a database and without a queue."""

from collections.abc import Sequence
from dataclasses import replace

from runtime.engine.ports.availability import SourceUnavailableError
from runtime.engine.ports.schedules import Schedule, Settled
from runtime.engine.timetable import read_timetable


def a_schedule(cron: str = "0 22 * * *", zone: str = "UTC", **fields: object) -> Schedule:
    """A daily pause at 22:00 UTC that has dealt with nothing yet, changed by `fields`; `at` makes it a single time."""
    at = fields.pop("at", None)
    assert at is None or isinstance(at, int)
    plain = Schedule(
        id="s1",
        name="nightly",
        command="pause",
        payload={},
        issued_by="ada",
        timetable=read_timetable("" if at is not None else cron, at, zone),
        run_late=False,
        settled=0,
    )
    return replace(plain, **fields)  # type: ignore[arg-type]


class FakeSchedules:
    """Keeps schedules, what was noted of them, and a queue that takes each id once."""

    def __init__(self, *saved: Schedule) -> None:
        self.saved = {schedule.id: schedule for schedule in saved}
        self.queue: list[str] = []
        """The ids of the commands that were sent, each once."""
        self.attempts: list[str] = []
        self.notes: list[Settled] = []
        self.database_trouble: Exception | None = None
        self.redis_trouble: Exception | None = None
        self.room = True

    def lose_database(self) -> None:
        self.database_trouble = SourceUnavailableError("the database does not answer")

    def lose_redis(self) -> None:
        self.redis_trouble = SourceUnavailableError("Redis does not answer")

    def save(self, schedule: Schedule) -> None:
        """Change a schedule, as its owner would."""
        self.saved[schedule.id] = schedule

    async def load(self) -> Sequence[Schedule]:
        self._raise(self.database_trouble)
        return list(self.saved.values())

    async def note(self, settled: Settled) -> None:
        self._raise(self.database_trouble)
        self.notes.append(settled)
        kept = self.saved.get(settled.schedule_id)
        if kept is not None and kept.settled < settled.due:
            self.saved[kept.id] = replace(kept, settled=settled.due)

    async def submit(self, schedule: Schedule, due: int) -> bool:
        self._raise(self.redis_trouble)
        command_id = schedule.command_id(due)
        self.attempts.append(command_id)
        if not self.room:
            return False
        if command_id not in self.queue:
            self.queue.append(command_id)
        return True

    async def was_submitted(self, schedule: Schedule, due: int) -> bool:
        self._raise(self.redis_trouble)
        return schedule.command_id(due) in self.queue

    def _raise(self, trouble: Exception | None) -> None:
        if trouble is not None:
            raise trouble
