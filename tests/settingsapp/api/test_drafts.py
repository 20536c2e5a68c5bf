"""What is told about a document before it is saved."""

import json
from typing import Any

import pytest
from django.test import Client

from settingsapp import services
from settingsapp.jsonform import form_schema
from settingsapp.models import Identity, UserSettings
from settingsapp.schema.merge_patch import merged
from settingsapp.schema.validation import json_schema

pytestmark = [pytest.mark.stores, pytest.mark.django_db]

SETTINGS = "/api/v1/settings"


def saved(identity: Identity) -> dict[str, Any]:
    return services.read(identity.sub).document.as_json()


def validated(client: Client, text: str | bytes) -> dict[str, Any]:
    response = client.post(f"{SETTINGS}/validate", text, content_type="application/json")
    assert response.status_code == 200, response.content
    body: dict[str, Any] = response.json()
    assert set(body) == {"valid", "problems", "warnings"}
    return body


def test_the_schema_comes_for_programs_and_for_the_form(viewer: Client) -> None:
    body = viewer.get(f"{SETTINGS}/schema").json()
    assert body == {"schema": json.loads(json.dumps(json_schema())), "form": json.loads(json.dumps(form_schema()))}


def test_what_is_saved_is_valid(viewer: Client, identity: Identity) -> None:
    assert validated(viewer, json.dumps(saved(identity))) == {"valid": True, "problems": [], "warnings": []}


def test_every_problem_is_told_with_path_and_line(admin: Client) -> None:
    text = (
        '{\n  "symbols": [\n    "BTC-USD",\n    "btc"\n  ],\n'
        '  "perseus_profile":\n  {"timezone": "Mars"}, "simbols": []\n}'
    )
    body = validated(admin, text)
    assert not body["valid"]
    assert {(p["path"], p["line"]) for p in body["problems"]} == {
        ("symbols.1", 4),
        ("perseus_profile.timezone", 7),
        ("simbols", 7),
    }


def test_a_problem_of_what_is_missing_stands_at_what_is_around_it(admin: Client) -> None:
    text = (
        '{"perseus_profile": {"trading_mode": "live"},\n'
        ' "exchanges": {"simulated": {},\n  "kraken": {"enabled": true}}}'
    )
    assert {(p["path"], p["line"]) for p in validated(admin, text)["problems"]} == {
        ("exchanges.kraken.ApiKeyEnvironmentVariableName", 3),
        ("exchanges.kraken.SecretEnvironmentVariableName", 3),
    }


@pytest.mark.parametrize(
    ("text", "path", "line"),
    [
        ('{"symbols": [\n"BTC-USD"\n "ETH-USD"]}', "", 3),
        (" \n", "", 2),
        ("[]", "", None),
        ('{\n"position_min_value_usd": NaN}', "position_min_value_usd", 2),
        ('{\n"symbols": [],\n"symbols": []}', "symbols", 3),
        (b'{\n"sub": "\xff"}', "", 2),
    ],
)
def test_what_is_no_json_is_told_at_its_line(admin: Client, text: str | bytes, path: str, line: int | None) -> None:
    body = validated(admin, text)
    assert not body["valid"]
    (problem,) = body["problems"]
    assert (problem["path"], problem.get("line")) == (path, line)


def test_another_identitys_document_is_not_valid_here(admin: Client) -> None:
    assert [p["path"] for p in validated(admin, '{"sub": "somebody else"}')["problems"]] == ["sub"]


def test_what_does_less_than_expected_is_a_warning(admin: Client) -> None:
    data = {
        "livermore_runtime": {"logging": {"data_directory": "C:\\livermore\\data", "log_directory": "./logs"}},
        "exchanges": {"simulated": {"enabled": True}, "kraken": {}},
        "symbols": ["kraken:XBTUSD", "BTC-USD"],
        "sparse_symbols": ["simulated:BTC-USD"],
    }
    body = validated(admin, json.dumps(data))
    assert body["valid"]
    assert [warning["path"] for warning in body["warnings"]] == [
        "livermore_runtime.logging.data_directory",
        "symbols",
        "sparse_symbols.0",
    ]


def test_a_draft_is_compared_with_what_is_saved(viewer: Client, identity: Identity) -> None:
    draft = merged(saved(identity), {"symbols": ["BTC-USD", "UNI-USD"], "perseus_profile": {"description": "Me"}})
    response = viewer.post(f"{SETTINGS}/diff", json.dumps(draft), content_type="application/json")
    assert response.status_code == 200, response.content
    body = response.json()
    assert set(body) == {"baseVersion", "changes", "impact", "symbols"}
    assert (body["baseVersion"], body["impact"]) == (1, "resubscribe")
    assert body["changes"][0] == {
        "path": "perseus_profile.description",
        "before": "",
        "after": "Me",
        "sentence": "perseus_profile.description: empty → Me",
        "impact": "none",
    }
    assert [change["path"] for change in body["changes"][1:]] == ["symbols"]
    assert body["symbols"]["gained"] == ["simulated:UNI-USD"]
    assert len(body["symbols"]["lost"]) == 9
    assert services.saved_version(identity.sub) == 1


def test_no_change_has_no_impact(viewer: Client, identity: Identity) -> None:
    response = viewer.post(f"{SETTINGS}/diff", json.dumps(saved(identity)), content_type="application/json")
    assert response.json() == {
        "baseVersion": 1,
        "changes": [],
        "impact": "none",
        "symbols": {"gained": [], "lost": []},
    }


def test_a_draft_that_is_no_document_can_not_be_compared(viewer: Client) -> None:
    response = viewer.post(f"{SETTINGS}/diff", '{"symbols": 7}', content_type="application/json")
    assert response.status_code == 422
    assert response.json()["fields"] == [{"path": "symbols", "message": "is a list"}]


def test_nothing_can_be_compared_with_a_damaged_document(viewer: Client) -> None:
    UserSettings.objects.update(settings={"symbols": 7})
    response = viewer.post(f"{SETTINGS}/diff", "{}", content_type="application/json")
    assert response.status_code == 409


@pytest.mark.parametrize("path", ["validate", "diff"])
def test_another_media_type_is_told_which_is_taken(viewer: Client, path: str) -> None:
    response = viewer.post(f"{SETTINGS}/{path}", "{}", content_type="text/plain")
    assert response.status_code == 415
    assert "application/json" in response.json()["message"]


@pytest.mark.parametrize("path", ["schema", "validate", "diff"])
def test_who_is_not_signed_in_is_told_nothing(path: str) -> None:
    client, address = Client(), f"{SETTINGS}/{path}"
    response = client.get(address) if path == "schema" else client.post(address, "{}", content_type="application/json")
    assert response.status_code in (401, 403)
