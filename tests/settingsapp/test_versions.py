"""Earlier versions: listed, shown, restored; what is missing or altered is said."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry

from settingsapp import services, versions
from settingsapp.accounts import Role
from settingsapp.models import Identity, UserSettings, title_of
from settingsapp.services import Cause, StaleVersionError
from settingsapp.versions import LostVersionError, UnknownVersionError
from tests.settingsapp.logins import a_login

pytestmark = [pytest.mark.stores, pytest.mark.django_db]

SYSTEM = Cause("system", None, "")
NAMES = 24


@pytest.fixture
def identity() -> Identity:
    return services.create_identity()


def named(number: int) -> dict[str, Any]:
    return {"perseus_profile": {"public_name": f"name {number}"}}


@pytest.fixture
def documents(identity: Identity) -> dict[int, dict[str, Any]]:
    """Every version's document; version N is called `name N`."""
    found = {1: services.read(identity.sub).document.as_json()}
    for number in range(2, NAMES + 1):
        found[number] = services.patch(identity.sub, named(number), cause=SYSTEM).document.as_json()
    return found


def entry_of(version: int) -> LogEntry:
    return LogEntry.objects.get(object_repr=title_of(version))


def altered(version: int, change: Callable[[Any], object]) -> None:
    """Alter what is recorded of a version, by an edit of the database."""
    entry = entry_of(version)
    message = json.loads(entry.change_message)
    change(message[0])
    entry.change_message = json.dumps(message)
    entry.save()


def problems(sub: str) -> dict[int, str]:
    return {version.number: version.problem for version in versions.listed(sub) if version.problem}


def test_every_version_is_listed_with_who_when_and_what(identity: Identity) -> None:
    ada = a_login(identity, Role.ADMIN, "ada")
    saved = services.patch(identity.sub, named(2), cause=Cause("admin", ada.pk, "ada", address="192.0.2.7"))
    newest, first = versions.listed(identity.sub)
    assert (newest.number, newest.saved_by, newest.saved_at) == (2, "ada", saved.updated_at)
    assert newest.way == "admin, from 192.0.2.7"
    assert newest.link is not None
    assert newest.link.told == ["perseus_profile.public_name: Trader → name 2"]
    assert (first.number, first.way, first.problem, newest.problem) == (1, "system", "", "")


def test_versions_come_in_pages_newest_first(identity: Identity, documents: dict[int, dict[str, Any]]) -> None:
    assert [version.number for version in versions.listed(identity.sub, limit=3)] == [24, 23, 22]
    assert [version.number for version in versions.listed(identity.sub, before=3)] == [2, 1]
    assert versions.listed(identity.sub, before=1) == ()


def test_every_version_can_be_shown(identity: Identity, documents: dict[int, dict[str, Any]]) -> None:
    assert {number: versions.show(identity.sub, number).document for number in documents} == documents
    assert problems(identity.sub) == {}


@pytest.mark.parametrize("number", [0, -1, NAMES + 1, 10**30])
def test_a_version_that_never_was_is_unknown(
    identity: Identity, documents: dict[int, dict[str, Any]], number: int
) -> None:
    with pytest.raises(UnknownVersionError, match="at version 24"):
        versions.show(identity.sub, number)


def test_a_pruned_version_is_said_to_be_gone_and_the_others_stay(
    identity: Identity, documents: dict[int, dict[str, Any]]
) -> None:
    entry_of(7).delete()
    assert problems(identity.sub) == {7: versions.PRUNED}
    with pytest.raises(LostVersionError, match="version 7 can't be shown: its record is gone") as caught:
        versions.show(identity.sub, 7)
    assert caught.value.pruned
    for number in documents.keys() - {7}:
        assert versions.show(identity.sub, number).document == documents[number]


ALTERATIONS: dict[str, Callable[[Any], object]] = {
    "patch": lambda told: told["record"].update(patch=[]),
    "inverse": lambda told: told["record"].update(inverse=[{"op": "remove", "path": "/symbols"}]),
    "sentence": lambda told: told["changed"].update(fields=["nothing"]),
    "time": lambda told: told["record"].update(saved_at="yesterday"),
    "way": lambda told: told["record"].update(way="import"),
    "strange": lambda told: told["record"].update(strange=1),
    "no number": lambda told: told["record"].update(version="7"),
    "no record": lambda told: told.pop("record"),
    "hash": lambda told: told["record"].update(hash="0" * 64),
}


@pytest.mark.parametrize("change", ALTERATIONS.values(), ids=ALTERATIONS)
def test_an_altered_version_is_said_to_be_so_and_the_others_stay(
    identity: Identity, documents: dict[int, dict[str, Any]], change: Callable[[Any], object]
) -> None:
    altered(7, change)
    assert problems(identity.sub) == {7: versions.ALTERED}
    with pytest.raises(LostVersionError, match="version 7 can't be shown: its record was altered"):
        versions.show(identity.sub, 7)
    for number in documents.keys() - {7}:
        assert versions.show(identity.sub, number).document == documents[number]


