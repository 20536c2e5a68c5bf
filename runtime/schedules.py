"""Schedules as their owners make them: the one way to write them, for the admin and the API alike."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from django.contrib.admin.models import ADDITION, CHANGE, DELETION, LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.db import transaction

from runtime import services
from runtime.bus.calls import run
from runtime.bus.commands import server_time
from runtime.bus.connections import RedisUnavailableError, client
from runtime.engine.timetable import (
    GRACE_MS,
    InvalidTimetableError,
    Timetable,
    is_zone,
    next_due,
    read_local,
    read_timetable,
    upcoming,
)
from runtime.models import Missed, Schedule
from runtime.permissions import role_needed
from runtime.protocol.commands import InvalidCommandError, command_name, parse_payload
from runtime.protocol.payloads import CommandName
from settingsapp.accounts import Role
from settingsapp.models import Identity, UserSettings
from settingsapp.schema import strict_json
from settingsapp.schema.problems import FieldProblem
from settingsapp.schema.vocabulary import Mode

MOST: Final = 100
"""So many schedules one identity may have."""
FURTHEST_YEARS: Final = 10
_YEAR_MS: Final = 366 * 24 * 3_600_000


class InvalidScheduleError(Exception):
    """A schedule that can't be followed as it was written. The text says what would be right."""

    def __init__(self, problems: Iterable[FieldProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(f"{problem.path}: {problem.message}" for problem in self.problems))


class TooManySchedulesError(Exception):
    """There is no room for another one; the text says what to do."""


class State(StrEnum):
    """Where a schedule stands."""

    WAITING = "waiting"
    OVERDUE = "overdue"
    """Its time has come, and no engine has seen to it yet."""
    DONE = "done"
    """Nothing is left to come."""
    DISABLED = "disabled"
    UNREADABLE = "unreadable"
    """When it is due can't be read from it: somebody has edited the database, or its time zone is gone."""


@dataclass(frozen=True)
class Wanted:
    """A schedule as somebody asks for it, before it is checked.

    `at`: ms UTC as a number, or a text as people write it (see runtime.engine.timetable.read_local), in `timezone` if
    it says no other.
    """

    name: str = ""
    command: str = ""
    payload: Mapping[str, Any] = field(default_factory=dict)
    cron: str = ""
    timezone: str = "UTC"
    at: object = None
    enabled: bool = True
    missed: str = Missed.SKIP.value

    @classmethod
    def as_in(cls, row: Schedule) -> "Wanted":
        """Return what is wanted by a schedule that there is."""
        payload = row.payload if isinstance(row.payload, dict) else {}
        return cls(row.name, row.command, payload, row.cron, row.timezone, row.at, row.enabled, str(row.missed))


@dataclass(frozen=True)
class LastRun:
    """What happened last. `outcome` is empty while that is not known; `skipped` of a run that was missed."""

    at: int | None
    command_id: str
    outcome: str
    message: str


def role_to_write(command: str, payload: Mapping[str, Any] | None = None) -> Role:
    """Return the role that it takes to schedule a command: the one to send it, and at least an operator's."""
    needed = role_needed(command, payload)
    return needed if needed.permits(Role.OPERATOR) else Role.OPERATOR


def check(wanted: Wanted, now: int, before: Wanted | None = None) -> Wanted:
    """Return what is wanted in the form in which it is kept. Raises InvalidScheduleError with every problem found.

    `before`: what it was until now; a time that has passed may stay, but it can't be given or enabled anew.
    """
    problems: list[FieldProblem] = []
    name = wanted.name.strip()
    if not 1 <= len(name) <= Schedule.LONGEST_NAME or not name.isprintable():
        problems.append(FieldProblem("name", f"a text of 1 to {Schedule.LONGEST_NAME} characters in one line"))
    payload = _checked_payload(wanted, problems)
    if wanted.missed not in Missed.values:
        problems.append(FieldProblem("missed", f"one of {', '.join(Missed.values)}"))
    at = _moment(wanted, problems)
    cron = ""
    try:
        cron = read_timetable(wanted.cron.strip(), at, wanted.timezone).cron
    except InvalidTimetableError as error:
        # Whether there is a time at all can't be said of one that could not be read.
        unread = at is None and wanted.at not in (None, "")
        problems += [
            problem for problem in error.problems if not (unread and not wanted.cron and problem.path == "cron")
        ]
    checked = replace(wanted, name=name, payload=payload, cron=cron, at=at)
    begins = before is None or not before.enabled or _timing(before) != _timing(checked)
    unsure = {"at", "timezone"} & {problem.path for problem in problems}
    if at is not None and checked.enabled and begins and not unsure and at <= now:
        problems.append(FieldProblem("at", "that time has passed; give one to come"))
    if problems:
        raise InvalidScheduleError(problems)
    return checked


def create(identity: Identity, wanted: Wanted, by: User) -> Schedule:
    """Make a schedule. Raises InvalidScheduleError, TooManySchedulesError."""
    now = now_ms()
    checked = check(wanted, now)
    with transaction.atomic():
        if Schedule.objects.filter(identity=identity).count() >= MOST:
            raise TooManySchedulesError(f"there are {MOST} schedules already; delete one that is not needed any more")
        row = Schedule(identity=identity, created_by=by, counts_from=now)
        _put(row, checked)
        row.save(force_insert=True)
        _log(by, row, ADDITION, [{"added": {}}])
    return row


def change(row: Schedule, by: User, **wanted: Any) -> Schedule:
    """Change some of what is wanted, by the names in Wanted. Raises InvalidScheduleError, Schedule.DoesNotExist.

    A change of the time, or enabling, counts from now on: what would have been due before is not made up for.
    """
    now = now_ms()
    with transaction.atomic():
        row = Schedule.objects.select_for_update().get(pk=row.pk)
        before = Wanted.as_in(row)
        asked = replace(before, **wanted)
        # Switching off is always possible, whatever else may be wrong with it by now.
        checked = asked if wanted == {"enabled": False} else check(asked, now, before)
        if checked == before:
            return row
        if _timing(checked) != _timing(before) or (checked.enabled and not before.enabled):
            row.counts_from = now
        _put(row, checked)
        # Not the columns that the engine writes.
        row.save(update_fields=[*_COLUMNS, "counts_from"])
        changed = [name for name in _COLUMNS if getattr(checked, name) != getattr(before, name)]
        _log(by, row, CHANGE, [{"changed": {"fields": changed}}])
    return row


def remove(row: Schedule, by: User) -> None:
    """Delete a schedule; what it has sent already stays sent."""
    with transaction.atomic():
        _log(by, row, DELETION, [{"deleted": {}}])
        Schedule.objects.filter(pk=row.pk).delete()


def make_night_mode(identity: Identity, by: User) -> list[Schedule]:
    """Make the example: at night only positions are watched. Both are made disabled, for their owner to look at.

    Raises TooManySchedulesError; InvalidScheduleError where they are there already.
    """
    zone = zone_of(identity)
    pair = (
        ("Night mode: begins", Mode.POSITION_MONITOR, "0 22 * * *"),
        ("Night mode: ends", Mode.SCALPER_MACDV, "0 7 * * *"),
    )
    with transaction.atomic():
        names = [name for name, _, _ in pair]
        if Schedule.objects.filter(identity=identity, name__in=names).exists():
            raise InvalidScheduleError([FieldProblem("name", "the night mode is there already")])
        return [
            create(
                identity,
                # Late rather than never: whoever comes back in the morning wants the day's mode.
                Wanted(name, CommandName.SWITCH_MODE, {"mode": mode.value}, cron, zone, None, False, Missed.RUN_LATE),
                by,
            )
            for name, mode, cron in pair
        ]


def zone_of(identity: Identity) -> str:
    """Return the time zone of the owner's profile, UTC where that says none."""
    saved = UserSettings.objects.filter(identity=identity).values_list("settings__perseus_profile__timezone", flat=True)
    zone = saved.first()
    return zone if isinstance(zone, str) and is_zone(zone) else "UTC"


def timetable_of(row: Schedule) -> Timetable | None:
    """Return when a schedule is due; None for what only an edit of the database can have brought there."""
    try:
        return read_timetable(row.cron, row.at, row.timezone)
    except InvalidTimetableError:
        return None


def next_runs(row: Schedule, now: int, count: int = 1) -> list[int]:
    """Return its next due times, ms; none of a schedule that is disabled or done."""
    timetable = timetable_of(row)
    if timetable is None or not row.enabled:
        return []
    return upcoming(timetable, max(now, row.settled), count)


def next_scan(sub: str, now: int) -> int | None:
    """Return when the next scheduled scan is due, ms; None where none is."""
    rows = Schedule.objects.filter(identity__sub=sub, enabled=True)
    due = (next_runs(row, now) for row in rows if _holds_scan(row.command, row.payload))
    return min((moment for moments in due for moment in moments), default=None)


def state_of(row: Schedule, now: int) -> State:
    """Return where a schedule stands at a moment."""
    if not row.enabled:
        return State.DISABLED
    timetable = timetable_of(row)
    if timetable is None:
        return State.UNREADABLE
    first = next_due(timetable, row.settled)
    if first is None:
        return State.DONE
    return State.OVERDUE if first < now - GRACE_MS else State.WAITING


def last_runs(rows: Iterable[Schedule]) -> dict[UUID, LastRun]:
    """Return what happened last, by schedule: from the copy in the database, else from the command's record."""
    found = {}
    redis_answers = True
    for row in rows:
        found[row.pk] = known = LastRun(row.last_run_at, row.last_command_id, row.last_outcome, row.last_message)
        if known.outcome or not known.command_id or not redis_answers:
            continue
        try:
            record = services.find_command(row.identity.sub, known.command_id)
        except RedisUnavailableError:
            # Asked once, not for each: a server that is away is slow to say so.
            redis_answers = False
            continue
        if record is not None and record.state.is_final:
            found[row.pk] = replace(known, outcome=record.state.value, message=record.message)
    return found


def now_ms() -> int:
    """Return Redis's time, by which the engine goes; this machine's where Redis is away."""
    try:
        return run(client(), server_time())
    except RedisUnavailableError:
        return int(time.time() * 1000)


_COLUMNS: Final = ("name", "command", "payload", "cron", "timezone", "at", "enabled", "missed")


def _holds_scan(command: str, payload: Any) -> bool:
    members = payload.get("commands", []) if command == CommandName.BATCH and isinstance(payload, dict) else []
    held = [member.get("command") for member in members if isinstance(member, dict)]
    return CommandName.SCAN_SYMBOLS in (command, *held)


def _put(row: Schedule, checked: Wanted) -> None:
    for name in _COLUMNS:
        setattr(row, name, getattr(checked, name))


def _timing(wanted: Wanted) -> tuple[object, ...]:
    # Of one time the zone says only how it is shown.
    return (wanted.cron, wanted.timezone if wanted.cron else "", wanted.at)


def _checked_payload(wanted: Wanted, problems: list[FieldProblem]) -> dict[str, Any]:
    try:
        # As it will travel: a text may hold what can't be sent.
        strict_json.decode_object(strict_json.encode(dict(wanted.payload)))
        parse_payload(command_name(wanted.command), wanted.payload)
    except InvalidCommandError as error:
        problems += error.problems
    except ValueError as error:
        problems.append(FieldProblem("payload", f"can't be sent: {error}"))
    else:
        return dict(wanted.payload)
    return {}


def _moment(wanted: Wanted, problems: list[FieldProblem]) -> int | None:
    if wanted.at is None or wanted.at == "":
        return None
    if isinstance(wanted.at, bool) or not isinstance(wanted.at, int | str):
        problems.append(FieldProblem("at", "milliseconds since 1970 as a whole number, or a text: 2026-12-24T18:00"))
        return None
    if isinstance(wanted.at, str) and not is_zone(wanted.timezone):
        # That is told of the zone.
        return None
    try:
        at = read_local(wanted.at, wanted.timezone) if isinstance(wanted.at, str) else wanted.at
    except ValueError as error:
        problems.append(FieldProblem("at", str(error)))
        return None
    if not 0 <= at <= time.time() * 1000 + FURTHEST_YEARS * _YEAR_MS:
        problems.append(FieldProblem("at", f"at most {FURTHEST_YEARS} years ahead"))
        return None
    return at


def _log(by: User, row: Schedule, flag: int, told: list[dict[str, Any]]) -> None:
    LogEntry.objects.create(
        user=by,
        content_type=ContentType.objects.get_for_model(Schedule),
        object_id=str(row.pk),
        object_repr=str(row)[:200],
        action_flag=flag,
        change_message=strict_json.encode(told),
    )
