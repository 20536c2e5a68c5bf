"""Schedules as they are made and changed, whichever the way in."""

from dataclasses import replace
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User

from runtime import schedules
from runtime.models import Schedule
from runtime.protocol.payloads import CommandName
from runtime.schedules import InvalidScheduleError, State, TooManySchedulesError, Wanted, check
from settingsapp.accounts import Role
from settingsapp.models import Identity, UserSettings
from settingsapp.services import create_identity
from tests.settingsapp.logins import a_login

NOW, DAY = 1_790_028_000_000, 86_400_000
"""2026-09-21, 22:00 UTC, ms."""
NIGHTLY = Wanted("nightly", "pause", {"minutes": 30}, "0 22 * * *", "Europe/Berlin")
ONCE = replace(NIGHTLY, cron="", at=NOW + DAY)


@pytest.mark.parametrize(
    ("wrong", "paths"),
    [
        ({"name": "  "}, ["name"]),
        ({"name": "x" * 81}, ["name"]),
        ({"name": "two\nlines"}, ["name"]),
        ({"command": "dance"}, ["command"]),
        ({"payload": {"minutes": -1}}, ["payload.minutes"]),
        ({"payload": {"minutes": float("nan")}}, ["payload"]),
        ({"command": "switch-mode", "payload": {"mode": "scalpr"}}, ["payload.mode"]),
        ({"cron": "0 25 * * *"}, ["cron"]),
        ({"cron": ""}, ["cron"]),
        ({"at": NOW + DAY}, ["at"]),
        ({"timezone": "Berlin"}, ["timezone"]),
        ({"cron": "", "at": "2026-10-01T18:00", "timezone": "Berlin"}, ["timezone"]),
        ({"cron": "", "at": "soon"}, ["at"]),
        ({"cron": "", "at": "2027-03-28T02:30"}, ["at"]),
        ({"cron": "", "at": NOW}, ["at"]),
        ({"cron": "", "at": -1}, ["at"]),
        ({"cron": "", "at": 10**30}, ["at"]),
        ({"missed": "perhaps"}, ["missed"]),
        (
            {"name": "", "command": "", "cron": "x", "timezone": "", "missed": ""},
            ["name", "command", "missed", "timezone", "cron"],
        ),
    ],
)
def test_what_is_wrong_is_told_all_at_once_and_where(wrong: dict[str, Any], paths: list[str]) -> None:
    with pytest.raises(InvalidScheduleError) as caught:
        check(replace(NIGHTLY, **wrong), NOW)
    assert [problem.path for problem in caught.value.problems] == paths
    assert all(problem.message for problem in caught.value.problems)


def test_one_time_is_read_in_its_zone() -> None:
    assert check(replace(ONCE, at="2026-09-30T18:00"), NOW).at == 1_790_784_000_000, "16:00 UTC"
    assert check(replace(ONCE, at="2026-09-30T18:00Z"), NOW).at == 1_790_791_200_000


def test_a_time_that_has_passed_may_stay_but_not_be_given_or_enabled_anew() -> None:
    past = replace(ONCE, at=NOW - DAY)
    assert check(replace(past, name="renamed"), NOW, past).name == "renamed"
    assert not check(replace(past, enabled=False), NOW, past).enabled
    for before, after in ((replace(past, enabled=False), past), (past, replace(past, at=NOW - 5)), (None, past)):
        with pytest.raises(InvalidScheduleError, match="at: that time has passed; give one to come"):
            check(after, NOW, before)


def test_scheduling_takes_the_role_that_the_command_takes_and_at_least_an_operators() -> None:
    roles = {name: schedules.role_to_write(name) for name in CommandName}
    assert roles[CommandName.PAUSE] is Role.OPERATOR
    assert roles[CommandName.STATUS] is Role.OPERATOR
    assert roles[CommandName.SWITCH_MODE] is Role.ADMIN
    assert schedules.role_to_write("dance") is Role.OPERATOR


stores = pytest.mark.stores
pytestmark = pytest.mark.django_db


@pytest.fixture
def identity() -> Identity:
    return create_identity()


@pytest.fixture
def ada(identity: Identity) -> User:
    return a_login(identity, Role.ADMIN, "ada")


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runtime.schedules.now_ms", lambda: NOW)


def later(monkeypatch: pytest.MonkeyPatch, by: int) -> None:
    monkeypatch.setattr("runtime.schedules.now_ms", lambda: NOW + by)


@stores
def test_a_new_schedule_counts_from_when_it_was_made(identity: Identity, ada: User) -> None:
    row = schedules.create(identity, NIGHTLY, ada)
    row.refresh_from_db()
    assert (row.counts_from, row.settled, row.created_by) == (NOW, NOW, ada)
    # 22:00 in Berlin was two hours ago.
    assert schedules.next_runs(row, NOW, 2) == [NOW - 2 * 3_600_000 + DAY, NOW - 2 * 3_600_000 + 2 * DAY]


