"""The admin's pages without a browser: who sees what, logins, and documents that were damaged in the database."""

import html
import json
import re
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.db.models import JSONField, Value
from django.http import HttpRequest
from django.test import Client
from django.urls import reverse

from settingsapp import jsonform, services
from settingsapp.accounts import Role, identity_of, role_of
from settingsapp.admin import UserSettingsAdmin
from settingsapp.models import Identity, UserSettings
from settingsapp.services import Cause, StaleVersionError
from tests.settingsapp.logins import a_login

pytestmark = [pytest.mark.stores, pytest.mark.django_db]

LIST = reverse("admin:settingsapp_usersettings_changelist")
DAMAGED: list[Any] = [
    [],
    None,
    "text",
    7,
    {"perseus_profile": 3},
    {"exchanges": None},
    {"symbols": ["a b"], "nonsense": 1},
]


@pytest.fixture
def identity(db: None) -> Identity:
    return services.create_identity()


@pytest.fixture
def admin(identity: Identity) -> Client:
    return signed_in(a_login(identity, Role.ADMIN))


@pytest.fixture
def superuser(identity: Identity) -> Client:
    user = a_login(identity, Role.ADMIN, "root")
    user.is_superuser = True
    user.save()
    return signed_in(user)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def page_of(identity: Identity, name: str = "change") -> str:
    row = UserSettings.objects.get(identity=identity)
    return reverse(f"admin:settingsapp_usersettings_{name}", args=[row.pk])


def text_of(response: Any, status: int = 200) -> str:
    """The page's content as a reader sees it, roughly."""
    assert response.status_code == status, response.status_code
    return html.unescape(response.content.decode())


def post(client: Client, identity: Identity, document: Any, version: int) -> Any:
    content = document if isinstance(document, str) else json.dumps(document)
    response: Any = client.post(page_of(identity), {"settings": content, "base_version": str(version)}, follow=True)
    return response


def test_the_list_is_the_one_document(admin: Client, identity: Identity) -> None:
    response = admin.get(LIST)
    assert (response.status_code, response.headers["Location"]) == (302, page_of(identity))


def test_what_the_form_posts_is_saved(admin: Client, identity: Identity) -> None:
    shown = jsonform.to_form(services.read(identity.sub).document.as_json())
    shown["modes"]["scalper-macdv"]["alertThresholds"]["reversal"] = "no"
    assert "Saved version 2." in text_of(post(admin, identity, shown, 1))
    saved = services.read(identity.sub)
    assert saved.document.modes.scalper_macdv.alert_thresholds.reversal is False
    assert "Nothing changed; still version 2." in text_of(post(admin, identity, shown, 2))


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "load the page again"),
        ("{", "The settings can't be read: line 1: not JSON"),
        ("[]", "expected an object"),
        ('{"a": NaN}', "NaN is not a JSON number"),
        ('{"a":' * 40 + "1" + "}" * 40, "nested more than"),
        ('{"nonsense": 1}', "nonsense: no such field"),
    ],
)
def test_a_form_that_no_page_of_ours_posts_is_an_error_and_no_failure(
    admin: Client, identity: Identity, content: str, told: str
) -> None:
    assert told in text_of(post(admin, identity, content, 1), 422)
    assert services.saved_version(identity.sub) == 1


@pytest.mark.parametrize("version", ["", "x", "-1", "2", "999999999999999999999999"])
def test_a_version_that_is_not_the_saved_one_is_never_written_over(
    admin: Client, identity: Identity, version: str
) -> None:
    shown = jsonform.to_form(services.read(identity.sub).document.as_json()) | {"symbols": []}
    response = admin.post(page_of(identity), {"settings": json.dumps(shown), "base_version": version})
    assert "errornote" in text_of(response, 422)
    assert services.saved_version(identity.sub) == 1


