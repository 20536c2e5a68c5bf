"""The import's page, as it is served."""

import pytest
from django.test import Client

from settingsapp import services
from settingsapp.accounts import Role
from settingsapp.models import Identity
from symbols import importing
from symbols.watchlist_files.reading import read_any
from tests.settingsapp.logins import a_login
from tests.symbols.pages import page_for

pytestmark = [pytest.mark.stores, pytest.mark.django_db]

PAGE = "/admin/watchlist/import/"


def shown(identity: Identity | None, role: Role | None, status: int = 200) -> str:
    return page_for(PAGE, identity, role, status)


def test_an_admin_may_import_and_a_viewer_only_exports() -> None:
    identity = services.create_identity()
    for_admin, for_viewer = shown(identity, Role.ADMIN), shown(identity, Role.VIEWER)
    for text in ("export?format=csv", "export?format=json"):
        assert text in for_admin
        assert text in for_viewer
    for control in ('id="text"', 'id="drop"', 'id="check"', 'id="import"'):
        assert control in for_admin
        assert control not in for_viewer
    assert "Importing needs the role admin." in for_viewer
    assert shown(identity, None, 403)
    assert shown(None, Role.OPERATOR, 403)


def test_the_last_import_is_told_with_its_undo() -> None:
    identity = services.create_identity()
    cause = services.Cause("import", None, "ada")
    taken = importing.take_over(identity.sub, read_any(b"UNI-USD\nXRP-USD,,no\n"), cause=cause)
    client = Client()
    client.force_login(a_login(identity, Role.ADMIN))
    page = client.get(PAGE).content.decode()
    assert "by ada: 1 added, 1 changed." in page
    assert f'data-number="{taken.number}"' in page
    importing.undo(identity.sub, taken.number or 0, cause=services.Cause("admin", None, "bob"))
    page = client.get(PAGE).content.decode()
    assert "Undone by bob." in page
    assert 'id="undo-latest"' not in page
