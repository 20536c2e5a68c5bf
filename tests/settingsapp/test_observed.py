"""What Livermore notes itself is shown within the document, and is no part of its versions."""

import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from settingsapp import jsonform, services, versions
from settingsapp.accounts import Role
from settingsapp.events import settings_saved
from settingsapp.models import Identity, UserSettings
from settingsapp.schema.observed import OBSERVED_FIELDS
from settingsapp.schema.validation import InvalidSettingsError
from settingsapp.services import Cause
from tests.settingsapp.logins import a_login

pytestmark = [pytest.mark.stores, pytest.mark.django_db]

SETTINGS = "/api/v1/settings"
SCAN, LOADED = "scanner_symbols_last_update", "portfolio_symbols_last_update"
EARLIER, LATER = "2026-01-31T12:00:00.000Z", "2026-03-01T12:00:00.000Z"
SYSTEM = Cause("system", None, "")
OWN, HELD_NOW = ["BTC-USD"], ["kraken:XXBTZUSD", "coinbase:ETH-USD"]


@pytest.fixture
def identity() -> Identity:
    return services.create_identity()


@pytest.fixture
def admin(identity: Identity) -> Client:
    client = Client()
    client.force_login(a_login(identity, Role.ADMIN))
    return client


def saved(identity: Identity) -> dict[str, Any]:
    return services.read(identity.sub).document.as_json()


def test_what_was_observed_is_shown_without_a_version_and_without_a_fact(admin: Client, identity: Identity) -> None:
    heard: list[object] = []

    def hear(**fact: object) -> None:
        heard.append(fact)

    settings_saved.connect(hear)
    try:
        services.observe(identity.sub, {SCAN: LATER})
    finally:
        settings_saved.disconnect(hear)
    answer = admin.get(SETTINGS)
    assert answer.json()["settings"][SCAN] == LATER
    assert answer.headers["ETag"] == '"1"'
    assert heard == []
    assert UserSettings.objects.get().settings[SCAN] == ""


def test_one_observation_leaves_the_others(identity: Identity) -> None:
    services.observe(identity.sub, {SCAN: EARLIER})
    services.observe(identity.sub, {LOADED: LATER})
    assert {field: saved(identity)[field] for field in OBSERVED_FIELDS} == {SCAN: EARLIER, LOADED: LATER}


@pytest.mark.parametrize("observed", [{"symbols": []}, {SCAN: 7}, {SCAN: "yesterday"}, {"": ""}])
def test_what_can_not_be_observed_is_refused(identity: Identity, observed: dict[str, Any]) -> None:
    with pytest.raises(InvalidSettingsError):
        services.observe(identity.sub, observed)
    assert saved(identity)[SCAN] == ""


@pytest.mark.parametrize("sent", [EARLIER, LATER, ""])
@pytest.mark.parametrize("method", ["put", "patch"])
def test_a_client_that_sends_it_back_current_or_stale_changes_nothing(
    admin: Client, identity: Identity, method: str, sent: str
) -> None:
    services.observe(identity.sub, {SCAN: LATER})
    body = admin.get(SETTINGS).json()["settings"] | {SCAN: sent}
    answer = getattr(admin, method)(SETTINGS, body, content_type="application/json")
    assert (answer.status_code, answer.headers["ETag"]) == (200, '"1"')
    assert answer.json()["settings"][SCAN] == LATER


def test_a_json_patch_may_test_and_touch_it_to_no_effect(admin: Client, identity: Identity) -> None:
    services.observe(identity.sub, {SCAN: LATER})
    operations = [
        {"op": "test", "path": f"/{SCAN}", "value": LATER},
        {"op": "replace", "path": f"/{SCAN}", "value": EARLIER},
        {"op": "replace", "path": "/scanner_exchange", "value": "simulated"},
    ]
    answer = admin.patch(SETTINGS, json.dumps(operations), content_type="application/json-patch+json")
    assert (answer.status_code, answer.headers["ETag"]) == (200, '"2"')
    assert answer.json()["settings"][SCAN] == LATER
    changed = versions.listed(identity.sub)[0].link
    assert changed is not None
    assert changed.told == ["scanner_exchange: empty → simulated"]


def test_an_observation_between_opening_and_saving_the_form_is_kept(admin: Client, identity: Identity) -> None:
    row = UserSettings.objects.get()
    page = reverse("admin:settingsapp_usersettings_change", args=[row.pk])
    services.observe(identity.sub, {SCAN: EARLIER})
    shown = jsonform.to_form(saved(identity))
    assert EARLIER in admin.get(page).content.decode()
    services.observe(identity.sub, {SCAN: LATER})
    shown["perseus_profile"]["public_name"] = "Ada"
    admin.post(page, {"settings": json.dumps(shown), "base_version": "1"})
    assert services.saved_version(identity.sub) == 2
    assert (saved(identity)[SCAN], saved(identity)["perseus_profile"]["public_name"]) == (LATER, "Ada")


