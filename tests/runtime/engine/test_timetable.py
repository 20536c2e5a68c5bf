"""When a schedule is due. What is expected of daylight saving is known from the calendars of the places themselves."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.engine.timetable import (
    GRACE_MS,
    LONGEST_CRON,
    Due,
    InvalidTimetableError,
    Timetable,
    _next_by_cron,
    due,
    in_words,
    is_zone,
    next_due,
    read_local,
    read_timetable,
    upcoming,
)

BERLIN, NEW_YORK, LORD_HOWE = "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
ZONES = ("UTC", BERLIN, NEW_YORK, LORD_HOWE, "Africa/Cairo", "Antarctica/Troll", "America/Havana", "Asia/Kathmandu")
CRONS = (
    *("* * * * *", "*/7 * * * *", "0 */2 * * *", "15 */3 * * *", "*/10 1 * * *", "*/20 0-3 * * 5,6,0", "30 * * * 1,5"),
    *("30 2 * * *", "0,30 1,2,3 * * *", "0 0 * * *", "15 2 1,L * *", "0 7 * * MON-FRI", "45 1 * 3,4,10,11 SUN"),
)


def ms(text: str) -> int:
    """A moment with its offset."""
    return int(datetime.fromisoformat(text).timestamp() * 1000)


def runs(cron: str, zone: str, begin: str, end: str) -> list[str]:
    """All due times after `begin` and up to `end`, as UTC shows them."""
    timetable = read_timetable(cron, None, zone)
    found, moment = [], ms(begin)
    while (later := next_due(timetable, moment)) is not None and later <= ms(end):
        found.append(f"{datetime.fromtimestamp(later / 1000, UTC):%m-%d %H:%M}")
        moment = later
    return found


@pytest.mark.parametrize(
    ("cron", "zone", "begin", "end", "expected"),
    [
        # Berlin: on 2026-03-29 at 01:00 UTC clocks go from 02:00 to 03:00.
        ("30 2 * * *", BERLIN, "2026-03-28T00:00Z", "2026-03-31T00:00Z", ["03-28 01:30", "03-29 01:00", "03-30 00:30"]),
        ("0 3 * * *", BERLIN, "2026-03-28T12:00Z", "2026-03-30T12:00Z", ["03-29 01:00", "03-30 01:00"]),
        ("0,30 2,3 * * *", BERLIN, "2026-03-29T00:00Z", "2026-03-29T12:00Z", ["03-29 01:00", "03-29 01:30"]),
        (
            "*/30 * * * *",
            BERLIN,
            "2026-03-29T00:00Z",
            "2026-03-29T01:30Z",
            ["03-29 00:30", "03-29 01:00", "03-29 01:30"],
        ),
        ("*/30 2 * * *", BERLIN, "2026-03-28T12:00Z", "2026-03-30T00:10Z", ["03-30 00:00"]),
        # And on 2026-10-25 at 01:00 UTC from 03:00 back to 02:00.
        ("30 2 * * *", BERLIN, "2026-10-24T12:00Z", "2026-10-26T12:00Z", ["10-25 00:30", "10-26 01:30"]),
        ("0 3 * * *", BERLIN, "2026-10-24T12:00Z", "2026-10-26T12:00Z", ["10-25 02:00", "10-26 02:00"]),
        ("30 * * * *", BERLIN, "2026-10-24T23:50Z", "2026-10-25T02:40Z", ["10-25 00:30", "10-25 01:30", "10-25 02:30"]),
        # Asked between the two 02:30: the day's has been.
        ("30 2 * * *", BERLIN, "2026-10-25T01:10Z", "2026-10-26T12:00Z", ["10-26 01:30"]),
        # 2027: 28 March.
        ("30 2 * * *", BERLIN, "2027-03-27T12:00Z", "2027-03-29T12:00Z", ["03-28 01:00", "03-29 00:30"]),
        # New York: on 2026-11-01 at 06:00 UTC from 02:00 back to 01:00, on 2027-03-14 at 07:00 UTC from 02:00 to 03:00.
        ("30 1 * * *", NEW_YORK, "2026-10-31T12:00Z", "2026-11-02T12:00Z", ["11-01 05:30", "11-02 06:30"]),
        ("30 2 * * *", NEW_YORK, "2027-03-13T12:00Z", "2027-03-15T12:00Z", ["03-14 07:00", "03-15 06:30"]),
        (
            "0 22 * * *",
            NEW_YORK,
            "2026-10-31T12:00Z",
            "2026-11-03T12:00Z",
            ["11-01 02:00", "11-02 03:00", "11-03 03:00"],
        ),
        # Lord Howe changes by half an hour: on 2026-04-05 at 15:00 UTC the day before from 02:00 (+11) back to 01:30
        # (+10:30), on 2026-10-04 at 15:30 UTC the day before from 02:00 to 02:30.
        ("45 1 * * *", LORD_HOWE, "2026-04-04T12:00Z", "2026-04-05T16:00Z", ["04-04 14:45", "04-05 15:15"]),
        ("15 2 * * *", LORD_HOWE, "2026-10-03T12:00Z", "2026-10-04T16:00Z", ["10-03 15:30", "10-04 15:15"]),
        (
            "0 */2 * * *",
            LORD_HOWE,
            "2026-04-04T12:00Z",
            "2026-04-04T18:00Z",
            ["04-04 13:00", "04-04 15:30", "04-04 17:30"],
        ),
        (
            "*/30 * * * *",
            LORD_HOWE,
            "2026-04-04T14:00Z",
            "2026-04-04T15:30Z",
            ["04-04 14:30", "04-04 15:00", "04-04 15:30"],
        ),
        # In Cairo the day begins at 01:00 where summer time does, on 2026-04-24.
        ("0 0 * * *", "Africa/Cairo", "2026-04-23T12:00Z", "2026-04-25T00:00Z", ["04-23 22:00", "04-24 21:00"]),
        ("0 12 29 2 *", "UTC", "2026-01-01T00:00Z", "2032-01-01T00:00Z", ["02-29 12:00"]),
    ],
)
def test_a_due_time_follows_the_clocks_of_its_zone(
    cron: str, zone: str, begin: str, end: str, expected: list[str]
) -> None:
    assert runs(cron, zone, begin, end) == expected


moments = st.integers(ms("2026-01-01T00:00Z"), ms("2028-12-31T00:00Z"))
near_changes = st.builds(
    lambda day, offset: ms(f"{day}T00:00Z") + offset,
    st.sampled_from(["2026-03-29", "2026-10-25", "2026-11-01", "2027-03-14", "2026-04-04", "2026-10-03", "2026-04-23"]),
    st.integers(-DAY, 2 * DAY),
)
timetables = st.builds(lambda cron, zone: Timetable(zone, cron), st.sampled_from(CRONS), st.sampled_from(ZONES))


@given(timetables, moments | near_changes)
def test_the_next_due_time_is_later_and_nothing_lies_between(timetable: Timetable, after: int) -> None:
    found = next_due(timetable, after)
    assert found is not None
    assert found > after
    assert found % MINUTE == 0
    for between in {after, (after + found) // 2, found - 1}:
        assert next_due(timetable, between) == found


def _shows(timetable: Timetable, moment: int) -> tuple[int, int]:
    there = datetime.fromtimestamp(moment / 1000, ZoneInfo(timetable.zone))
    return there.hour, there.minute


@given(
    st.sampled_from(["*/7 * * * *", "0 */2 * * *", "15 */3 * * *", "*/10 1 * * *"]),
    st.sampled_from(ZONES),
    near_changes,
)
def test_what_counts_passing_time_comes_at_each_minute_at_which_the_clock_shows_it(
    cron: str, zone: str, after: int
) -> None:
    steps = {"*/7": range(0, 60, 7), "*/10": range(0, 60, 10), "0": [0], "15": [15]}
    hours = {"*": range(24), "*/2": range(0, 24, 2), "*/3": range(0, 24, 3), "1": [1]}
    minute, hour, *_ = cron.split()
    timetable = read_timetable(cron, None, zone)
    first = after - after % MINUTE + MINUTE
    clock = {moment: _shows(timetable, moment) for moment in range(first, first + 6 * HOUR, MINUTE)}
    expected = [moment for moment, (h, m) in clock.items() if h in hours[hour] and m in steps[minute]]
    assert upcoming(timetable, after, len(expected)) == expected


@given(timetables, near_changes, st.lists(st.integers(0, 40 * HOUR), max_size=12))
def test_however_often_one_looks_no_due_time_comes_twice_and_none_ahead_of_time(
    timetable: Timetable, begin: int, waits: list[int]
) -> None:
    settled, now, seen = begin, begin, []
    for wait in waits:
        now += wait
        found = due(timetable, settled, now)
        if found is not None:
            assert settled < found.at <= now
            assert found.missed == (now - found.at > GRACE_MS)
            later = next_due(timetable, found.at)
            assert later is None or later > now, "it is the latest that has come"
            seen.append(found.at)
            settled = found.at
        assert due(timetable, settled, now) is None
    assert len(set(seen)) == len(seen)


def test_of_a_week_that_was_missed_only_the_latest_time_is_told() -> None:
    nightly = read_timetable("0 22 * * *", None, BERLIN)
    found = due(nightly, ms("2026-06-01T12:00+02:00"), ms("2026-06-08T07:00+02:00"))
    assert found == Due(ms("2026-06-07T22:00+02:00"), missed=True)
    in_time = due(nightly, ms("2026-06-01T12:00+02:00"), ms("2026-06-08T22:01+02:00"))
    assert in_time == Due(ms("2026-06-08T22:00+02:00"), missed=False)


def test_one_time_is_due_once() -> None:
    once = read_timetable("", 5_000_000, "UTC")
    assert next_due(once, 0) == 5_000_000
    assert due(once, 0, 4_999_999) is None
    assert due(once, 0, 5_000_000) == Due(5_000_000, missed=False)
    assert due(once, 0, 5_000_000 + GRACE_MS + 1) == Due(5_000_000, missed=True)
    assert next_due(once, 5_000_000) is None
    assert due(once, 5_000_000, 9_000_000_000) is None
    assert upcoming(once, 0, 3) == [5_000_000]


@pytest.mark.parametrize(
    ("cron", "told"),
    [
        (
            "60 * * * *",
            "the minute is not right: 0 to 59; also a list 1,15, a range 1-5, a step */10, or * for every one",
        ),
        ("0 24 * * *", "the hour is not right: 0 to 23"),
        ("0 0 32 * *", "the day of the month is not right"),
        ("0 0 30 2 *", "no more than its months have"),
        ("0 0 1 13 *", "the month is not right: 1 to 12, or JAN to DEC"),
        ("0 0 * * 8", "the day of the week is not right: 0 (Sunday) to 6, or SUN to SAT"),
        ("@daily", "needs five fields, minute hour day month weekday: 0 22 * * * is every day at 22:00; here are 1"),
        ("0 0 * * * *", "here are 6"),
        ("* " * 60, f"at most {LONGEST_CRON} characters"),
        ("\u0660 1 * * *", "the minute is not right"),
    ],
)
def test_what_is_no_cron_expression_is_told_with_what_would_be_right(cron: str, told: str) -> None:
    with pytest.raises(InvalidTimetableError) as caught:
        read_timetable(cron, None, "UTC")
    (problem,) = caught.value.problems
    assert problem.path == "cron"
    assert told in problem.message


@given(st.text("0123456789*/,-#LWMONSUJAN ", max_size=40) | st.text(max_size=20))
def test_any_text_is_a_cron_expression_or_refused(text: str) -> None:
    try:
        timetable = read_timetable(text, None, "UTC")
    except InvalidTimetableError:
        return
    assert next_due(timetable, 0) is not None
    assert in_words(timetable)


@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "europe", "../../etc/passwd", "Europe/", "\0", "CEST"])
def test_what_is_no_time_zone_is_told_with_what_would_be_right(zone: str) -> None:
    assert not is_zone(zone)
    with pytest.raises(InvalidTimetableError, match="continent and city: Europe/Berlin"):
        read_timetable("0 22 * * *", None, zone)


def test_a_timetable_has_a_cron_expression_or_one_time() -> None:
    with pytest.raises(InvalidTimetableError, match="cron: say when"):
        read_timetable("", None, "UTC")
    with pytest.raises(InvalidTimetableError, match="at: either a cron expression or one time"):
        read_timetable("0 22 * * *", 1, "UTC")


def test_a_moment_is_read_in_its_zone_or_its_own_offset() -> None:
    assert read_local("2026-07-01T18:00", BERLIN) == ms("2026-07-01T16:00Z")
    assert read_local("2026-07-01T18:00-04:00", BERLIN) == ms("2026-07-01T22:00Z")
    assert read_local("2026-10-25T02:30", BERLIN) == ms("2026-10-25T00:30Z"), "of two the first"
    with pytest.raises(ValueError, match="clocks in Europe/Berlin skip that time of that day; 03:30 is there"):
        read_local("2026-03-29T02:30", BERLIN)
    for text in ("", "tomorrow", "2026-13-01T00:00", "1790000000000"):
        with pytest.raises(ValueError, match="write a date and a time"):
            read_local(text, BERLIN)
    for text, zone in (("0001-01-01T00:00", BERLIN), ("9999-12-31T23:59", NEW_YORK)):
        with pytest.raises(ValueError, match="is too far away"):
            read_local(text, zone)


def test_due_times_are_told_in_words() -> None:
    assert in_words(read_timetable("0 22 * * 1-5", None, BERLIN)) == "At 22:00 on Monday through Friday"
    assert in_words(read_timetable("", 1, BERLIN)) == ""


def test_the_last_of_a_year_of_minutes_is_found_without_walking_through_them() -> None:
    each_minute = read_timetable("* * * * *", None, BERLIN)
    now = ms("2027-06-01T12:00:30Z")
    _next_by_cron.cache_clear()
    assert due(each_minute, now - 365 * DAY, now) == Due(now - 30_000, missed=False)
    assert _next_by_cron.cache_info().misses < 20
