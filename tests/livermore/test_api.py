"""The API as its clients meet it: every answer JSON, every error in one shape, nothing bad ever a 500."""

import json
import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db.models import JSONField, Value
from django.http import HttpResponse
from django.test import Client

from settingsapp import services
from settingsapp.accounts import Role
from settingsapp.models import Identity, UserSettings
from tests.settingsapp.logins import a_login

pytestmark = [pytest.mark.stores, pytest.mark.django_db]

SETTINGS = "/api/v1/settings"
MERGE_PATCH = "application/merge-patch+json"


@pytest.fixture
def identity(db: None) -> Identity:
    return services.create_identity()


@pytest.fixture
def admin(identity: Identity) -> User:
    return a_login(identity, Role.ADMIN)


@pytest.fixture
def client(admin: User) -> Client:
    return signed_in(admin)


def signed_in(user: User, **options: Any) -> Client:
    # Unlike in Django's own tests an exception must come out as an answer.
    client = Client(raise_request_exception=False, **options)
    client.force_login(user)
    return client


def error_of(response: HttpResponse, status: int) -> dict[str, Any]:
    """The error's body, after a look at its shape."""
    assert response.status_code == status, response.content
    assert response.headers["Content-Type"].startswith("application/json")
    body: dict[str, Any] = json.loads(response.content)
    assert set(body) == {"error", "message", "fields"}
    assert body["message"][0].isupper()
    assert body["message"].endswith((".", '".', "?"))
    assert all(set(field) == {"path", "message"} for field in body["fields"])
    return body


def test_the_settings_come_with_their_version_as_a_strong_etag(client: Client, identity: Identity) -> None:
    response = client.get(SETTINGS)
    body = response.json()
    assert response.status_code == 200
    assert response.headers["ETag"] == '"1"'
    assert set(body) == {"sub", "version", "updatedAt", "updatedBy", "settings"}
    assert (body["sub"], body["version"]) == (identity.sub, 1)
    assert body["settings"] == services.read(identity.sub).document.as_json()


@pytest.mark.parametrize("media_type", [MERGE_PATCH, "application/json", "application/json; charset=utf-8"])
def test_a_merge_patch_changes_what_it_names_and_nothing_else(client: Client, media_type: str) -> None:
    before = client.get(SETTINGS).json()["settings"]
    response = client.patch(SETTINGS, '{"perseus_profile": {"risk_tolerance": "low"}}', media_type)
    assert response.status_code == 200
    assert response.headers["ETag"] == '"2"'
    assert response.json()["updatedBy"] == "admin"
    expected = before | {"perseus_profile": before["perseus_profile"] | {"risk_tolerance": "low"}}
    assert response.json()["settings"] == expected
    assert client.get(SETTINGS).json() == response.json()


def test_null_gives_a_field_its_default_again(client: Client) -> None:
    client.patch(SETTINGS, '{"perseus_profile": {"currency": "EUR"}}', MERGE_PATCH)
    response = client.patch(SETTINGS, '{"perseus_profile": {"currency": null}}', MERGE_PATCH)
    assert response.json()["settings"]["perseus_profile"]["currency"] == "USD"


def test_a_write_that_changes_nothing_makes_no_version(client: Client) -> None:
    before = client.get(SETTINGS).json()
    assert client.patch(SETTINGS, "{}", MERGE_PATCH).json() == before
    assert client.put(SETTINGS, json.dumps(before["settings"]), "application/json").json() == before


def test_put_replaces_the_document_and_fills_in_what_is_missing(client: Client, identity: Identity) -> None:
    response = client.put(SETTINGS, '{"symbols": ["BTC-USD"]}', "application/json")
    settings = response.json()["settings"]
    assert response.status_code == 200
    assert (settings["sub"], settings["symbols"], settings["position_symbols"]) == (identity.sub, ["BTC-USD"], [])


def test_nobody_gets_another_identitys_name(client: Client, identity: Identity) -> None:
    other = services.create_identity()
    body = error_of(client.patch(SETTINGS, json.dumps({"sub": other.sub}), MERGE_PATCH), 422)
    assert body["fields"] == [{"path": "sub", "message": f"can't be changed: it is {identity.sub}"}]


@pytest.mark.parametrize("tag", ['"1"', "*", '"7", "1"', ' "1" '])
def test_if_match_lets_through_who_has_seen_the_saved_version(client: Client, tag: str) -> None:
    response = client.patch(SETTINGS, '{"symbols": []}', MERGE_PATCH, headers={"If-Match": tag})
    assert response.json()["version"] == 2


