"""Schedules as they are saved, and what becomes of their due times."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from runtime.engine.timetable import Timetable

SOURCE: Final = "schedule"
"""The source of commands that a schedule sends."""


@dataclass(frozen=True)
class Schedule:
    """A command for times to come, as the leader follows it. Moments are ms by Redis's clock."""

    id: str
    name: str
    command: str
    payload: Mapping[str, object]
    issued_by: str
    timetable: Timetable
    run_late: bool
    """What was missed is run late; otherwise it is skipped."""
    settled: int
    """Due times up to here are dealt with, or never counted."""

    def command_id(self, due: int) -> str:
        """Return the id of the command for a due time: the same for every engine, so that it is one command."""
        return f"schedule:{self.id}:{due}"


@dataclass(frozen=True)
class Settled:
    """A due time that was dealt with. `command_id`: what was sent for it, empty where it was skipped."""

    schedule_id: str
    due: int
    at: int
    command_id: str
    message: str = ""
    """Why it was skipped."""


class Schedules(Protocol):
    """The schedules and the way into the queue. All methods raise LeaseLostError, and SourceUnavailableError where the
    store that they need can't be reached.
    """

    async def load(self) -> Sequence[Schedule]:
        """Return the enabled schedules; needs the database."""

    async def note(self, settled: Settled) -> None:
        """Keep what became of a due time, unless a later one is noted already; needs the database."""

    async def submit(self, schedule: Schedule, due: int) -> bool:
        """Put the command for a due time into the queue, once; False where that has no room. Needs Redis."""

    async def was_submitted(self, schedule: Schedule, due: int) -> bool:
        """Tell whether the command for a due time was sent before; needs Redis."""
