"""JSON Patch over HTTP."""

import json
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

from settingsapp import services
from settingsapp.models import Identity

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Response

pytestmark = [pytest.mark.stores, pytest.mark.django_db]

SETTINGS = "/api/v1/settings"


def patch(client: Client, operations: Any, **headers: str) -> "Response":
    return client.patch(
        SETTINGS, json.dumps(operations), content_type="application/json-patch+json", headers=headers or None
    )


def test_a_patch_changes_what_it_names(admin: Client, identity: Identity) -> None:
    before = services.read(identity.sub).document.as_json()
    operations = [
        {"op": "test", "path": "/symbols/0", "value": "BTC-USD"},
        {"op": "remove", "path": "/symbols/0"},
        {"op": "add", "path": "/symbols/-", "value": "UNI-USD"},
        {"op": "replace", "path": "/perseus_profile/risk_tolerance", "value": "low"},
    ]
    response = patch(admin, operations, **{"If-Match": '"1"'})
    assert (response.status_code, response.headers["ETag"]) == (200, '"2"')
    settings = response.json()["settings"]
    assert settings["symbols"] == [*before["symbols"][1:], "UNI-USD"]
    assert settings["perseus_profile"]["risk_tolerance"] == "low"


def test_a_failed_test_saves_nothing_and_is_a_conflict(admin: Client, identity: Identity) -> None:
    operations = [
        {"op": "replace", "path": "/perseus_profile/risk_tolerance", "value": "low"},
        {"op": "test", "path": "/symbols", "value": []},
    ]
    response = patch(admin, operations)
    assert response.status_code == 409
    assert response.json()["error"] == "test_failed"
    assert response.json()["fields"][0]["path"] == "symbols"
    assert services.saved_version(identity.sub) == 1


@pytest.mark.parametrize(
    ("operations", "status", "path"),
    [
        ([{"op": "remove", "path": "/symbols/99"}], 422, "symbols.99"),
        ([{"op": "add", "path": "/exchanges/kraken/enabled", "value": True}], 422, "exchanges.kraken.enabled"),
        ([{"op": "add", "path": "/symbols/-", "value": "btc"}], 422, "symbols.10"),
        ([{"op": "add", "path": "/simbols", "value": []}], 422, "simbols"),
        ([{"op": "replace", "path": "", "value": []}], 422, ""),
        ([{"op": "jump", "path": ""}], 422, "0.op"),
        ([{"op": "replace", "path": "/sub", "value": "another"}], 422, "sub"),
    ],
)
def test_what_does_not_fit_is_told_with_its_path(
    admin: Client, identity: Identity, operations: Any, status: int, path: str
) -> None:
    response = patch(admin, operations)
    assert response.status_code == status
    assert response.json()["fields"][0]["path"] == path
    assert services.saved_version(identity.sub) == 1


@pytest.mark.parametrize("body", [{}, "x", None])
def test_a_patch_is_an_array(admin: Client, body: Any) -> None:
    assert patch(admin, body).status_code == 400


def test_a_stale_version_is_refused(admin: Client) -> None:
    assert patch(admin, [], **{"If-Match": '"7"'}).status_code == 412


def test_who_may_only_look_does_not_patch(viewer: Client) -> None:
    assert patch(viewer, []).status_code == 403


def test_a_nest_that_grows_while_patching_is_refused(admin: Client) -> None:
    deeper = [
        {"op": "add", "path": "/outer", "value": {}},
        {"op": "move", "from": "/scanner", "path": "/outer/scanner"},
        {"op": "move", "from": "/outer", "path": "/scanner"},
    ]
    assert patch(admin, deeper * 2_000).status_code == 422
