"""Schedules in the admin, without its scripts."""

import re
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from runtime import schedules
from runtime.models import Schedule
from runtime.schedules import Wanted
from settingsapp.accounts import Role
from settingsapp.models import Identity, UserSettings
from settingsapp.services import create_identity
from tests.settingsapp.logins import a_login

pytestmark = [pytest.mark.stores, pytest.mark.django_db]

LIST = "/admin/runtime/schedule/"
FORM = {
    "name": "nightly",
    "command": "pause",
    "payload": '{"minutes": 30}',
    "cron": "0 22 * * *",
    "at": "",
    "timezone": "Europe/Berlin",
    "missed": "skip",
    "enabled": "on",
}
SWITCH = {"command": "switch-mode", "payload": '{"mode": "scalper-macdv"}'}


@pytest.fixture
def identity() -> Identity:
    return create_identity()


@pytest.fixture
def admin(identity: Identity) -> Client:
    return signed_in(identity, Role.ADMIN)


def signed_in(identity: Identity | None, role: Role | None) -> Client:
    client = Client()
    client.force_login(a_login(identity, role))
    return client


def post(client: Client, path: str, **fields: str) -> tuple[int, str]:
    """Send the form; returns the status and the text of the page that one ends on."""
    response = client.post(LIST + path, FORM | fields, follow=True)
    return response.status_code, response.content.decode()


def page(client: Client, path: str = "") -> str:
    response = client.get(LIST + path)
    assert response.status_code == 200
    return response.content.decode()


def errors(text: str) -> dict[str, str]:
    """Problems by the field under which they stand."""
    found = re.findall(r'<ul class="errorlist" id="id_(\w+)_error"><li>(.*?)</li>', text)
    return {name: message.replace("&#x27;", "'") for name, message in found}


def a_row(identity: Identity, **fields: Any) -> Schedule:
    wanted = {"name": "nightly", "command": "pause", "cron": "0 22 * * *", "timezone": "Europe/Berlin"} | fields
    return schedules.create(identity, Wanted(**wanted), a_login(None, Role.ADMIN, "maker"))


def test_a_schedule_is_added_changed_and_deleted_and_each_step_is_in_its_history(admin: Client) -> None:
    status, text = post(admin, "add/")
    assert status == 200
    assert "was added successfully" in text
    row = Schedule.objects.get()
    assert (row.name, row.payload, row.cron, row.enabled) == ("nightly", {"minutes": 30}, "0 22 * * *", True)
    assert row.created_by is not None
    post(admin, f"{row.pk}/change/", name="evenings", missed="run-late")
    row.refresh_from_db()
    assert (row.name, row.missed) == ("evenings", "run-late")
    history = page(admin, f"{row.pk}/history/")
    assert "Added." in history
    assert "Changed name and missed." in history
    admin.post(f"{LIST}{row.pk}/delete/", {"post": "yes"})
    assert not Schedule.objects.exists()
    assert LogEntry.objects.filter(object_id=str(row.pk)).count() == 3