@pytest.mark.parametrize("message", ["", "[", "[]", "[7]", "{}", "null", '[{"record": 7}]', "[" * 5_000, "Changed."])
def test_a_record_that_is_none_is_an_altered_one(identity: Identity, message: str) -> None:
    services.patch(identity.sub, named(2), cause=SYSTEM)
    LogEntry.objects.filter(object_repr=title_of(2)).update(change_message=message)
    assert problems(identity.sub) == {2: versions.ALTERED}


def test_another_login_put_in_the_log_is_noticed(identity: Identity) -> None:
    services.patch(identity.sub, named(2), cause=SYSTEM)
    LogEntry.objects.filter(object_repr=title_of(2)).update(user=a_login(identity, Role.ADMIN))
    assert problems(identity.sub) == {2: versions.ALTERED}


def test_a_second_record_of_a_version_makes_both_doubtful(identity: Identity) -> None:
    services.patch(identity.sub, named(2), cause=SYSTEM)
    twin = entry_of(2)
    twin.pk = None
    twin.save()
    assert problems(identity.sub) == {2: versions.ALTERED}


def test_between_two_lost_versions_what_nothing_leads_to_is_said(
    identity: Identity, documents: dict[int, dict[str, Any]]
) -> None:
    entry_of(6).delete()
    entry_of(10).delete()
    assert versions.show(identity.sub, 5).document == documents[5]
    assert versions.show(identity.sub, 11).document == documents[11]
    with pytest.raises(LostVersionError, match="version 8 can't be shown: the records that lead to it"):
        versions.show(identity.sub, 8)


def test_settings_changed_outside_are_told_at_the_present_and_at_the_version_that_found_them(
    identity: Identity, documents: dict[int, dict[str, Any]]
) -> None:
    row = UserSettings.objects.get()
    row.settings["symbols"] = ["BTC-USD"]
    row.save()
    assert problems(identity.sub) == {NAMES: versions.TOUCHED}
    assert versions.show(identity.sub, NAMES).document == documents[NAMES], "from the last whole document on"
    services.patch(identity.sub, named(NAMES + 1), cause=SYSTEM)
    assert problems(identity.sub) == {NAMES + 1: versions.TOUCHED_BEFORE}
    assert versions.show(identity.sub, NAMES).document == documents[NAMES]
    assert versions.show(identity.sub, NAMES + 1).document["symbols"] == ["BTC-USD"]


def test_what_was_no_document_does_not_get_into_the_records(identity: Identity) -> None:
    UserSettings.objects.update(settings={"sub": identity.sub, "symbols": "of-no-concern"})
    services.replace(identity.sub, named(2), cause=SYSTEM)
    assert "of-no-concern" not in entry_of(2).change_message
    assert problems(identity.sub) == {2: versions.TOUCHED_BEFORE}
    assert versions.show(identity.sub, 2).document == services.read(identity.sub).document.as_json()
    assert versions.show(identity.sub, 1).document["symbols"]


def test_restoring_makes_a_new_version_that_says_what_it_is(
    identity: Identity, documents: dict[int, dict[str, Any]]
) -> None:
    saved = versions.restore(identity.sub, 7, cause=SYSTEM)
    assert saved.version == NAMES + 1
    assert saved.document.as_json() == documents[7]
    newest = versions.listed(identity.sub, limit=1)[0]
    assert newest.way == "system, restored version 7"
    assert newest.link is not None
    assert newest.link.told == ["perseus_profile.public_name: name 24 → name 7"]


def test_what_an_earlier_program_saved_is_restored_in_the_present_form(
    identity: Identity, documents: dict[int, dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = versions.show(identity.sub, 7)
    earlier = {key: value for key, value in shown.document.items() if key not in ("schema_version", "scanner")}
    monkeypatch.setattr(versions, "show", lambda *_: replace(shown, document=earlier))
    assert versions.restore(identity.sub, 7, cause=SYSTEM).document.as_json() == documents[7]


def test_restoring_what_is_saved_already_makes_no_version(
    identity: Identity, documents: dict[int, dict[str, Any]]
) -> None:
    assert versions.restore(identity.sub, NAMES, cause=SYSTEM).version == NAMES


def test_who_has_not_seen_the_newest_version_restores_nothing(
    identity: Identity, documents: dict[int, dict[str, Any]]
) -> None:
    with pytest.raises(StaleVersionError):
        versions.restore(identity.sub, 7, cause=SYSTEM, expected_version=NAMES - 1)
    assert services.saved_version(identity.sub) == NAMES


def test_records_of_another_identity_are_of_no_concern(identity: Identity) -> None:
    other = services.create_identity()
    services.patch(other.sub, named(2), cause=SYSTEM)
    assert [version.number for version in versions.listed(identity.sub)] == [1]
    assert problems(other.sub) == problems(identity.sub) == {}


def test_a_history_of_thousands_is_listed_and_shown_by_looking_at_few(
    identity: Identity, documents: dict[int, dict[str, Any]], django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(3):
        versions.listed(identity.sub, limit=5)
    with django_assert_max_num_queries(3):
        versions.show(identity.sub, 12)
