"""Who sits at a browser, as it is remembered and forgotten."""

from collections.abc import Callable

import pytest
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import Group, User
from django.contrib.sessions.backends.base import SessionBase
from django.core.cache import cache
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from settingsapp import seats, services
from settingsapp.accounts import Role
from settingsapp.models import Identity, Membership
from settingsapp.seats import Seat
from tests.settingsapp.logins import a_login

pytestmark = [pytest.mark.stores, pytest.mark.django_db]

COMMANDS = "/api/v1/runtime/commands"


@pytest.fixture
def identity() -> Identity:
    return services.create_identity()


@pytest.fixture
def olga(identity: Identity) -> User:
    return a_login(identity, Role.OPERATOR, "olga")


@pytest.fixture
def browser(olga: User) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(olga)
    return client


def test_a_seat_that_was_confirmed_is_remembered_without_the_database(
    browser: Client, olga: User, identity: Identity, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    session = browser.session
    assert seats.remembered(session) is None
    seat = seats.confirmed(session)
    assert seat == Seat(olga.pk, "olga", identity.sub, Role.OPERATOR)
    with django_assert_num_queries(0):
        assert seats.remembered(session) == seat


def test_a_page_sends_commands_and_reads_them_without_the_database_from_the_second_on(
    browser: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    first = browser.post(COMMANDS, '{"command": "pause"}', "application/json")
    assert first.status_code == 202
    with django_assert_num_queries(0):
        sent = browser.post(COMMANDS, '{"command": "pause"}', "application/json").json()
        read = browser.get(f"{COMMANDS}/{sent['id']}").json()
    assert read["issuedBy"] == "olga"


def test_a_remembered_seat_has_no_more_rights_than_its_role(browser: Client) -> None:
    for _ in range(2):
        refused = browser.post(COMMANDS, '{"command": "reload-settings"}', "application/json")
        assert refused.status_code == 403
        assert "this login's is operator" in refused.json()["message"]


def test_a_remembered_seat_needs_its_csrf_token_like_any_other(olga: User) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(olga)
    assert seats.confirmed(strict.session) is not None
    assert strict.post(COMMANDS, '{"command": "pause"}', "application/json").status_code == 403


def deactivate(user: User) -> None:
    user.is_active = False
    user.save()


def change_password(user: User) -> None:
    user.set_password("another one entirely")
    user.save()


def take_the_role(user: User) -> None:
    user.groups.clear()


def take_the_role_from_the_groups_side(user: User) -> None:
    Group.objects.get(name="operator").user_set.remove(user)


def take_all_from_the_group(user: User) -> None:
    Group.objects.get(name="operator").user_set.clear()


def take_the_identity(user: User) -> None:
    Membership.objects.get(user=user).delete()


@pytest.mark.parametrize(
    "change",
    [
        deactivate,
        change_password,
        take_the_role,
        take_the_role_from_the_groups_side,
        take_all_from_the_group,
        take_the_identity,
    ],
)
def test_a_login_that_changes_is_forgotten_at_once(browser: Client, olga: User, change: Callable[[User], None]) -> None:
    assert seats.confirmed(browser.session) is not None
    change(olga)
    assert seats.remembered(browser.session) is None
    assert browser.post(COMMANDS, '{"command": "pause"}', "application/json").status_code in (401, 403)


def test_what_nobody_noticed_counts_half_a_minute_later_at_the_latest(browser: Client, olga: User) -> None:
    assert seats.confirmed(browser.session) is not None
    # An edit of the database states no fact.
    User.objects.filter(pk=olga.pk).update(is_active=False)
    assert 0 < cache.ttl(f"seat:{olga.pk}") <= 30  # type: ignore[attr-defined]
    assert seats.confirmed(browser.session) is None
    assert seats.remembered(browser.session) is None


def test_an_open_page_keeps_what_is_remembered_but_brings_nothing_back(browser: Client, olga: User) -> None:
    session = browser.session
    seat = seats.confirmed(session)
    cache.touch(f"seat:{olga.pk}", 5)
    seats.keep(session)
    assert cache.ttl(f"seat:{olga.pk}") > 5  # type: ignore[attr-defined]
    assert seats.remembered(session) == seat
    seats.forget(olga.pk)
    seats.keep(session)
    assert seats.remembered(session) is None


def test_a_session_with_another_passwords_hash_has_no_seat(browser: Client, olga: User) -> None:
    session: SessionBase = browser.session
    assert seats.confirmed(session) is not None
    session[HASH_SESSION_KEY] = "0" * 64
    assert seats.remembered(session) is None
    del session[SESSION_KEY]
    assert seats.remembered(session) is None
    assert seats.confirmed(session) is None
    assert seats.remembered(browser.session) is not None


def test_those_who_are_asked_about_together_have_the_seats_that_each_has_alone(
    identity: Identity, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    def signed_in(user: User, change: Callable[[User], object] = lambda user: None) -> SessionBase:
        client = Client()
        client.force_login(user)
        change(user)
        session: SessionBase = client.session
        return session

    sessions = {
        **{role.value: signed_in(a_login(identity, role, f"{role}-1")) for role in Role},
        "several roles": signed_in(a_login(identity, Role.VIEWER, "both"), lambda user: _add(user, Role.ADMIN)),
        "superuser": signed_in(User.objects.create_superuser("root")),
        "no identity": signed_in(a_login(None, Role.ADMIN, "lone")),
        "no role": signed_in(a_login(identity, None, "nobody")),
    }
    rare = {
        "deactivated": signed_in(a_login(identity, Role.ADMIN, "gone"), deactivate),
        "another password": signed_in(a_login(identity, Role.ADMIN, "new"), change_password),
        "nobody": Client().session,
    }
    both = sessions | rare
    assert seats.confirmed_together(both) == {key: seats.confirmed(session) for key, session in both.items()}
    for session in sessions.values():
        seats.forget(session[SESSION_KEY])
    with django_assert_num_queries(3):
        found = seats.confirmed_together(sessions)
    assert [seats.remembered(session) for session in sessions.values()] == list(found.values())
    assert {key for key, seat in found.items() if seat and seat.role is Role.ADMIN} >= {"several roles", "superuser"}


def _add(user: User, role: Role) -> None:
    user.groups.add(Group.objects.get(name=role.value))
