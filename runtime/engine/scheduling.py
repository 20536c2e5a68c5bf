"""Schedules: the leader sends each due command once, also while the database is away, and keeps what became of it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from runtime.engine.ending import end
from runtime.engine.ports.availability import SourceUnavailableError
from runtime.engine.ports.clock import Clock
from runtime.engine.ports.schedules import Schedule, Schedules, Settled
from runtime.engine.timetable import Due, due, next_due

log = logging.getLogger(__name__)

PATIENCE_SECONDS: Final = 1.0
"""So long is the database waited for before what is known already is followed."""

Tell = Callable[[str, str, str], Awaitable[None]]


class Scheduling:
    """Follows the schedules of one identity for as long as its engine leads.

    What was dealt with is kept here at once and in the database as soon as that can be reached. An engine that dies
    between the two leaves the command's record, by which the next one knows.
    """

    def __init__(
        self,
        schedules: Schedules,
        clock: Clock,
        tell: Tell,
        sleep: Callable[[float], Awaitable[None]],
        every: float,
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        self._schedules = schedules
        self._clock = clock
        self._tell = tell
        self._sleep = sleep
        self._every = every
        self._patience = patience
        self._known: dict[str, Schedule] = {}
        self._settled: dict[str, int] = {}
        """The last due time that this engine has dealt with, by schedule."""
        self._unnoted: dict[str, Settled] = {}
        self._exchange: asyncio.Task[None] | None = None
        self._problem = ""

    async def run(self) -> None:
        """Look every few seconds, and at each due time."""
        try:
            while True:
                await self._exchange_with_database()
                await self._send_what_is_due()
                if self._unnoted:
                    await self._exchange_with_database()
                await self._sleep(self._until_next_look())
        finally:
            if self._exchange is not None:
                await end((self._exchange,))

    async def _exchange_with_database(self) -> None:
        """Note and read, but wait no longer than the patience: a database that is away may answer very slowly."""
        if self._exchange is None:
            self._exchange = asyncio.create_task(self._note_and_read(), name="schedules' database")
        await asyncio.wait([self._exchange], timeout=self._patience)
        if not self._exchange.done():
            self._note_problem("the database does not answer")
            return
        exchange, self._exchange = self._exchange, None
        try:
            await exchange
        except SourceUnavailableError as error:
            self._note_problem(str(error))
        else:
            self._problem = ""

    async def _note_and_read(self) -> None:
        for settled in tuple(self._unnoted.values()):
            await self._schedules.note(settled)
            if self._unnoted.get(settled.schedule_id) is settled:
                del self._unnoted[settled.schedule_id]
        self._known = {schedule.id: schedule for schedule in await self._schedules.load()}
        self._settled = {known: moment for known, moment in self._settled.items() if known in self._known}

    async def _send_what_is_due(self) -> None:
        now = self._clock.now_ms()
        come = [(found, schedule) for schedule in self._known.values() if (found := self._due(schedule, now))]
        # In the order of their times: of two that were missed the later one has the last word.
        for found, schedule in sorted(come, key=lambda pair: (pair[0].at, pair[1].id)):
            try:
                await self._settle(schedule, found, now)
            except SourceUnavailableError as error:
                log.warning("the schedule %s could not be followed, trying again: %s", schedule.name, error)
                return

    async def _settle(self, schedule: Schedule, found: Due, now: int) -> None:
        if found.missed and not schedule.run_late and not await self._schedules.was_submitted(schedule, found.at):
            why = f"missed at {_shown(found.at, schedule)}, and skipped as the schedule says"
            self._keep(Settled(schedule.id, found.at, now, "", why))
            await self._tell("warning", "schedules", f"{schedule.name}: {why}")
            return
        if not await self._schedules.submit(schedule, found.at):
            log.warning(
                "the queue has no room for %s of the schedule %s, trying again", schedule.command, schedule.name
            )
            return
        self._keep(Settled(schedule.id, found.at, now, schedule.command_id(found.at)))
        log.info("sent %s for the schedule %s", schedule.command, schedule.name)

    def _keep(self, settled: Settled) -> None:
        self._settled[settled.schedule_id] = settled.due
        self._unnoted[settled.schedule_id] = settled

    def _due(self, schedule: Schedule, now: int) -> Due | None:
        return due(schedule.timetable, self._settled_until(schedule), now)

    def _settled_until(self, schedule: Schedule) -> int:
        return max(schedule.settled, self._settled.get(schedule.id, 0))

    def _until_next_look(self) -> float:
        """Return seconds; what is overdue since it could not be sent waits for the next regular look."""
        now = self._clock.now_ms()
        coming = (next_due(schedule.timetable, self._settled_until(schedule)) for schedule in self._known.values())
        ahead = [moment - now for moment in coming if moment is not None and moment > now]
        return min([self._every, *(wait / 1000 for wait in ahead)])

    def _note_problem(self, problem: str) -> None:
        if self._problem != problem:
            log.warning("following the schedules known so far: %s", problem)
        self._problem = problem


def _shown(moment: int, schedule: Schedule) -> str:
    zone = schedule.timetable.zone
    return f"{datetime.fromtimestamp(moment / 1000, ZoneInfo(zone)):%Y-%m-%d %H:%M} ({zone})"