@pytest.mark.parametrize("tag", ['"2"', '"0"', 'W/"1"', '"01"', '""', '"something-else"', '"99999999999999999999"'])
@pytest.mark.parametrize("method", ["patch", "put"])
def test_if_match_stops_who_has_seen_another(client: Client, method: str, tag: str) -> None:
    send = getattr(client, method)
    body = error_of(send(SETTINGS, '{"symbols": []}', "application/json", headers={"If-Match": tag}), 412)
    assert body["error"] == "stale_version"
    assert "version 1" in body["message"]
    assert client.get(SETTINGS).json()["version"] == 1


@pytest.mark.parametrize("tag", ["1", '"1', "version 1", "", ","])
def test_an_if_match_that_is_none_is_refused_as_such(client: Client, tag: str) -> None:
    response = client.patch(SETTINGS, '{"symbols": []}', MERGE_PATCH, headers={"If-Match": tag})
    assert error_of(response, 400)["error"] == "bad_if_match"


@pytest.mark.parametrize(
    ("media_type", "method"),
    [("text/plain", "patch"), ("application/json-seq", "patch"), ("", "patch"), (MERGE_PATCH, "put")],
)
def test_another_media_type_is_refused_with_those_that_are_taken(client: Client, media_type: str, method: str) -> None:
    response = getattr(client, method)(SETTINGS, "{}", media_type)
    assert "application/json" in error_of(response, 415)["message"]


BAD_BODIES = {
    "half": b'{"symbols": [',
    "an array": b"[]",
    "NaN": b'{"position_min_value_usd": NaN}',
    "too large a number": b'{"position_min_value_usd": 1e400}',
    "a number of 5,000 digits": b'{"position_min_value_usd": ' + b"9" * 5_000 + b"}",
    "a key twice": b'{"symbols": [], "symbols": ["BTC-USD"]}',
    "deep": b'{"a":' * 5_000 + b"1" + b"}" * 5_000,
    "rather deep": b'{"a":' * 40 + b"1" + b"}" * 40,
    "a lone surrogate": b'{"symbols": ["\\ud800"]}',
    "a zero character": b'{"perseus_profile": {"public_name": "a\\u0000b"}}',
    "latin-1": '{"perseus_profile": {"public_name": "é"}}'.encode("latin-1"),
}


@pytest.mark.parametrize("body", BAD_BODIES.values(), ids=BAD_BODIES.keys())
@pytest.mark.parametrize("method", ["patch", "put"])
def test_what_one_reader_would_take_and_another_would_not_is_refused(client: Client, method: str, body: bytes) -> None:
    response = getattr(client, method)(SETTINGS, body, "application/json")
    assert error_of(response, 400)["error"] == "malformed"
    assert client.get(SETTINGS).json()["version"] == 1


def test_every_invalid_field_is_named_with_what_would_be_right(client: Client) -> None:
    patch = {
        "perseus_profile": {"timezone": "Mars/Olympus", "risk_tolerence": "low"},
        "exchanges": {"coinbase": {"enabled": "yes"}},
        "position_refresh_hours": 0,
    }
    body = error_of(client.patch(SETTINGS, json.dumps(patch), MERGE_PATCH), 422)
    told = {field["path"]: field["message"] for field in body["fields"]}
    assert set(told) == {
        "perseus_profile.timezone",
        "perseus_profile.risk_tolerence",
        "exchanges.coinbase.enabled",
        "position_refresh_hours",
    }
    assert told["perseus_profile.risk_tolerence"] == "no such field; did you mean 'risk_tolerance'?"
    assert told["exchanges.coinbase.enabled"] == "is either true or false"


@pytest.mark.parametrize("length", [1024 * 1024 + 1, 3 * 1024 * 1024])
def test_too_long_a_body_is_refused_as_that(client: Client, length: int) -> None:
    response = client.patch(SETTINGS, b" " * length, MERGE_PATCH)
    assert error_of(response, 413)["error"] == "too_large"


def test_who_is_not_signed_in_is_told_to(db: None) -> None:
    for path in (SETTINGS, "/api/v1/runtime/status", "/api/v1/runtime/commands"):
        assert error_of(Client().get(path), 401)["error"] == "not_signed_in"


def test_a_deactivated_login_is_no_login(client: Client, admin: User) -> None:
    User.objects.filter(pk=admin.pk).update(is_active=False)
    error_of(client.get(SETTINGS), 401)


@pytest.mark.parametrize(("method", "path"), [("patch", SETTINGS), ("post", "/api/v1/runtime/commands")])
def test_without_its_csrf_token_a_page_changes_nothing(admin: User, method: str, path: str) -> None:
    strict = signed_in(admin, enforce_csrf_checks=True)
    response = getattr(strict, method)(path, '{"command": "pause"}', "application/json")
    body = error_of(response, 403)
    assert body["error"] == "csrf"
    assert "X-CSRFToken" in body["message"]


