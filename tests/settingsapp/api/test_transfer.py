"""Settings as files, and templates."""

import json
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from settingsapp import services
from settingsapp.models import Identity, UserSettings
from settingsapp.schema.templates import TEMPLATES
from settingsapp.services import Cause
from tests.settingsapp.schema.landscape_file import a_landscape_file

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Response

pytestmark = [pytest.mark.stores, pytest.mark.django_db]

SETTINGS = "/api/v1/settings"


def imported(client: Client, data: Any, query: str = "", **headers: str) -> "Response":
    body = data if isinstance(data, str | bytes) else json.dumps(data)
    return client.post(f"{SETTINGS}/import{query}", body, content_type="application/json", headers=headers or None)


def test_an_export_is_the_bare_document_with_a_good_name(viewer: Client, identity: Identity) -> None:
    response = viewer.get(f"{SETTINGS}/export")
    assert response.status_code == 200
    assert response.json() == services.read(identity.sub).document.as_json()
    disposition = response.headers["Content-Disposition"]
    assert disposition.startswith('attachment; filename="livermore-settings-v1-')
    assert disposition.endswith('.json"')


def test_what_was_exported_is_imported_without_a_change(admin: Client, identity: Identity) -> None:
    assert imported(admin, a_landscape_file()).status_code == 200
    response = imported(admin, admin.get(f"{SETTINGS}/export").content)
    assert response.json() == {"dryRun": False, "version": 2, "changes": [], "warnings": response.json()["warnings"]}
    assert services.saved_version(identity.sub) == 2


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.sampled_from(["BTC-USD", "ETH-USD", "1INCH-USD", "simulated:SOL-USD"]), unique=True),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=10),
    st.floats(0, 1e12),
)
def test_export_and_import_are_inverse(admin: Client, symbols: list[str], text: str, least: float) -> None:
    data = {"symbols": symbols, "perseus_profile": {"description": text}, "position_min_value_usd": least}
    assert imported(admin, data).status_code == 200
    assert imported(admin, admin.get(f"{SETTINGS}/export").content).json()["changes"] == []


def test_a_file_of_the_earlier_system_comes_in_unchanged(admin: Client, identity: Identity) -> None:
    file = a_landscape_file()
    response = imported(admin, file)
    assert response.status_code == 200, response.content
    body = response.json()
    assert (body["dryRun"], body["version"]) == (False, 2)
    assert body["changes"]
    assert {"sub", "livermore_runtime.logging.data_directory"} <= {warning["path"] for warning in body["warnings"]}
    saved = services.read(identity.sub).document.as_json()
    assert saved["sub"] == identity.sub
    assert saved["livermore_runtime"]["logging"]["data_directory"] == "C:\\livermore\\data"
    assert {key: saved[key] for key in ("symbols", "sparse_symbols", "position_refresh_hours")} == {
        key: file[key] for key in ("symbols", "sparse_symbols", "position_refresh_hours")
    }


def test_a_dry_run_tells_the_same_and_saves_nothing(admin: Client, identity: Identity) -> None:
    dry = imported(admin, a_landscape_file(), "?dryRun=1").json()
    assert services.saved_version(identity.sub) == 1
    assert (dry["dryRun"], dry["version"]) == (True, 1)
    real = imported(admin, a_landscape_file()).json()
    assert (dry["changes"], dry["warnings"]) == (real["changes"], real["warnings"])


def test_an_unknown_key_is_refused_with_its_path_and_the_one_that_was_meant(admin: Client, identity: Identity) -> None:
    file = a_landscape_file() | {"simbols": []}
    for query in ("", "?dryRun=1"):
        response = imported(admin, file, query)
        assert response.status_code == 422
        assert response.json()["fields"] == [{"path": "simbols", "message": "no such field; did you mean 'symbols'?"}]
    assert services.saved_version(identity.sub) == 1


def test_a_stale_import_is_refused_dry_or_not(admin: Client, identity: Identity) -> None:
    services.patch(identity.sub, {"symbols": []}, cause=Cause("system", None, ""))
    for query in ("", "?dryRun=1"):
        assert imported(admin, {}, query, **{"If-Match": '"1"'}).status_code == 412
    assert imported(admin, {}, **{"If-Match": '"2"'}).status_code == 200


def test_a_damaged_document_is_replaced_by_an_import_which_says_so(admin: Client, identity: Identity) -> None:
    UserSettings.objects.update(settings={"symbols": 7})
    assert admin.get(f"{SETTINGS}/export").status_code == 409
    body = imported(admin, {"symbols": ["BTC-USD"]}).json()
    assert any("no valid document" in warning["message"] for warning in body["warnings"])
    assert services.read(identity.sub).document.symbols == ("BTC-USD",)


@pytest.mark.parametrize("query", ["?dryRun=perhaps", "?dryRun="])
def test_a_dry_run_is_on_or_off(admin: Client, identity: Identity, query: str) -> None:
    assert imported(admin, {}, query).status_code == 422
    assert services.saved_version(identity.sub) == 1


def test_who_may_only_look_imports_and_applies_nothing(viewer: Client) -> None:
    assert imported(viewer, {}, "?dryRun=1").status_code == 403
    assert viewer.post(f"{SETTINGS}/templates/simulated/apply").status_code == 403


def test_every_template_comes_with_what_it_would_change(viewer: Client) -> None:
    body = viewer.get(f"{SETTINGS}/templates").json()
    assert [told["name"] for told in body["results"]] == [known.name for known in TEMPLATES]
    for told in body["results"]:
        assert set(told) == {"name", "title", "description", "changes", "impact", "symbols", "problems"}
        assert told["problems"] == []
    coinbase = body["results"][1]
    assert coinbase["impact"] == "restart"
    assert "coinbase:BTC-USD" in coinbase["symbols"]["gained"]


@pytest.mark.parametrize("name", [known.name for known in TEMPLATES])
def test_what_was_previewed_is_what_is_applied(admin: Client, identity: Identity, name: str) -> None:
    told = next(t for t in admin.get(f"{SETTINGS}/templates").json()["results"] if t["name"] == name)
    response = admin.post(f"{SETTINGS}/templates/{name}/apply", headers={"If-Match": '"1"'})
    assert response.status_code == 200, response.content
    assert response.json()["version"] == (2 if told["changes"] else 1)
    again = next(t for t in admin.get(f"{SETTINGS}/templates").json()["results"] if t["name"] == name)
    assert again["changes"] == []


def test_a_template_is_not_applied_over_what_somebody_saved(admin: Client, identity: Identity) -> None:
    services.patch(identity.sub, {"symbols": []}, cause=Cause("system", None, ""))
    response = admin.post(f"{SETTINGS}/templates/night-mode/apply", headers={"If-Match": '"1"'})
    assert response.status_code == 412


def test_an_unknown_template_is_told_with_those_there_are(admin: Client) -> None:
    response = admin.post(f"{SETTINGS}/templates/night-mod/apply")
    assert response.status_code == 404
    assert "did you mean 'night-mode'" in response.json()["message"]
