"""The settings over HTTP, as a client sees them."""

import json
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

from settingsapp import services
from settingsapp.accounts import Role
from settingsapp.models import Identity, UserSettings
from settingsapp.services import Cause
from tests.settingsapp.logins import a_login

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Response

pytestmark = [pytest.mark.stores, pytest.mark.django_db]

SETTINGS = "/api/v1/settings"
MERGE_PATCH = "application/merge-patch+json"
LOW = {"perseus_profile": {"risk_tolerance": "low"}}


@pytest.fixture
def identity() -> Identity:
    return services.create_identity()


@pytest.fixture
def admin(identity: Identity) -> Client:
    return signed_in(identity, Role.ADMIN)


def signed_in(identity: Identity | None, role: Role | None) -> Client:
    client = Client()
    client.force_login(a_login(identity, role))
    return client


def patch(client: Client, data: Any, content_type: str = MERGE_PATCH, **headers: str) -> "Response":
    body = data if isinstance(data, bytes) else json.dumps(data)
    return client.patch(SETTINGS, body, content_type=content_type, headers=headers)


def told(response: "Response", status: int) -> dict[str, Any]:
    """Return an error's body after checking that it is told as every error is."""
    assert response.status_code == status, response.content
    assert response.headers["Content-Type"].startswith("application/json")
    error: dict[str, Any] = response.json()
    assert set(error) == {"error", "message", "fields"}
    assert error["message"].endswith(".")
    return error


def test_the_settings_come_with_their_version_as_a_strong_etag(admin: Client, identity: Identity) -> None:
    response = admin.get(SETTINGS)
    assert response.status_code == 200
    assert response.headers["ETag"] == '"1"'
    body = response.json()
    assert set(body) == {"sub", "version", "updatedAt", "updatedBy", "settings"}
    assert (body["sub"], body["version"]) == (identity.sub, 1)
    assert body["settings"] == services.read(identity.sub).document.as_json()


@pytest.mark.parametrize("content_type", [MERGE_PATCH, "application/json", "application/json; charset=utf-8"])
def test_a_patch_changes_what_it_names_and_nothing_else(admin: Client, identity: Identity, content_type: str) -> None:
    before = services.read(identity.sub).document.as_json()
    response = patch(admin, LOW, content_type)
    assert (response.status_code, response.headers["ETag"]) == (200, '"2"')
    body = response.json()
    assert body["updatedBy"] == "admin"
    before["perseus_profile"]["risk_tolerance"] = "low"
    assert body["settings"] == before == services.read(identity.sub).document.as_json()


def test_a_patch_that_changes_nothing_keeps_the_version(admin: Client) -> None:
    assert patch(admin, {}).headers["ETag"] == '"1"'


def test_a_put_gives_what_it_leaves_out_its_default(admin: Client) -> None:
    patch(admin, LOW)
    response = admin.put(SETTINGS, json.dumps({"symbols": ["BTC-USD"]}), content_type="application/json")
    assert response.status_code == 200
    settings = response.json()["settings"]
    assert (settings["symbols"], settings["perseus_profile"]["risk_tolerance"]) == (["BTC-USD"], "medium")


@pytest.mark.parametrize("tag", ['"1"', "*", '"7", "1"', ' "1" '])
def test_a_matching_if_match_lets_a_write_through(admin: Client, tag: str) -> None:
    assert patch(admin, LOW, **{"If-Match": tag}).status_code == 200


@pytest.mark.parametrize("tag", ['"1"', '"3"', 'W/"2"', '"abc"', '"02"', '"99999999999999999999"', '""'])
def test_any_other_if_match_is_stale_and_told_the_current_version(admin: Client, identity: Identity, tag: str) -> None:
    services.patch(identity.sub, {"symbols": []}, cause=Cause("system", None, ""))
    error = told(patch(admin, LOW, **{"If-Match": tag}), 412)
    assert error["error"] == "stale_version"
    assert "version 2" in error["message"]
    assert services.saved_version(identity.sub) == 2


@pytest.mark.parametrize("tag", ["1", "'1'", '"1', ""])
def test_an_if_match_that_is_no_entity_tag_is_told_what_one_is(admin: Client, tag: str) -> None:
    assert '"42"' in told(patch(admin, LOW, **{"If-Match": tag}), 400)["message"]