def test_with_its_csrf_token_a_page_may(admin: User) -> None:
    strict = signed_in(admin, enforce_csrf_checks=True)
    strict.get("/login/")
    strict.get("/admin/")
    token = strict.cookies["csrftoken"].value
    assert strict.patch(SETTINGS, "{}", MERGE_PATCH, headers={"X-CSRFToken": token}).status_code == 200


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR])
def test_reading_the_settings_takes_no_more_than_a_viewer_and_writing_an_admin(identity: Identity, role: Role) -> None:
    reader = signed_in(a_login(identity, role))
    assert reader.get(SETTINGS).status_code == 200
    for response in (reader.patch(SETTINGS, "{}", MERGE_PATCH), reader.put(SETTINGS, "{}", "application/json")):
        assert error_of(response, 403)["message"] == f"This needs the role admin; this login's is {role}."


def test_a_login_without_a_role_is_told_which_one_it_takes(identity: Identity) -> None:
    nobody = signed_in(a_login(identity, None))
    assert error_of(nobody.get(SETTINGS), 403)["message"] == "This needs the role viewer; this login's is none."


def test_a_login_without_an_identity_is_told_who_can_give_it_one(db: None) -> None:
    newcomer = signed_in(a_login(None, Role.ADMIN))
    for path in (SETTINGS, "/api/v1/runtime/status", "/api/v1/runtime/commands", "/api/v1/runtime/alerts"):
        assert error_of(newcomer.get(path), 403)["error"] == "no_identity"


def test_an_identity_without_settings_is_told_so(client: Client) -> None:
    UserSettings.objects.all().delete()
    assert error_of(client.get(SETTINGS), 404)["error"] == "no_settings"
    assert error_of(client.patch(SETTINGS, "{}", MERGE_PATCH), 404)["error"] == "no_settings"


@pytest.mark.parametrize(
    "damaged", [[], None, "text", 7, {"perseus_profile": 3}, {"exchanges": None}, {"symbols": ["a b"], "nonsense": 1}]
)
def test_a_document_that_was_damaged_in_the_database_is_named_and_can_be_replaced(
    client: Client, identity: Identity, damaged: Any
) -> None:
    UserSettings.objects.update(settings=Value(damaged, JSONField()))
    body = error_of(client.get(SETTINGS), 409)
    assert body["error"] == "damaged"
    assert body["fields"]
    assert client.put(SETTINGS, '{"symbols": ["BTC-USD"]}', "application/json").status_code == 200
    assert client.get(SETTINGS).json()["version"] == 2


@pytest.mark.parametrize("path", ["/api/", "/api/v1/", "/api/v1/setting", "/api/v2/settings", "/api/v1/settings/1/x"])
def test_an_unknown_address_is_a_json_404(client: Client, path: str) -> None:
    assert error_of(client.get(path), 404)["error"] == "not_found"


def test_a_method_that_an_address_does_not_take_is_answered_with_those_that_it_takes(client: Client) -> None:
    response = client.delete(SETTINGS)
    body = error_of(response, 405)
    assert set(response.headers["Allow"].split(", ")) == {"GET", "PUT", "PATCH"}
    assert body["message"] == f"This address does not take that method; it takes {response.headers['Allow']}."


def test_a_host_name_that_is_not_ours_is_a_json_400(client: Client) -> None:
    assert error_of(client.get(SETTINGS, headers={"Host": "evil.example"}), 400)["error"] == "bad_request"


def test_what_nobody_foresaw_is_a_json_500_without_its_details(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: str) -> None:
        raise RuntimeError("the password is swordfish")

    monkeypatch.setattr(services, "read", fail)
    assert "swordfish" not in json.dumps(error_of(client.get(SETTINGS), 500))


def test_the_documentation_needs_no_other_server(client: Client) -> None:
    page = client.get("/api/v1/docs")
    assert page.status_code == 200
    html = page.content.decode()
    assert re.findall(r"""(?:src|href)=["']?((?:https?:)?//[^"'> ]+)""", html) == []
    for asset in re.findall(r"""(?:src|href)=["']?(/[^"'> ]+)""", html):
        served = client.get(asset)
        assert served.status_code == 200, asset
        served.close()


def test_the_openapi_description_is_whole(client: Client) -> None:
    description = client.get("/api/v1/openapi.json").json()
    assert {"/api/v1/settings", "/api/v1/runtime/status", "/api/v1/runtime/commands"} <= set(description["paths"])
    for reference in re.findall(r'"\$ref": "([^"]+)"', json.dumps(description)):
        node = description
        for part in reference.removeprefix("#/").split("/"):
            assert part in node, reference
            node = node[part]


def test_pages_of_people_stay_pages(client: Client) -> None:
    response = client.get("/nowhere")
    assert response.status_code == 404
    assert response.headers["Content-Type"].startswith("text/html")
    assert b"Livermore" in response.content