def test_the_list_shows_what_when_and_what_happened_last(admin: Client, identity: Identity) -> None:
    row = a_row(identity, payload={"minutes": 30}, enabled=False)
    Schedule.objects.update(
        last_run_at=1_790_020_800_000, last_command_id="c", last_outcome="failed", last_message="why"
    )
    text = page(admin)
    assert "pause {&quot;minutes&quot;: 30}" in text
    assert "At 22:00 every day (0 22 * * *, Europe/Berlin)" in text
    assert "disabled" in text
    assert "2026-09-21 22:00:00 UTC+2 – failed: why" in text
    schedules.change(row, a_login(identity, Role.ADMIN, "other"), enabled=True)
    assert re.search(r"waiting.*20\d\d-\d\d-\d\d 22:00:00 UTC\+[12]", page(admin), re.DOTALL)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"cron": "0 25 * * *"}, {"cron": "The hour is not right: 0 to 23"}),
        ({"cron": ""}, {"cron": "Say when: a cron expression here, or one time in at"}),
        ({"timezone": "Berlin"}, {"timezone": "'Berlin' is not a time zone of the IANA database"}),
        ({"payload": "{minutes: 30}"}, {"payload": "Not readable: line 1"}),
        ({"payload": "[1]"}, {"payload": "Not readable: expected an object"}),
        ({"payload": '{"minutes": 0}'}, {"payload": "minutes: "}),
        ({"cron": "", "at": "2020-01-01T00:00"}, {"at": "That time has passed; give one to come"}),
        ({"cron": "", "at": "2029-03-25T02:30"}, {"at": "Clocks in Europe/Berlin skip that time of that day"}),
        ({"at": "2030-01-01T00:00"}, {"at": "Either a cron expression or one time, not both"}),
        ({"name": "x" * 81}, {"name": "Ensure this value has at most 80 characters"}),
    ],
)
def test_what_is_wrong_stands_under_its_field_and_what_was_typed_stays(
    admin: Client, wrong: dict[str, str], told: dict[str, str]
) -> None:
    status, text = post(admin, "add/", **wrong)
    assert status == 200
    found = errors(text)
    assert found.keys() == told.keys()
    assert all(found[name].startswith(start) for name, start in told.items())
    assert not Schedule.objects.exists()
    assert 'value="nightly"' in text or "x" * 81 in text


def test_one_time_is_shown_in_its_zone_and_untouched_stays_as_it_was(admin: Client, identity: Identity) -> None:
    # The second 02:30 of that night, with a second and a half.
    at = 1_887_845_401_500
    row = a_row(identity, cron="", at=at)
    text = page(admin, f"{row.pk}/change/")
    assert 'name="at" value="2029-10-28T02:30:01"' in text
    post(admin, f"{row.pk}/change/", cron="", at="2029-10-28T02:30:01", name="renamed")
    row.refresh_from_db()
    assert (row.name, row.at) == ("renamed", at)
    post(admin, f"{row.pk}/change/", cron="", at="2030-01-01T18:00")
    row.refresh_from_db()
    assert row.at == 1_893_517_200_000


def test_the_next_runs_of_what_is_typed_are_told(admin: Client, identity: Identity) -> None:
    def preview(**typed: str) -> dict[str, Any]:
        told: dict[str, Any] = admin.get(LIST + "preview/", typed).json()
        assert set(told) == {"words", "runs", "problem"}
        return told

    nightly = preview(cron="0 22 * * *", at="", timezone="Europe/Berlin")
    assert nightly["words"] == "At 22:00 every day"
    assert len(nightly["runs"]) == 3
    assert all(re.fullmatch(r"20\d\d-\d\d-\d\d 22:00:00 UTC\+[12]", run) for run in nightly["runs"])
    assert preview(cron="", at="2030-01-01T18:00", timezone="UTC")["runs"] == ["2030-01-01 18:00:00 UTC"]
    assert preview(cron="", at="2020-01-01T18:00", timezone="UTC")["problem"] == "That time has passed."
    assert "The minute is not right" in preview(cron="x * * * *", timezone="UTC")["problem"]
    assert "'Mars' is not a time zone" in preview(cron="", at="2030-01-01T18:00", timezone="Mars")["problem"]
    assert "Write a date and a time" in preview(at="soon", timezone="UTC")["problem"]
    assert preview()["problem"]
    row = a_row(identity)
    assert page(admin, f"{row.pk}/change/").count("22:00:00 UTC+") == 3


def test_the_night_mode_is_one_click_and_waits_to_be_looked_at(admin: Client, identity: Identity) -> None:
    assert "Night mode example" in page(admin)
    text = admin.post(LIST + "night-mode/", follow=True).content.decode()
    assert "Both are disabled: look at their times and modes, then enable them." in text
    assert set(Schedule.objects.values_list("name", "enabled")) == {
        ("Night mode: begins", False),
        ("Night mode: ends", False),
    }
    assert "The night mode is there already." in admin.post(LIST + "night-mode/", follow=True).content.decode()
    assert Schedule.objects.count() == 2
    assert admin.get(LIST + "night-mode/").status_code == 405


