"""The history's pages in the admin."""

import html
import re
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from settingsapp import services
from settingsapp.accounts import Role
from settingsapp.models import Identity, UserSettings, title_of
from settingsapp.schema.problems import FieldProblem
from settingsapp.schema.validation import InvalidSettingsError
from settingsapp.services import Cause
from tests.settingsapp.logins import a_login

pytestmark = [pytest.mark.stores, pytest.mark.django_db]


@pytest.fixture
def identity() -> Identity:
    identity = services.create_identity()
    for name in ("second", "<b>third</b>"):
        patch = {"perseus_profile": {"public_name": name}}
        services.patch(identity.sub, patch, cause=Cause("system", None, ""))
    return identity


@pytest.fixture
def admin(identity: Identity) -> Client:
    return signed_in(identity, Role.ADMIN)


def signed_in(identity: Identity, role: Role) -> Client:
    client = Client()
    client.force_login(a_login(identity, role, f"{role} of {identity.pk}"))
    return client


def address(identity: Identity, name: str, *numbers: int) -> str:
    row = UserSettings.objects.get(identity=identity)
    return reverse(f"admin:settingsapp_{name}", args=[row.pk, *numbers])


def text_of(response: Any, status: int = 200) -> str:
    """The page as a reader sees it, roughly."""
    assert response.status_code == status
    return re.sub(r"\s+", " ", html.unescape(re.sub("<[^>]*>", " ", response.content.decode())))


def test_the_history_lists_each_version_in_sentences(admin: Client, identity: Identity) -> None:
    page = admin.get(address(identity, "usersettings_history"))
    shown = text_of(page)
    assert "Version 3 (current)" in shown
    assert "perseus_profile.public_name: Trader → second" in shown
    assert "<b>third" not in page.content.decode()
    for number in (1, 2, 3):
        assert address(identity, "version", number) in page.content.decode()


def test_a_long_history_has_pages(admin: Client, identity: Identity) -> None:
    for number in range(60):
        patch = {"perseus_profile": {"public_name": f"name {number}"}}
        services.patch(identity.sub, patch, cause=Cause("system", None, ""))
    first = admin.get(address(identity, "usersettings_history")).content.decode()
    second = admin.get(address(identity, "usersettings_history") + "?p=2").content.decode()
    assert (">Version 63<" in first, ">Version 14<" in first, ">Version 13<" in first) == (True, True, False)
    assert (">Version 13<" in second, ">Version 1<" in second) == (True, True)
    assert text_of(admin.get(address(identity, "usersettings_history") + "?p=nonsense"))


def test_a_version_shows_its_document_and_what_restoring_it_would_change(admin: Client, identity: Identity) -> None:
    shown = text_of(admin.get(address(identity, "version", 2)))
    assert '"public_name": "second"' in shown
    assert "perseus_profile.public_name: <b>third</b> → second" in shown
    assert "Restore version 2…" in shown
    assert "Nothing: it is what is saved now." in text_of(admin.get(address(identity, "version", 3)))


def test_restoring_asks_first_and_then_makes_a_version(admin: Client, identity: Identity) -> None:
    page = address(identity, "restore", 2)
    asked = admin.get(page)
    assert "That makes version 4" in text_of(asked)
    assert services.saved_version(identity.sub) == 3, "asking changes nothing"
    base = re.findall(r'name="base_version" value="(\d+)"', asked.content.decode())[0]
    assert "Restored version 2; it is version 4 now." in text_of(admin.post(page, {"base_version": base}, follow=True))
    assert services.read(identity.sub).document.perseus_profile.public_name == "second"
    assert "restored version 2" in text_of(admin.get(address(identity, "usersettings_history")))


@pytest.mark.parametrize("base", ["2", "", "x", "٣", "9" * 50])
def test_a_restore_asked_about_an_older_version_is_not_carried_out(
    admin: Client, identity: Identity, base: str
) -> None:
    shown = text_of(admin.post(address(identity, "restore", 1), {"base_version": base}, follow=True))
    assert "nothing was restored" in shown
    assert services.saved_version(identity.sub) == 3


def test_restoring_the_present_changes_nothing(admin: Client, identity: Identity) -> None:
    shown = text_of(admin.post(address(identity, "restore", 3), {"base_version": "3"}, follow=True))
    assert "Nothing changed; still version 3." in shown


def test_without_the_csrf_token_nothing_is_restored(identity: Identity) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(a_login(identity, Role.ADMIN))
    assert client.post(address(identity, "restore", 1), {"base_version": "3"}).status_code == 403
    assert services.saved_version(identity.sub) == 3


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR])
def test_who_may_only_look_is_offered_no_restore(identity: Identity, role: Role) -> None:
    client = signed_in(identity, role)
    assert "Restore version" not in text_of(client.get(address(identity, "version", 2)))
    for answer in (client.get, client.post):
        assert answer(address(identity, "restore", 2)).status_code == 403
    assert services.saved_version(identity.sub) == 3


def test_another_identitys_versions_are_not_there(identity: Identity) -> None:
    stranger = signed_in(services.create_identity(), Role.ADMIN)
    for name in ("version", "restore"):
        assert stranger.get(address(identity, name, 2)).status_code == 404
    assert stranger.post(address(identity, "restore", 2)).status_code == 404


def test_a_version_that_never_was_is_no_page(admin: Client, identity: Identity) -> None:
    for name in ("version", "restore"):
        assert admin.get(address(identity, name, 4)).status_code == 404


def test_a_lost_version_is_told_as_lost(admin: Client, identity: Identity) -> None:
    LogEntry.objects.filter(object_repr=title_of(2)).update(change_message="[]")
    assert "Version 2: its record was altered." in text_of(admin.get(address(identity, "usersettings_history")))
    told = "Version 2 can't be shown: its record was altered."
    assert told in text_of(admin.get(address(identity, "version", 2)), 404)
    assert told in text_of(admin.get(address(identity, "restore", 2), follow=True), 404)


def test_a_damaged_present_is_put_right_by_restoring(admin: Client, identity: Identity) -> None:
    UserSettings.objects.update(settings={"sub": identity.sub, "symbols": "damaged"})
    history = text_of(admin.get(address(identity, "usersettings_history")))
    assert "Version 3: what is saved now is not what this version saved" in history
    assert "symbols: damaged →" in text_of(admin.get(address(identity, "version", 2)))
    assert "it is version 4 now" in text_of(
        admin.post(address(identity, "restore", 2), {"base_version": "3"}, follow=True)
    )
    assert services.read(identity.sub).document.perseus_profile.public_name == "second"


def test_what_no_rule_allows_any_more_is_not_restored_and_says_why(
    admin: Client, identity: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise InvalidSettingsError([FieldProblem("symbols.0", "is delisted")])

    monkeypatch.setattr(services, "replace", refuse)
    shown = text_of(admin.post(address(identity, "restore", 2), {"base_version": "3"}, follow=True))
    assert "so it can't be restored: symbols.0: is delisted." in shown
