"""The scanner's page, as it is served."""

import time

import pytest
from django.test import Client

from settingsapp import services
from settingsapp.accounts import Role
from settingsapp.models import Identity, UserSettings
from symbols import deciding, scanner
from symbols.models import Proposal
from symbols.scanner import Asked
from symbols.scanning import NothingToScanError
from tests.settingsapp.logins import a_login
from tests.symbols.pages import page_for
from tests.symbols.scans import an_instrument, known

pytestmark = [pytest.mark.stores, pytest.mark.django_db]

PAGE = "/admin/scanner/"


@pytest.fixture
def identity() -> Identity:
    now = int(time.time() * 1000)
    known("simulated", [an_instrument(symbol, priced_at=now) for symbol in ("BTC-USD", "XMR-USD")])
    return services.create_identity()


def shown(identity: Identity | None, role: Role | None, status: int = 200) -> str:
    return page_for(PAGE, identity, role, status)


def scan(identity: Identity) -> Proposal:
    return scanner.propose(identity.sub, Asked("ada", "api"), int(time.time() * 1000))


def test_an_admin_is_offered_what_a_viewer_only_sees(identity: Identity) -> None:
    scan(identity)
    for_admin, for_viewer = shown(identity, Role.ADMIN), shown(identity, Role.VIEWER)
    for text in ("XMR-USD", "fits: number 2 by volume", "It can be approved until", "Kept as they are (10)"):
        assert text in for_admin
        assert text in for_viewer
    for control in ('id="scan"', 'id="approve"', 'id="reject"', 'id="save"', 'type="checkbox" name="add"'):
        assert control in for_admin
        assert control not in for_viewer
    assert "<fieldset disabled>" in for_viewer
    assert shown(identity, None, 403)


def test_what_became_of_a_proposal_is_told(identity: Identity) -> None:
    assert "There is no proposal yet. Scan now to get one." in shown(identity, Role.ADMIN)
    made = scan(identity)
    Proposal.objects.update(expires_at=1)
    client = Client()
    client.force_login(a_login(identity, Role.ADMIN, "ada"))
    page = client.get(PAGE).content.decode()
    assert ">expired</span>" in page
    assert 'id="approve"' not in page
    Proposal.objects.update(expires_at=made.expires_at)
    cause = services.Cause("admin", None, "ada")
    deciding.approve(identity.sub, made.pk, add=None, remove=None, cause=cause, now_ms=made.created_at)
    page = client.get(PAGE).content.decode()
    assert ">approved</span>" in page
    assert "saved as version 2" in page
    assert 'id="undo"' in page


def test_a_failed_run_is_told_and_damaged_settings_are_no_server_error(identity: Identity) -> None:
    known("simulated", [])
    with pytest.raises(NothingToScanError):
        scan(identity)
    assert "The last run failed: no instruments of simulated are known yet" in shown(identity, Role.ADMIN)
    UserSettings.objects.update(settings={"symbols": 7})
    assert "The scanner can't be shown, since the saved settings can't be read" in shown(identity, Role.VIEWER, 409)