def test_who_saves_between_the_check_and_the_write_is_not_written_over(
    admin: Client, identity: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace, get_queryset = services.replace, UserSettingsAdmin.get_queryset
    somebody_else: list[str] = []

    def replace_too_late(sub: str, *args: Any, **options: Any) -> services.SavedSettings:
        if somebody_else:
            return replace(sub, *args, **options)
        somebody_else.append(sub)
        raise StaleVersionError(2)

    def get_queryset_after_them(self: UserSettingsAdmin, request: HttpRequest) -> Any:
        for sub in somebody_else:
            services.patch(sub, {"symbols": []}, cause=Cause("system", None, ""))
        return get_queryset(self, request)

    monkeypatch.setattr(services, "replace", replace_too_late)
    monkeypatch.setattr(UserSettingsAdmin, "get_queryset", get_queryset_after_them)
    shown = jsonform.to_form(services.read(identity.sub).document.as_json())
    shown["perseus_profile"]["public_name"] = "mine"
    page = text_of(post(admin, identity, shown, 1), 422)
    assert "Somebody has saved version 2 since you opened version 1." in page
    assert '"mine"' in page.replace("\\", "")
    saved = services.read(identity.sub)
    assert (saved.version, saved.document.symbols, saved.document.perseus_profile.public_name) == (2, (), "Trader")


def test_the_document_of_an_identity_can_not_be_given_to_another(admin: Client, identity: Identity) -> None:
    other = services.create_identity()
    shown = jsonform.to_form(services.read(identity.sub).document.as_json()) | {"sub": other.sub}
    assert f"sub: can't be changed: it is {identity.sub}" in text_of(post(admin, identity, shown, 1), 422)


@pytest.mark.parametrize("damaged", DAMAGED)
def test_a_damaged_document_is_shown_as_it_is_and_can_be_put_right(
    admin: Client, identity: Identity, damaged: Any
) -> None:
    good = services.read(identity.sub).document.as_json()
    UserSettings.objects.update(settings=Value(damaged, JSONField()))
    assert "What is saved is no valid settings document." in text_of(admin.get(page_of(identity)))
    still_wrong = text_of(post(admin, identity, {"symbols": ["a b"]}, 1), 422)
    assert "symbols.0: a symbol is written" in still_wrong
    assert '"a b"' in still_wrong
    another = text_of(post(admin, identity, good | {"sub": "another"}, 1), 422)
    assert f"sub: can't be changed: it is {identity.sub}" in another
    assert "Saved version 2." in text_of(post(admin, identity, json.dumps(good, indent=2), 1))
    assert services.read(identity.sub).document.as_json() == good
    assert "repaired" in text_of(admin.get(page_of(identity, "history")))


@pytest.mark.parametrize("damaged", DAMAGED)
def test_who_may_only_read_sees_a_damaged_document_too(identity: Identity, damaged: Any) -> None:
    UserSettings.objects.update(settings=Value(damaged, JSONField()))
    viewer = signed_in(a_login(identity, Role.VIEWER))
    assert f"{json.dumps(damaged, indent=2)}</pre>" in text_of(viewer.get(page_of(identity)))


@pytest.mark.parametrize("role", [None, *Role])
@pytest.mark.parametrize("has_identity", [True, False])
def test_every_page_answers_every_kind_of_login(identity: Identity, role: Role | None, has_identity: bool) -> None:
    client = signed_in(a_login(identity if has_identity else None, role))
    pages = ["/", "/admin/", LIST, page_of(identity), page_of(identity, "history")]
    pages += [reverse("admin:runtime_alert_changelist"), reverse("admin:positions")]
    for page in pages:
        assert client.get(page).status_code in (200, 302, 403), page


@pytest.mark.parametrize("role", Role)
def test_every_role_may_read_what_the_engine_left(identity: Identity, role: Role) -> None:
    client = signed_in(a_login(identity, role))
    assert client.get(reverse("admin:runtime_alert_changelist")).status_code == 200
    assert client.get(reverse("admin:runtime_alert_add")).status_code == 403
    assert reverse("admin:runtime_alert_changelist") in text_of(client.get("/admin/"))


def test_a_superuser_makes_a_login_with_its_role_and_identity(superuser: Client, identity: Identity) -> None:
    page = reverse("admin:auth_user_add")
    form = fields_of(text_of(superuser.get(page)))
    form |= {
        "username": "newcomer",
        "password1": "correct horse battery",
        "password2": "correct horse battery",
        "usable_password": "true",
        "is_staff": "on",
        "groups": str(Group.objects.get(name="operator").pk),
        "membership-0-identity": str(identity.pk),
    }
    response = superuser.post(page, form)
    assert response.status_code == 302, re.findall(r"errorlist[^<]*<li>([^<]*)", response.content.decode())
    made = User.objects.get(username="newcomer")
    assert (identity_of(made), role_of(made), made.is_staff) == (identity, Role.OPERATOR, True)
    change = reverse("admin:auth_user_change", args=[made.pk])
    assert identity.sub in text_of(superuser.get(change))


def test_logins_are_for_superusers_and_are_never_deleted(superuser: Client, admin: Client, identity: Identity) -> None:
    user = User.objects.get(username="admin")
    assert admin.get(reverse("admin:auth_user_changelist")).status_code == 403
    assert superuser.get(reverse("admin:auth_user_changelist")).status_code == 200
    assert superuser.get(reverse("admin:auth_user_delete", args=[user.pk])).status_code == 403


def fields_of(page: str) -> dict[str, str]:
    """The hidden fields with their values, such as those that count an inline's rows."""
    hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page)
    return dict(hidden)


def test_the_admin_has_the_products_icon_and_name(admin: Client) -> None:
    page = text_of(admin.get("/admin/"))
    assert "runtime/icon.svg" in page
    assert ">Livermore</a>" in page