def test_every_wrong_field_is_told_with_its_path(admin: Client) -> None:
    data = {"perseus_profile": {"timezone": "Mars", "risk_tolerence": "low"}, "exchanges": {"kraken": {"enabled": 1}}}
    error = told(patch(admin, data), 422)
    assert {field["path"] for field in error["fields"]} == {
        "perseus_profile.timezone",
        "perseus_profile.risk_tolerence",
        "exchanges.kraken.enabled",
    }
    assert all(field["message"] for field in error["fields"])


@pytest.mark.parametrize(
    "body",
    [
        b" ",
        b"{",
        b"[]",
        b"null",
        b'{"a": NaN}',
        b'{"a": 1e400}',
        b'{"a": 1, "a": 2}',
        b'{"a": "\\u0000"}',
        b'{"a": "\\ud800"}',
        b'{"a": "\xff"}',
        b'{"a":' * 50 + b"1" + b"}" * 50,
        b"[" * 100_000,
        b'{"a": ' + b"9" * 5_000 + b"}",
    ],
)
def test_a_body_that_some_party_would_misread_is_refused(admin: Client, body: bytes) -> None:
    assert told(patch(admin, body), 400)["error"] == "malformed"


@pytest.mark.parametrize("content_type", ["text/plain", "application/xml", "application/json-seq", "nonsense"])
def test_another_media_type_is_told_which_are_taken(admin: Client, content_type: str) -> None:
    assert MERGE_PATCH in told(patch(admin, b"{}", content_type), 415)["message"]


@pytest.mark.parametrize("size", [1_100_000, 3_000_000])
def test_a_body_too_long_is_told_so(admin: Client, size: int) -> None:
    assert told(patch(admin, b'{"sub": "' + b"x" * size + b'"}'), 413)["error"] == "too_large"


def test_without_signing_in_nothing_is_read_or_written(identity: Identity) -> None:
    assert told(Client().get(SETTINGS), 401)["error"] == "not_signed_in"
    assert patch(Client(), LOW).status_code in (401, 403)
    assert services.saved_version(identity.sub) == 1


def test_a_write_without_the_csrf_token_is_refused(identity: Identity) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(a_login(identity, Role.ADMIN))
    assert "X-CSRFToken" in told(patch(client, LOW), 403)["message"]


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR])
def test_who_is_no_admin_reads_but_does_not_write(identity: Identity, role: Role) -> None:
    client = signed_in(identity, role)
    assert client.get(SETTINGS).status_code == 200
    assert "admin" in told(patch(client, LOW), 403)["message"]
    assert services.saved_version(identity.sub) == 1


def test_a_login_without_an_identity_is_told_so() -> None:
    assert told(signed_in(None, Role.ADMIN).get(SETTINGS), 403)["error"] == "no_identity"


def test_the_identity_is_the_logins_whatever_the_request_says(admin: Client, identity: Identity) -> None:
    other = services.create_identity()
    assert admin.get(SETTINGS, {"sub": other.sub}).json()["sub"] == identity.sub
    error = told(patch(admin, {"sub": other.sub}), 422)
    assert error["fields"][0]["path"] == "sub"
    assert services.saved_version(other.sub) == 1


def test_a_damaged_document_is_told_and_not_a_server_error(admin: Client) -> None:
    UserSettings.objects.update(settings={"symbols": 7})
    assert told(admin.get(SETTINGS), 409)["fields"] == [{"path": "symbols", "message": "is a list"}]
    told(patch(admin, LOW), 422)
    assert admin.put(SETTINGS, "{}", content_type="application/json").status_code == 200


def test_other_methods_and_addresses_are_answered_in_json(admin: Client) -> None:
    told(admin.delete(SETTINGS), 405)
    told(admin.get("/api/v1/nothing"), 404)
    told(admin.get("/api/nothing"), 404)


def test_the_documentation_needs_nothing_from_elsewhere(admin: Client) -> None:
    page = admin.get("/api/v1/docs")
    assert page.status_code == 200
    assert b"https://" not in page.content
    assert b"http://" not in page.content
    described = admin.get("/api/v1/openapi.json").json()
    assert {"get", "put", "patch"} <= set(described["paths"][SETTINGS])
