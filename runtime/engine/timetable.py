"""When a schedule is due: pure functions of its timetable and of moments, which are ms UTC.

What daylight saving does to a cron expression is what Debian's cron does. A time of day (`30 2 * * *`) comes once a
day: where clocks skip it, at the moment at which they skip; where they show it twice, at the first. An expression whose
minute or hour begins with `*` counts time that passes: it comes in every hour there is, and in none that there is not.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError
from pydantic import TypeAdapter, ValidationError

from settingsapp.schema.notations import TimezoneText
from settingsapp.schema.problems import FieldProblem

LONGEST_CRON: Final = 100
GRACE_MS: Final = 60_000
"""A run that begins later than this after its time is one that was missed."""

_SECOND: Final = timedelta(seconds=1)
_DAY: Final = timedelta(days=1)
_FIRST_WINDOW_MS: Final = 120_000
_ZONE: TypeAdapter[str] = TypeAdapter(TimezoneText)
_FIELDS: Final = {
    "minute": "the minute is not right: 0 to 59",
    "hour": "the hour is not right: 0 to 23",
    "day-of-month": "the day of the month is not right: 1 to 31 and no more than its months have, or L for the last",
    "month": "the month is not right: 1 to 12, or JAN to DEC",
    "day-of-week": "the day of the week is not right: 0 (Sunday) to 6, or SUN to SAT",
}
_FORMS: Final = "; also a list 1,15, a range 1-5, a step */10, or * for every one"


class InvalidTimetableError(Exception):
    """No time can be read from it. The text says what would be right."""

    def __init__(self, problems: tuple[FieldProblem, ...]) -> None:
        super().__init__("; ".join(f"{problem.path}: {problem.message}" for problem in problems))
        self.problems = problems


@dataclass(frozen=True)
class Timetable:
    """Due times: a cron expression in a zone, or one time. Made by `read_timetable` alone, so that it is valid."""

    zone: str
    cron: str = ""
    at: int | None = None


@dataclass(frozen=True)
class Due:
    """A due time that has come. `missed`: longer ago than the grace."""

    at: int
    missed: bool


def read_timetable(cron: str, at: int | None, zone: str) -> Timetable:
    """Check a timetable. Raises InvalidTimetableError with paths `cron`, `at` and `timezone`."""
    problems = []
    if not is_zone(zone):
        told = "is not a time zone of the IANA database; write UTC, or continent and city: Europe/Berlin"
        problems.append(FieldProblem("timezone", f"{zone[:40]!r} {told}"))
    if not cron and at is None:
        problems.append(FieldProblem("cron", "say when: a cron expression here, or one time in at"))
    if cron and at is not None:
        problems.append(FieldProblem("at", "either a cron expression or one time, not both"))
    if cron and (wrong := _wrong_with(cron)):
        problems.append(FieldProblem("cron", wrong))
    if problems:
        raise InvalidTimetableError(tuple(problems))
    return Timetable(zone, " ".join(cron.upper().split()), at)


def is_zone(name: str) -> bool:
    """Tell whether the IANA database has a time zone of that name."""
    try:
        _ZONE.validate_python(name)
    except ValidationError:
        return False
    return True


def next_due(timetable: Timetable, after: int) -> int | None:
    """Return the first due time after a moment; None where none will come."""
    if timetable.at is not None:
        return timetable.at if timetable.at > after else None
    return _next_by_cron(timetable.cron, timetable.zone, after)


def upcoming(timetable: Timetable, after: int, count: int) -> list[int]:
    """Return up to `count` due times after a moment."""
    found: list[int] = []
    while len(found) < count and (moment := next_due(timetable, found[-1] if found else after)) is not None:
        found.append(moment)
    return found


def due(timetable: Timetable, settled: int, now: int, grace: int = GRACE_MS) -> Due | None:
    """Return the latest due time that has come since `settled`, None where none has.

    All due times up to `settled` are dealt with; with the latest one all before it are, too: whoever was away for a
    week is not woken seven times.
    """
    first = next_due(timetable, settled)
    if first is None or first > now:
        return None
    latest = _latest(timetable, first, now)
    return Due(latest, missed=now - latest > grace)


def in_words(timetable: Timetable) -> str:
    """Say when: `At 22:00 every day`; empty for one time, which is shown as what it is."""
    return CronSim(timetable.cron, datetime(2000, 1, 1, tzinfo=UTC)).explain() if timetable.cron else ""


def read_local(text: str, zone: str) -> int:
    """Read a moment as people write it, `2026-12-24T18:00`, in its own offset or else in a zone.

    Raises ValueError that says what would be right, also for a time that clocks skip there. Of a time that they show
    twice the first counts.
    """
    try:
        written = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("write a date and a time: 2026-12-24T18:00, or milliseconds since 1970") from None
    try:
        if written.tzinfo is None:
            written = _placed(written, zone)
        return _ms(written)
    except OverflowError:
        raise ValueError("is too far away") from None


def _placed(written: datetime, zone: str) -> datetime:
    local = written.replace(tzinfo=ZoneInfo(zone))
    there = local.astimezone(UTC).astimezone(local.tzinfo)
    if there.replace(tzinfo=None) != written:
        raise ValueError(f"clocks in {zone} skip that time of that day; {there:%H:%M} is there")
    return local


def _latest(timetable: Timetable, first: int, now: int) -> int:
    # In growing windows before now, so that a year of minutes is not walked through for its last one.
    window = _FIRST_WINDOW_MS
    while now - window > first:
        begin = next_due(timetable, now - window)
        if begin is not None and begin <= now:
            first = begin
            break
        window *= 8
    latest = first
    while (later := next_due(timetable, latest)) is not None and later <= now:
        latest = later
    return latest


@lru_cache(maxsize=2048)
def _next_by_cron(cron: str, zone_name: str, after: int) -> int | None:
    zone = ZoneInfo(zone_name)
    begin = datetime.fromtimestamp(after // 1000, UTC)
    minute, hour, *_ = cron.split()
    moments = (
        _passing(cron, zone, begin) if minute.startswith("*") or hour.startswith("*") else _daily(cron, zone, begin)
    )
    return next((found for moment in moments if (found := _ms(moment)) > after), None)


def _daily(cron: str, zone: ZoneInfo, begin: datetime) -> Iterator[datetime]:
    # Begins with the time of day alone, so that it also brings what came an hour ago, where clocks were put back.
    yield from CronSim(cron, begin.astimezone(zone))


def _passing(cron: str, zone: ZoneInfo, begin: datetime) -> Iterator[datetime]:
    """Go through each stretch of time in which the zone's offset stays the same, as the library knows no others.

    In the zone itself it steps by whole hours, and loses its way where clocks are changed by half an hour, or at
    midnight.
    """
    while True:
        offset = _offset(zone, begin + _SECOND)
        found = next(CronSim(cron, begin.astimezone(timezone(offset))), None)
        if found is None:
            return
        changed = _change(zone, begin + _SECOND, found.astimezone(UTC))
        if changed is None:
            yield found
            begin = found.astimezone(UTC)
        else:
            begin = changed - _SECOND


def _change(zone: ZoneInfo, begin: datetime, end: datetime) -> datetime | None:
    """Return the first moment after `begin` and up to `end` with another offset than at `begin`, None without any."""
    offset = _offset(zone, begin)
    before = begin
    while before < end:
        after = min(before + _DAY, end)
        if _offset(zone, after) != offset:
            while after - before > _SECOND:
                middle = before + (after - before) // 2
                middle -= timedelta(microseconds=middle.microsecond)
                before, after = (middle, after) if _offset(zone, middle) == offset else (before, middle)
            return after
        before = after
    return None


def _offset(zone: ZoneInfo, moment: datetime) -> timedelta:
    offset = moment.astimezone(zone).utcoffset()
    assert offset is not None
    return offset


def _ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def _wrong_with(cron: str) -> str:
    """Return what is wrong with an expression, empty where nothing is."""
    if len(cron) > LONGEST_CRON:
        return f"at most {LONGEST_CRON} characters"
    fields = len(cron.split())
    if fields != 5:
        return f"needs five fields, minute hour day month weekday: 0 22 * * * is every day at 22:00; here are {fields}"
    try:
        moment = next(CronSim(cron, datetime(2000, 1, 1, tzinfo=UTC)), None)
    except CronSimError as error:
        return _FIELDS[str(error).removeprefix("Bad ")] + _FORMS
    return "" if moment is not None else "such a day never comes"
