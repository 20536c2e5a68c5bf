"""The API as its clients meet it: every answer JSON, every error in one shape, nothing bad ever a 500."""

import json
import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db.models import JSONField, Value
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


def error_of(response: Any, status: int) -> dict[str, Any]:
    """The error's body, after a look at its shape."""
    assert response.status_code == status, response.content
    assert response.headers["Content-Type"].startswith("application/json")
    body: dict[str, Any] = json.loads(response.content)
    assert set(body) == {"error", "message", "fields"}
    assert body["message"][0].isupper()
    assert body["message"].endswith((".", '".', "?"))
    assert all(set(field) == {"path", "message"} for field in body["fields"])
    return body


def test_a_write_that_changes_nothing_makes_no_version(client: Client) -> None:
    before = client.get(SETTINGS).json()
    assert client.patch(SETTINGS, "{}", MERGE_PATCH).json() == before
    assert client.put(SETTINGS, json.dumps(before["settings"]), "application/json").json() == before


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
