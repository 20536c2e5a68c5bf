"""Earlier versions over HTTP."""

from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from settingsapp import services
from settingsapp.models import Identity, title_of
from settingsapp.services import Cause

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Response

pytestmark = [pytest.mark.stores, pytest.mark.django_db]

SETTINGS = "/api/v1/settings"
VERSIONS = f"{SETTINGS}/versions"


@pytest.fixture(autouse=True)
def three_versions(identity: Identity) -> None:
    for name in ("second", "third"):
        patch = {"perseus_profile": {"public_name": name}}
        services.patch(identity.sub, patch, cause=Cause("command", None, "", "cmd-1"))


def restore(client: Client, number: object, **headers: str) -> "Response":
    return client.post(f"{VERSIONS}/{number}/restore", headers=headers)


def error_of(response: "Response", status: int) -> tuple[str, str]:
    assert response.status_code == status, response.content
    told: dict[str, Any] = response.json()
    assert set(told) == {"error", "message", "fields"}
    return told["error"], told["message"]


def test_the_versions_come_newest_first_with_what_they_changed(viewer: Client) -> None:
    listed = viewer.get(VERSIONS).json()
    assert listed["next"] is None
    newest = listed["results"][0]
    assert set(newest) == {
        *("version", "updatedAt", "updatedBy", "way", "address", "commandId"),
        *("token", "restored", "changes", "problem"),
    }
    assert (newest["version"], newest["way"], newest["commandId"]) == (3, "command", "cmd-1")
    assert newest["changes"] == ["perseus_profile.public_name: second → third"]
    assert [version["version"] for version in listed["results"]] == [3, 2, 1]


def test_next_leads_through_all_of_them(viewer: Client) -> None:
    seen, query = [], "?limit=1"
    while query:
        page = viewer.get(VERSIONS + query).json()
        seen += [version["version"] for version in page["results"]]
        query = page["next"]
    assert seen == [3, 2, 1]


def test_a_version_comes_with_its_document(viewer: Client, identity: Identity) -> None:
    shown = viewer.get(f"{VERSIONS}/2").json()
    assert (shown["sub"], shown["version"], shown["updatedBy"]) == (identity.sub, 2, "livermore")
    assert shown["settings"]["perseus_profile"]["public_name"] == "second"


def test_a_restore_is_answered_like_a_save(admin: Client) -> None:
    response = restore(admin, 2, **{"If-Match": '"3"'})
    assert (response.status_code, response.headers["ETag"]) == (200, '"4"')
    assert response.json()["settings"] == admin.get(f"{VERSIONS}/2").json()["settings"]
    newest = admin.get(f"{VERSIONS}?limit=1").json()["results"][0]
    assert (newest["restored"], newest["way"], newest["address"]) == (2, "api", "127.0.0.1")


def test_a_restore_that_changes_nothing_makes_no_version(admin: Client) -> None:
    assert restore(admin, 3).headers["ETag"] == '"3"'


def test_who_has_seen_an_older_version_restores_nothing(admin: Client) -> None:
    assert error_of(restore(admin, 1, **{"If-Match": '"2"'}), 412)[0] == "stale_version"
    assert error_of(restore(admin, 1, **{"If-Match": "2"}), 400)[0] == "bad_if_match"
    assert admin.get(SETTINGS).json()["version"] == 3


def test_only_an_admin_restores(viewer: Client) -> None:
    assert error_of(restore(viewer, 1), 403)[0] == "forbidden"


def test_nobody_sees_versions_without_signing_in() -> None:
    for path in (VERSIONS, f"{VERSIONS}/1"):
        assert error_of(Client().get(path), 401)[0] == "not_signed_in"


@pytest.mark.parametrize("number", [0, 4, 10**40])
def test_a_version_that_never_was_is_not_found(admin: Client, number: int) -> None:
    for response in (admin.get(f"{VERSIONS}/{number}"), restore(admin, number)):
        told = (error_of(response, 404))[1]
        assert told == f"There is no version {number}: the settings are at version 3."


def test_a_lost_version_is_said_to_be_lost_and_not_made_up(admin: Client) -> None:
    LogEntry.objects.filter(object_repr=title_of(1)).delete()
    LogEntry.objects.filter(object_repr=title_of(2)).update(change_message="[]")
    assert [version["problem"] for version in admin.get(VERSIONS).json()["results"]] == [
        None,
        "its record was altered",
        "its record is gone (pruned)",
    ]
    for response in (admin.get(f"{VERSIONS}/1"), restore(admin, 1)):
        assert error_of(response, 404) == ("pruned", "Version 1 can't be shown: its record is gone (pruned).")
    for response in (admin.get(f"{VERSIONS}/2"), restore(admin, 2)):
        assert error_of(response, 409) == ("altered", "Version 2 can't be shown: its record was altered.")


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "limit=x", "before=0", "before=99999999999"])
def test_a_page_that_can_not_be_is_refused_by_name(viewer: Client, query: str) -> None:
    response = viewer.get(f"{VERSIONS}?{query}")
    assert error_of(response, 422)[0] == "invalid"
    assert response.json()["fields"][0]["path"] == query.partition("=")[0]


def test_what_a_version_changed_against_another_is_told_with_what_follows(viewer: Client, identity: Identity) -> None:
    patch = {"symbols": ["ETH-USD"], "livermore_runtime": {"auto_start": False}}
    services.patch(identity.sub, patch, cause=Cause("command", None, "", "cmd-2"))
    told = viewer.get(f"{SETTINGS}/diff?from=2").json()
    assert (told["from"], told["to"], told["impact"]) == (2, 4, "restart")
    assert {change["path"]: change["impact"] for change in told["changes"]} == {
        "perseus_profile.public_name": "hot",
        "livermore_runtime.auto_start": "restart",
        "symbols": "resubscribe",
    }
    assert "simulated:BTC-USD" in told["symbols"]["lost"]
    back = viewer.get(f"{SETTINGS}/diff?from=3&to=2").json()
    assert [change["sentence"] for change in back["changes"]] == ["perseus_profile.public_name: third → second"]
    assert viewer.get(f"{SETTINGS}/diff?from=4").json()["changes"] == []
    assert error_of(viewer.get(f"{SETTINGS}/diff?from=9"), 404) == (
        "not_found",
        "There is no version 9: the settings are at version 4.",
    )
    assert viewer.get(f"{SETTINGS}/diff").status_code == 422
