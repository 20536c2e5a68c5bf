"""Who may do what."""

import pytest
from django.contrib.auth.models import AnonymousUser, Group, User

from settingsapp import services
from settingsapp.accounts import Role, ensure_first_login, identity_of, role_of
from settingsapp.audit import OWN_LOGIN
from settingsapp.models import Identity
from tests.settingsapp.logins import a_login

pytestmark = [pytest.mark.stores, pytest.mark.django_db]


def test_each_role_includes_those_before_it() -> None:
    permitted = [(role.value, needed.value) for role in Role for needed in Role if role.permits(needed)]
    assert permitted == [
        ("viewer", "viewer"),
        ("operator", "viewer"),
        ("operator", "operator"),
        ("admin", "viewer"),
        ("admin", "operator"),
        ("admin", "admin"),
    ]


def test_the_highest_group_is_the_role() -> None:
    user = a_login(None, Role.VIEWER)
    user.groups.add(Group.objects.get_or_create(name="operator")[0], Group.objects.create(name="choir"))
    assert role_of(user) is Role.OPERATOR


def test_without_a_group_there_is_no_role_and_a_deactivated_login_has_none() -> None:
    assert role_of(a_login(None, None)) is None
    assert role_of(AnonymousUser()) is None
    admin = a_login(None, Role.ADMIN)
    admin.is_active = False
    assert role_of(admin) is None


def test_a_superuser_is_an_admin() -> None:
    assert role_of(User.objects.create_superuser("root")) is Role.ADMIN


def test_a_login_belongs_to_its_identity_or_to_none() -> None:
    identity = services.create_identity()
    assert identity_of(a_login(identity, Role.VIEWER)) == identity
    assert identity_of(a_login(None, Role.ADMIN)) is None
    assert identity_of(AnonymousUser()) is None


def test_the_first_login_is_an_admin_with_an_identity_and_its_document() -> None:
    first = ensure_first_login(None)
    assert first is not None
    assert (first.username, first.generated) == ("admin", True)
    assert len(first.password) >= 12
    user = User.objects.get(username="admin")
    assert user.check_password(first.password)
    assert user.is_superuser
    assert role_of(user) is Role.ADMIN
    identity = identity_of(user)
    assert identity is not None
    assert services.read(identity.sub).version == 1


def test_a_chosen_password_is_kept_and_a_second_call_makes_nothing() -> None:
    first = ensure_first_login("battery staple")
    assert first is not None
    assert (first.password, first.generated) == ("battery staple", False)
    assert ensure_first_login("another one") is None
    assert Identity.objects.count() == 1
    assert User.objects.get(username="admin").check_password("battery staple")


def test_livermores_own_login_does_not_pass_for_the_first_one() -> None:
    services.create_identity()
    assert list(User.objects.values_list("username", flat=True)) == [OWN_LOGIN]
    assert ensure_first_login(None) is not None
