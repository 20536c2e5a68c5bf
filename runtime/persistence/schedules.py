"""Schedules: what is wanted and what became of it in the database, their commands in Redis."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any, Final

from django.db import transaction
from django.db.models import Q

from runtime.bus import leader_calls
from runtime.bus.calls import arun, arun_all
from runtime.bus.clock import RedisClock
from runtime.bus.commands import record
from runtime.bus.connections import AsyncRedis, RedisUnavailableError
from runtime.engine.ports.schedules import SOURCE, Schedule, Settled
from runtime.engine.timetable import InvalidTimetableError, read_timetable
from runtime.models import Missed
from runtime.models import Schedule as Row
from runtime.persistence.database import Fence, off_loop
from runtime.protocol.payloads import CommandName
from runtime.protocol.records import CommandRecord
from settingsapp.schema import strict_json

log = logging.getLogger(__name__)

SKIPPED: Final = "skipped"
"""Stands as the outcome of a run that was missed and is not made up for."""


class KeptSchedules:
    """Implements runtime.engine.ports.schedules.Schedules."""

    def __init__(self, redis: AsyncRedis, sub: str, token: str, fence: Fence, clock: RedisClock) -> None:
        self._redis = redis
        self._sub = sub
        self._token = token
        self._fence = fence
        self._clock = clock
        self._unreadable: frozenset[str] = frozenset()

    async def load(self) -> Sequence[Schedule]:
        """Also keeps a copy of results that came since: records end after seven days, a schedule may run yearly."""
        rows, unfinished = await off_loop(self._read, beside_writes=True)()
        await self._copy_outcomes(unfinished)
        found, unreadable = [], set()
        for row in rows:
            try:
                found.append(_schedule(row))
            except InvalidTimetableError as error:
                unreadable.add(f"the schedule {row.name} can't be followed: {error}")
        for told in sorted(unreadable - self._unreadable):
            log.warning(told)
        self._unreadable = frozenset(unreadable)
        return found

    async def note(self, settled: Settled) -> None:
        await off_loop(self._note)(settled)

    async def submit(self, schedule: Schedule, due: int) -> bool:
        command_id = schedule.command_id(due)
        # As it is kept: should an engine no longer know the command, its result says so where everybody looks.
        message = {
            "id": command_id,
            "command": schedule.command,
            "payload": dict(schedule.payload),
            "timestamp": self._clock.now_ms(),
            "source": SOURCE,
            "issuedBy": schedule.issued_by,
        }
        is_pause = schedule.command == CommandName.PAUSE
        verdict = await arun(
            self._redis,
            leader_calls.submit(self._sub, self._token, command_id, strict_json.encode(message), is_pause=is_pause),
        )
        return verdict != "queue_full"

    async def was_submitted(self, schedule: Schedule, due: int) -> bool:
        return await arun(self._redis, record(self._sub, schedule.command_id(due))) is not None

    async def _copy_outcomes(self, unfinished: Sequence[str]) -> None:
        try:
            records = await arun_all(self._redis, [record(self._sub, command_id) for command_id in unfinished])
        except RedisUnavailableError:
            return
        ended = [found for found in records if found is not None and found.state.is_final]
        if ended:
            await off_loop(self._write_outcomes)(ended)

    def _read(self) -> tuple[list[Row], list[str]]:
        own = Row.objects.filter(identity__sub=self._sub)
        unfinished = own.exclude(last_command_id="").filter(last_outcome="").values_list("last_command_id", flat=True)
        return list(own.filter(enabled=True).select_related("created_by")), list(unfinished)

    @transaction.atomic
    def _note(self, settled: Settled) -> None:
        self._fence.check()
        what: Mapping[str, Any] = {
            "last_due": settled.due,
            "last_command_id": settled.command_id,
            "last_outcome": "" if settled.command_id else SKIPPED,
            "last_message": settled.message,
        }
        ran = {"last_run_at": settled.at} if settled.command_id else {}
        unnoted = Q(last_due=None) | Q(last_due__lt=settled.due)
        Row.objects.filter(unnoted, pk=settled.schedule_id).update(**what, **ran)

    @transaction.atomic
    def _write_outcomes(self, ended: Sequence[CommandRecord]) -> None:
        self._fence.check()
        for found in ended:
            rows = Row.objects.filter(identity__sub=self._sub, last_command_id=found.id)
            rows.update(last_outcome=found.state.value, last_message=found.message)


def _schedule(row: Row) -> Schedule:
    """Raises InvalidTimetableError, which only an edit of the database can bring about, or a zone that is gone."""
    return Schedule(
        id=str(row.pk),
        name=row.name,
        command=row.command,
        payload=row.payload if isinstance(row.payload, dict) else {},
        issued_by=row.created_by.get_username() if row.created_by else "",
        timetable=read_timetable(row.cron, row.at, row.timezone),
        run_late=row.missed == Missed.RUN_LATE,
        settled=row.settled,
    )
