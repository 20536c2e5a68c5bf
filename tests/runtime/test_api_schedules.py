"""Schedules over HTTP, as a client of the API meets them."""

import json
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from runtime.bus.connections import client as shared_client
from runtime.models import Schedule
from runtime.services import Order, send
from settingsapp import services, tokens
from settingsapp.accounts import Role
from settingsapp.models import Identity, UserSettings
from tests.settingsapp.logins import a_login, signed_in

pytestmark = [pytest.mark.stores, pytest.mark.django_db]

PATH = "/api/v1/runtime/schedules"
NIGHTLY = {"name": "nightly", "command": "pause", "cron": "0 22 * * *", "timezone": "Europe/Berlin"}
FIELDS = {
    *("id", "name", "command", "payload", "cron", "timezone", "at", "enabled", "missed", "state"),
    *("nextRunAt", "lastRunAt", "lastCommandId", "lastOutcome", "lastMessage", "createdBy"),
}


@pytest.fixture
def identity(db: None) -> Identity:
    return services.create_identity()


@pytest.fixture
def operator(identity: Identity) -> Client:
    return signed_in(identity, Role.OPERATOR)


def ask(client: Client, method: str, path: str = "", body: Any = None) -> Any:
    raw = body if isinstance(body, bytes) else json.dumps(body)
    return client.generic(method, PATH + path, "" if body is None else raw, content_type="application/json")


def made(client: Client, **fields: Any) -> dict[str, Any]:
    response = ask(client, "POST", body=NIGHTLY | fields)
    assert response.status_code == 201, response.content
    body: dict[str, Any] = response.json()
    return body


def error_of(response: Any, status: int) -> dict[str, Any]:
    assert response.status_code == status, response.content
    body: dict[str, Any] = response.json()
    assert set(body) == {"error", "message", "fields"}
    return body


def test_a_schedule_is_made_read_changed_and_deleted(operator: Client) -> None:
    body = made(operator, payload={"minutes": 30}, missed="run-late")
    assert set(body) == FIELDS
    assert (body["name"], body["payload"], body["at"], body["missed"]) == ("nightly", {"minutes": 30}, None, "run-late")
    assert (body["enabled"], body["state"], body["createdBy"]) == (True, "waiting", "operator")
    assert body["nextRunAt"] % 3_600_000 == 0
    assert [body[name] for name in ("lastRunAt", "lastCommandId", "lastOutcome", "lastMessage")] == [None] * 4
    path = f"/{body['id']}"
    assert ask(operator, "GET", path).json() == body
    changed = ask(operator, "PATCH", path, {"enabled": False}).json()
    assert changed == body | {"enabled": False, "state": "disabled", "nextRunAt": None}
    assert ask(operator, "DELETE", path).status_code == 204
    error_of(ask(operator, "GET", path), 404)
    error_of(ask(operator, "DELETE", path), 404)
    error_of(ask(operator, "PATCH", path, {}), 404)


def test_one_time_may_be_written_as_people_do_and_replaces_a_cron_expression(operator: Client) -> None:
    body = made(operator, cron=None, at="2030-01-01T18:00")
    assert (body["cron"], body["at"], body["nextRunAt"]) == (None, 1_893_517_200_000, 1_893_517_200_000)
    path = f"/{body['id']}"
    assert ask(operator, "PATCH", path, {"cron": "0 1 * * *", "at": None}).json()["cron"] == "0 1 * * *"
    told = error_of(ask(operator, "PATCH", path, {"at": 1_893_517_200_000}), 422)
    assert told["fields"] == [{"path": "at", "message": "either a cron expression or one time, not both"}]


def test_without_a_zone_the_profiles_counts(operator: Client) -> None:
    row = UserSettings.objects.get()
    row.settings["perseus_profile"] |= {"timezone": "Asia/Tokyo"}
    row.save()
    assert made(operator, **{"timezone": "UTC"})["timezone"] == "UTC"
    without = {name: value for name, value in NIGHTLY.items() if name != "timezone"}
    assert ask(operator, "POST", body=without).json()["timezone"] == "Asia/Tokyo"


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        ({"cron": "0 25 * * *"}, "cron"),
        ({"cron": None}, "cron"),
        ({"cron": 5}, "cron"),
        ({"timezone": "Berlin"}, "timezone"),
        ({"timezone": None}, "timezone"),
        ({"payload": {"minutes": -1}}, "payload.minutes"),
        ({"payload": {"hours": 1}}, "payload.hours"),
        ({"payload": []}, "payload"),
        ({"command": "dance"}, "command"),
        ({"command": None}, "command"),
        ({"name": ""}, "name"),
        ({"name": None}, "name"),
        ({"at": True}, "at"),
        ({"cron": None, "at": "soon"}, "at"),
        ({"cron": None, "at": 1}, "at"),
        ({"cron": None, "at": 1.5}, "at"),
        ({"cron": None, "at": {}}, "at"),
        ({"cron": None, "at": 10**25}, "at"),
        ({"enabled": "yes"}, "enabled"),
        ({"missed": "perhaps"}, "missed"),
        ({"nextRunAt": 1}, "nextRunAt"),
    ],
)
def test_what_is_wrong_is_told_where_it_is_and_nothing_is_kept(
    operator: Client, wrong: dict[str, Any], path: str
) -> None:
    told = error_of(ask(operator, "POST", body=NIGHTLY | wrong), 422)
    assert path in [field["path"] for field in told["fields"]]
    assert not Schedule.objects.exists()
    kept = made(operator)
    told = error_of(ask(operator, "PATCH", f"/{kept['id']}", wrong), 422)
    assert path in [field["path"] for field in told["fields"]]
    assert ask(operator, "GET", f"/{kept['id']}").json() == kept


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"name": "a", "name": "b"}', b"\xff"])
def test_a_body_that_is_none_is_refused(operator: Client, body: bytes) -> None:
    assert ask(operator, "POST", body=body).status_code in (400, 422)
    assert not Schedule.objects.exists()


