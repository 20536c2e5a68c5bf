"""The watchlist's page, as it is served."""

import pytest
from django.test import Client

from settingsapp import services
from settingsapp.accounts import Role
from settingsapp.models import Identity, UserSettings
from tests.settingsapp.logins import a_login
from tests.symbols.pages import page_for

pytestmark = [pytest.mark.stores, pytest.mark.django_db]

PAGE = "/admin/watchlist/"


@pytest.fixture
def identity() -> Identity:
    return services.create_identity()


def shown(identity: Identity | None, role: Role | None, status: int = 200) -> str:
    return page_for(PAGE, identity, role, status)


def test_controls_are_there_only_for_who_may_change_the_settings(identity: Identity) -> None:
    for_admin, for_operator = shown(identity, Role.ADMIN), shown(identity, Role.OPERATOR)
    for control in ('id="adding"', 'id="bulk"', 'id="choose-all"', 'id="manage-categories"', "data-editable"):
        assert control in for_admin
        assert control not in for_operator
    assert "To change it takes the role admin; yours is operator." in for_operator
    assert "To change it takes" not in for_admin


def test_the_page_is_refused_to_who_has_no_role_or_identity(identity: Identity) -> None:
    shown(identity, None, 403)
    shown(None, Role.VIEWER, 403)


def test_damaged_settings_are_no_server_error(identity: Identity) -> None:
    UserSettings.objects.update(settings={"symbols": 7})
    assert 'id="rows"' in shown(identity, Role.ADMIN)


def test_the_admin_lists_the_page(identity: Identity) -> None:
    client = Client()
    client.force_login(a_login(identity, Role.VIEWER))
    assert f'href="{PAGE}"' in client.get("/admin/").content.decode()
