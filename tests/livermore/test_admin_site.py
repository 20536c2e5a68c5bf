"""What every page of the admin shows."""

import pytest
from django.test import Client

from settingsapp.accounts import Role
from settingsapp.models import UserSettings
from settingsapp.services import create_identity
from tests.settingsapp.logins import a_login

pytestmark = [pytest.mark.stores, pytest.mark.django_db]


@pytest.mark.parametrize("path", ["/admin/", "/admin/runtime/alert/", "/admin/settingsapp/usersettings/"])
def test_every_page_of_the_admin_shows_whose_it_is_and_the_trading_mode(path: str) -> None:
    client = Client()
    client.force_login(a_login(create_identity(), Role.ADMIN))
    row = UserSettings.objects.get()
    row.settings["perseus_profile"] |= {"public_name": "Jesse <b>", "trading_mode": "live"}
    row.save()
    page = client.get(path, follow=True).content.decode()
    assert "Jesse &lt;b&gt; · trading mode <strong>live</strong>" in page


def test_a_login_without_an_identity_and_nobody_at_all_see_no_trading_mode(client: Client) -> None:
    assert "trading mode" not in client.get("/admin/login/").content.decode()
    client.force_login(a_login(None, Role.ADMIN))
    assert "trading mode" not in client.get("/admin/").content.decode()