@stores
@pytest.mark.parametrize(
    ("edit", "counts_anew"),
    [
        ({"name": "other"}, False),
        ({"missed": "run-late"}, False),
        ({"command": "resume", "payload": {}}, False),
        ({"cron": "0 23 * * *"}, True),
        ({"timezone": "UTC"}, True),
        ({"cron": "", "at": NOW + 9 * DAY}, True),
        ({"enabled": False}, False),
    ],
)
def test_a_change_of_the_time_counts_from_now_on(
    identity: Identity, ada: User, monkeypatch: pytest.MonkeyPatch, edit: dict[str, Any], counts_anew: bool
) -> None:
    row = schedules.create(identity, NIGHTLY, ada)
    later(monkeypatch, 3 * DAY)
    changed = schedules.change(row, ada, **edit)
    assert (changed.counts_from == NOW + 3 * DAY) is counts_anew
    newest = LogEntry.objects.filter(object_id=str(row.pk)).first()
    assert newest is not None
    assert newest.get_change_message().startswith("Changed")


@stores
def test_enabling_does_not_run_what_was_missed_while_it_was_disabled(
    identity: Identity, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = schedules.create(identity, replace(NIGHTLY, enabled=False), ada)
    later(monkeypatch, 3 * DAY)
    assert schedules.state_of(row, NOW + 3 * DAY) is State.DISABLED
    row = schedules.change(row, ada, enabled=True)
    assert row.settled == NOW + 3 * DAY
    assert schedules.state_of(row, NOW + 3 * DAY) is State.WAITING


@stores
def test_a_change_leaves_alone_what_the_engine_has_noted_meanwhile(identity: Identity, ada: User) -> None:
    row = schedules.create(identity, NIGHTLY, ada)
    Schedule.objects.update(last_due=NOW + 5, last_outcome="succeeded")
    schedules.change(row, ada, name="other")
    row.refresh_from_db()
    assert (row.name, row.last_due, row.last_outcome) == ("other", NOW + 5, "succeeded")


@stores
def test_a_change_of_nothing_is_none(identity: Identity, ada: User) -> None:
    row = schedules.create(identity, NIGHTLY, ada)
    before = LogEntry.objects.count()
    schedules.change(row, ada, name=" nightly ", cron="0  22 * * *")
    assert LogEntry.objects.count() == before


@stores
def test_switching_off_is_possible_whatever_is_wrong_with_it(identity: Identity, ada: User) -> None:
    row = schedules.create(identity, NIGHTLY, ada)
    Schedule.objects.update(command="dance", timezone="Mars", cron="never")
    with pytest.raises(InvalidScheduleError):
        schedules.change(row, ada, name="other")
    assert schedules.change(row, ada, enabled=False).enabled is False


def test_one_time_says_when_it_is_done_and_what_nobody_saw_to_is_overdue() -> None:
    row = Schedule(cron="", at=NOW, timezone="UTC", counts_from=NOW - DAY)
    assert schedules.state_of(row, NOW - 1) is State.WAITING
    assert schedules.state_of(row, NOW + 60_001) is State.OVERDUE
    row.last_due = NOW
    assert schedules.state_of(row, NOW + 60_001) is State.DONE
    assert schedules.next_runs(row, NOW + 60_001) == []


@stores
def test_there_is_an_end_to_how_many_there_may_be(
    identity: Identity, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runtime.schedules.MOST", 2)
    for _ in range(2):
        schedules.create(identity, NIGHTLY, ada)
    with pytest.raises(TooManySchedulesError, match="delete one that is not needed"):
        schedules.create(identity, NIGHTLY, ada)
    schedules.create(create_identity(), NIGHTLY, ada)


@stores
def test_the_night_mode_is_made_disabled_in_the_owners_zone_and_once(identity: Identity, ada: User) -> None:
    settings = UserSettings.objects.get(identity=identity)
    settings.settings["perseus_profile"] |= {"timezone": "America/New_York"}
    settings.save()
    made = schedules.make_night_mode(identity, ada)
    assert [(row.payload["mode"], row.cron, row.timezone, row.enabled) for row in made] == [
        ("position-monitor", "0 22 * * *", "America/New_York", False),
        ("scalper-macdv", "0 7 * * *", "America/New_York", False),
    ]
    with pytest.raises(InvalidScheduleError, match="is there already"):
        schedules.make_night_mode(identity, ada)
    assert Schedule.objects.count() == 2


@stores
@pytest.mark.parametrize(
    "damaged", [[], {"perseus_profile": {"timezone": 7}}, {"perseus_profile": {"timezone": "Mars"}}]
)
def test_where_the_settings_say_no_zone_it_is_utc(identity: Identity, damaged: Any) -> None:
    UserSettings.objects.update(settings=damaged)
    assert schedules.zone_of(identity) == "UTC"