def test_several_are_switched_at_once_and_what_can_not_be_is_told(admin: Client, identity: Identity) -> None:
    rows = [a_row(identity, enabled=False)]
    rows.append(schedules.create(identity, Wanted("Past", "pause", {}, "", "UTC", 1, False), rows[0].created_by))  # type: ignore[arg-type]
    sent = {"action": "enable_selected", "_selected_action": [str(row.pk) for row in rows]}
    text = admin.post(LIST, sent, follow=True).content.decode()
    assert "Past: that time has passed; give one to come." in text
    assert "Enabled 1 schedule." in text
    assert (
        "Disabled 1 schedule." in admin.post(LIST, sent | {"action": "disable_selected"}, follow=True).content.decode()
    )
    admin.post(LIST, {"action": "delete_selected", "post": "yes", "_selected_action": [str(rows[0].pk)]})
    assert [row.name for row in Schedule.objects.all()] == ["Past"]


def test_each_role_may_what_it_may_over_http(identity: Identity) -> None:
    viewer, operator, admin = (signed_in(identity, role) for role in Role)
    row = a_row(identity)
    assert "nightly" in page(viewer)
    assert "At 22:00 every day" in page(viewer, f"{row.pk}/change/")
    assert 'name="cron"' not in page(viewer, f"{row.pk}/change/")
    for path in ("add/", f"{row.pk}/change/", f"{row.pk}/delete/", "night-mode/"):
        assert post(viewer, path)[0] == 403
    _, text = post(operator, "add/", **SWITCH)
    assert errors(text) == {"command": "This needs the role admin."}
    assert "Night mode example" not in page(operator)
    assert post(operator, "night-mode/")[0] == 403
    assert "was added successfully" in post(operator, "add/")[1]
    assert "was added successfully" in post(admin, "add/", **SWITCH, name="switch")[1]
    theirs = Schedule.objects.get(name="switch")
    assert 'name="cron"' not in page(operator, f"{theirs.pk}/change/")
    assert post(operator, f"{theirs.pk}/change/", name="mine")[0] == 403
    sent = {"action": "disable_selected", "_selected_action": [str(theirs.pk)]}
    assert "this needs the role admin" in operator.post(LIST, sent, follow=True).content.decode()
    theirs.refresh_from_db()
    assert (theirs.name, theirs.enabled) == ("switch", True)
    sent = {"action": "delete_selected", "post": "yes", "_selected_action": [str(theirs.pk)]}
    operator.post(LIST, sent)
    assert Schedule.objects.filter(pk=theirs.pk).exists()
    nobody = signed_in(identity, None)
    assert nobody.get(LIST).status_code == 403
    assert nobody.get(LIST + "preview/").status_code == 403


def test_nobody_sees_anothers(admin: Client) -> None:
    row = a_row(create_identity(), name="theirs")
    assert "theirs" not in page(admin)
    assert admin.get(f"{LIST}{row.pk}/change/").status_code == 302
    post(admin, f"{row.pk}/change/", name="mine")
    row.refresh_from_db()
    assert row.name == "theirs"


def test_a_login_without_an_identity_is_shown_none_and_makes_none() -> None:
    client = signed_in(None, Role.ADMIN)
    assert "0 schedules" in page(client)
    assert post(client, "add/")[0] == 403
    assert post(client, "night-mode/")[0] == 403


def test_what_an_edit_of_the_database_left_can_be_put_right(admin: Client, identity: Identity) -> None:
    row = a_row(identity)
    Schedule.objects.update(cron="never", timezone="Mars", payload=[1], command="dance")
    UserSettings.objects.update(settings=[])
    assert "unreadable" in page(admin)
    assert "save it again with a time" in page(admin)
    assert "is not a time zone" in page(admin, f"{row.pk}/change/")
    assert "was changed successfully" in post(admin, f"{row.pk}/change/")[1]
    assert "At 22:00 every day" in page(admin)


def test_there_is_an_end_to_how_many_there_may_be(admin: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runtime.schedules.MOST", 1)
    post(admin, "add/")
    assert "There are 1 schedules already; delete one" in post(admin, "add/")[1]
    assert Schedule.objects.count() == 1
