"""Every answer carries the one strict policy."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from livermore.content_security import HEADER, POLICY
from settingsapp.accounts import ensure_first_login

pytestmark = [pytest.mark.stores, pytest.mark.django_db]

SIGNED_IN = (
    "/admin/",
    "/admin/settingsapp/usersettings/",
    "/admin/password_change/",
    "/api/v1/docs",
    "/api/v1/settings",
)


def test_the_policy_lets_nothing_run_that_is_not_a_file_of_this_server() -> None:
    directives = dict(part.strip().split(" ", 1) for part in POLICY.split(";"))
    assert directives["default-src"] == "'none'"
    assert directives["script-src"] == directives["style-src"] == "'self'"
    assert "unsafe" not in POLICY
    assert "nonce" not in POLICY


@pytest.mark.parametrize("address", ["/login/", "/admin/login/", "/healthz", "/nowhere", "/api/v1/nowhere", "/admin/"])
def test_strangers_get_it_on_pages_redirections_and_errors(client: Client, address: str) -> None:
    assert client.get(address).headers[HEADER] == POLICY


@pytest.mark.parametrize("address", SIGNED_IN)
def test_who_is_signed_in_gets_it_in_the_admin_and_from_the_api(client: Client, address: str) -> None:
    ensure_first_login("correct-horse-battery")
    client.force_login(User.objects.get(username="admin"))
    answer = client.get(address, follow=True)
    assert answer.status_code == 200
    assert answer.headers[HEADER] == POLICY