def test_who_may_only_read_sees_it_too(identity: Identity) -> None:
    services.observe(identity.sub, {SCAN: LATER})
    viewer = Client()
    viewer.force_login(a_login(identity, Role.VIEWER))
    page = reverse("admin:settingsapp_usersettings_change", args=[UserSettings.objects.get().pk])
    assert LATER in viewer.get(page).content.decode()


def test_restoring_does_not_turn_back_what_was_observed(identity: Identity) -> None:
    services.observe(identity.sub, {SCAN: EARLIER})
    services.patch(identity.sub, {"symbols": ["BTC-USD"]}, cause=SYSTEM)
    services.observe(identity.sub, {SCAN: LATER})
    assert versions.restore(identity.sub, 1, cause=SYSTEM).document.scanner_symbols_last_update == LATER


def test_an_import_brings_it_to_a_new_installation_and_no_further(identity: Identity) -> None:
    file = saved(identity) | {SCAN: EARLIER, LOADED: EARLIER}
    services.observe(identity.sub, {SCAN: LATER})
    after = services.replace(identity.sub, file, cause=Cause("import", None, ""))
    assert after.version == 1, "nothing that makes a version was different"
    assert after.document.as_json() == saved(identity) == file | {SCAN: LATER}


@pytest.fixture
def loading(identity: Identity) -> Identity:
    """Positions of its own, which rest: what is held is loaded from the exchanges."""
    exchanges = {"kraken": {"enabled": True}, "coinbase": {"enabled": True}}
    own = {"position_symbols": OWN, "load_positions_from_exchange": True, "exchanges": exchanges}
    services.patch(identity.sub, own, cause=SYSTEM)
    services.observe(identity.sub, {"position_symbols": HELD_NOW})
    return identity


def test_what_is_held_is_read_and_exported_in_place_of_positions_that_rest(admin: Client, loading: Identity) -> None:
    read = admin.get(SETTINGS)
    assert read.json()["settings"]["position_symbols"] == HELD_NOW
    assert read.headers["ETag"] == '"2"'
    assert admin.get(f"{SETTINGS}/export").json()["position_symbols"] == HELD_NOW
    assert UserSettings.objects.get().settings["position_symbols"] == OWN
    services.observe(loading.sub, {"position_symbols": None})
    assert saved(loading)["position_symbols"] == OWN


@pytest.mark.parametrize("sent", [HELD_NOW, OWN, ["SOL-USD"]])
@pytest.mark.parametrize("method", ["put", "patch"])
def test_positions_that_are_loaded_are_not_written_by_whoever_sends_them(
    admin: Client, loading: Identity, method: str, sent: list[str]
) -> None:
    body = admin.get(SETTINGS).json()["settings"] | {"position_symbols": sent}
    answer = getattr(admin, method)(SETTINGS, body, content_type="application/json")
    assert (answer.status_code, answer.headers["ETag"]) == (200, '"2"')
    assert answer.json()["settings"]["position_symbols"] == HELD_NOW
    changed = getattr(admin, method)(SETTINGS, body | {"position_refresh_hours": 5}, content_type="application/json")
    assert changed.json()["settings"]["position_symbols"] == HELD_NOW
    assert UserSettings.objects.get().settings["position_symbols"] == OWN


@pytest.mark.parametrize(("sent", "then"), [(HELD_NOW, OWN), (["SOL-USD"], ["SOL-USD"])])
def test_when_loading_ends_ones_own_positions_count_again(loading: Identity, sent: list[str], then: list[str]) -> None:
    patch = {"load_positions_from_exchange": False, "position_symbols": sent}
    services.patch(loading.sub, patch, cause=SYSTEM)
    assert saved(loading)["position_symbols"] == then


def test_what_is_held_on_an_exchange_that_has_gone_from_the_document_is_not_shown(loading: Identity) -> None:
    services.patch(loading.sub, {"exchanges": {"kraken": None}}, cause=SYSTEM)
    assert saved(loading)["position_symbols"] == ["coinbase:ETH-USD"]


def test_an_older_version_comes_back_with_its_own_positions(loading: Identity) -> None:
    services.patch(loading.sub, {"load_positions_from_exchange": False, "position_symbols": []}, cause=SYSTEM)
    versions.restore(loading.sub, 2, cause=SYSTEM)
    assert UserSettings.objects.get().settings["position_symbols"] == OWN
    assert saved(loading)["position_symbols"] == HELD_NOW


def test_an_import_brings_its_own_positions_and_ones_own_export_changes_nothing(loading: Identity) -> None:
    cause = Cause("import", None, "")
    assert services.replace(loading.sub, saved(loading), cause=cause).version == 2
    brought = saved(loading) | {"position_symbols": ["SOL-USD"]}
    services.replace(loading.sub, brought, cause=cause)
    assert UserSettings.objects.get().settings["position_symbols"] == ["SOL-USD"]


def test_a_draft_that_sends_back_what_was_held_earlier_tells_of_no_change(admin: Client, loading: Identity) -> None:
    draft = saved(loading) | {"position_symbols": ["kraken:XETHZUSD"], "position_refresh_hours": 5}
    told = admin.post(f"{SETTINGS}/diff", draft, content_type="application/json").json()
    assert [change["path"] for change in told["changes"]] == ["position_refresh_hours"]