def test_each_command_takes_the_role_that_sending_it_takes(identity: Identity) -> None:
    switch = NIGHTLY | {"command": "switch-mode", "payload": {"mode": "scalper-macdv"}}
    status = NIGHTLY | {"command": "status"}
    viewer, operator, admin = (signed_in(identity, role) for role in Role)
    for body in (NIGHTLY, status, NIGHTLY | {"command": "dance"}):
        assert "needs the role operator" in error_of(ask(viewer, "POST", body=body), 403)["message"]
    assert "needs the role admin" in error_of(ask(operator, "POST", body=switch), 403)["message"]
    theirs, path = made(admin, **switch), f"/{made(operator)['id']}"
    assert "admin" in error_of(ask(operator, "PATCH", path, {"command": "switch-mode"}), 403)["message"]
    for method, change in (("PATCH", {"enabled": False}), ("PATCH", {"command": "pause"}), ("DELETE", None)):
        assert "admin" in error_of(ask(operator, method, f"/{theirs['id']}", change), 403)["message"]
        error_of(ask(viewer, method, path, change), 403)
    assert len(ask(viewer, "GET").json()["results"]) == 2
    assert ask(viewer, "GET", path).status_code == 200
    assert "needs the role viewer" in error_of(ask(signed_in(identity, None), "GET"), 403)["message"]
    error_of(ask(Client(), "GET"), 401)


def test_a_token_makes_schedules_in_its_makers_name(identity: Identity) -> None:
    maker = a_login(identity, Role.ADMIN, "ada")
    secret = tokens.make(maker, "script", Role.OPERATOR, maker.date_joined).secret
    client = Client(headers={"Authorization": f"Bearer {secret}"})
    assert made(client)["createdBy"] == "ada"
    body = NIGHTLY | {"command": "switch-mode", "payload": {"mode": "scalper-macdv"}}
    assert "this token's is operator" in error_of(ask(client, "POST", body=body), 403)["message"]


def test_nobody_sees_or_touches_anothers(operator: Client) -> None:
    path = f"/{made(operator)['id']}"
    stranger = signed_in(services.create_identity(), Role.ADMIN)
    assert ask(stranger, "GET").json() == {"results": [], "next": None}
    for method, body in (("GET", None), ("PATCH", {"enabled": False}), ("DELETE", None)):
        error_of(ask(stranger, method, path, body), 404)
    error_of(ask(stranger, "GET", "/no-uuid"), 404)


def test_the_list_goes_on_where_it_stopped_newest_first(operator: Client) -> None:
    ids = [made(operator, name=f"n{number}")["id"] for number in range(5)]
    seen: list[str] = []
    query = "?limit=2"
    while query:
        page = ask(operator, "GET", query).json()
        seen += [row["id"] for row in page["results"]]
        query = page["next"]
    assert seen == ids[::-1]


def test_the_last_result_is_the_commands_or_what_was_kept_of_it(
    operator: Client, identity: Identity, settings: Settings
) -> None:
    kept = made(operator)
    rows = Schedule.objects.filter(pk=kept["id"])
    # A refused command has ended at once.
    send(identity.sub, Order("status", id="c1"), source="schedule", issued_by="ada")
    rows.update(last_due=1, last_run_at=2, last_command_id="c1")
    body = ask(operator, "GET", f"/{kept['id']}").json()
    assert (body["lastRunAt"], body["lastCommandId"], body["lastOutcome"]) == (2, "c1", None), "it has not ended"
    rows.update(last_outcome="succeeded", last_message="done")
    settings.REDIS_URL = "redis://127.0.0.1:1"
    shared_client.cache_clear()
    try:
        (body,) = ask(operator, "GET").json()["results"]
        assert (body["lastOutcome"], body["lastMessage"]) == ("succeeded", "done")
        rows.update(last_outcome="", last_message="")
        (body,) = ask(operator, "GET").json()["results"]
        assert (body["lastOutcome"], body["lastMessage"]) == (None, None)
        assert made(operator, name="without Redis")["state"] == "waiting"
    finally:
        shared_client.cache_clear()


def test_what_an_edit_of_the_database_left_is_shown_all_the_same(operator: Client) -> None:
    kept = made(operator)
    Schedule.objects.update(cron="never", timezone="Mars", payload=[1], missed="perhaps")
    body = ask(operator, "GET", f"/{kept['id']}").json()
    assert (body["nextRunAt"], body["state"]) == (None, "unreadable")
    assert ask(operator, "PATCH", f"/{kept['id']}", {"enabled": False}).json()["enabled"] is False
