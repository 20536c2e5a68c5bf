"""The page across exchanges, as it is served."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from settingsapp import services
from settingsapp.accounts import Role
from settingsapp.models import Identity, UserSettings
from settingsapp.services import Cause
from symbols import crossing
from tests.settingsapp.logins import a_login
from tests.symbols.markets import all_written
from tests.symbols.scans import known

pytestmark = [pytest.mark.stores, pytest.mark.django_db]

PAGE = "/admin/mapping/"
SYSTEM = Cause("system", None, "")


@pytest.fixture
def identity(db: None) -> Identity:
    crossing._market.cache_clear()
    known("coinbase", all_written("coinbase", "BTC-USD=BTC/USD SHIB-USD=SHIB/USD XTZ-USD=XTZ/USD"))
    known("bybit", all_written("bybit", "BTCUSDT=BTC/USDT BTCUSDC=BTC/USDC 1000SHIBUSDT=1000SHIB/USDT"))
    made = services.create_identity()
    whole = {
        "perseus_profile": {"primary_exchange": "coinbase"},
        "exchanges": {"coinbase": {"enabled": True}, "bybit": {"enabled": True}},
        "symbols": ["BTC-USD", "SHIB-USD", "XTZ-USD", "bybit:BTCUSDC"],
    }
    services.replace(made.sub, whole, cause=SYSTEM)
    return made


def shown(identity: Identity | None, role: Role | None, query: str = "", status: int = 200) -> str:
    client = Client()
    client.force_login(a_login(identity, role, f"login {User.objects.count()}"))
    response = client.get(PAGE + query)
    assert response.status_code == status
    return response.content.decode()


def test_the_map_shows_what_maps_what_has_to_be_chosen_and_what_is_not_there(identity: Identity) -> None:
    page = shown(identity, Role.VIEWER)
    assert (
        "4 symbols, looked for on each other exchange: <strong>2</strong> map, <strong>1</strong> to be chosen" in page
    )
    assert '<strong>BTCUSDT</strong> <span class="quiet">or BTCUSDC</span>' in page
    assert "1 1000SHIB is 1,000 SHIB" in page
    assert "bybit has no XTZ" in page
    exact = shown(identity, Role.VIEWER, "?stablecoins=exact")
    assert "<strong>0</strong> map" in exact
    only_open = shown(identity, Role.VIEWER, "?only=open")
    assert "SHIB-USD</th>" in only_open
    assert "BTC-USD</th>" not in only_open
    assert "Preview" in page
    assert 'id="read"' not in page
    assert shown(identity, None, status=403)


def test_an_exchange_that_was_not_read_yet_is_told_as_such(identity: Identity) -> None:
    services.patch(identity.sub, {"exchanges": {"kraken": {"enabled": True}}}, cause=SYSTEM)
    page = shown(identity, Role.ADMIN, "?to=kraken")
    assert page.count(">not known yet</span>") == 4
    assert "<strong>2</strong> map, <strong>1</strong> to be chosen, <strong>1</strong> not there" in page
    assert "It can't be done now: no instruments of kraken are known yet" in page
    assert 'id="do-switch"' not in page


def test_a_preview_offers_choices_to_who_may_switch(identity: Identity) -> None:
    for_admin, for_viewer = (shown(identity, role, "?to=bybit") for role in (Role.ADMIN, Role.VIEWER))
    for text in (
        "By version 2 of the settings; nothing is changed yet.",
        "To be chosen (1)",
        "Not there (1)",
        "Maps (1)",
    ):
        assert text in for_admin
        assert text in for_viewer
    for control in (
        'id="do-switch"',
        'data-entry="SHIB-USD"',
        '<option value="" selected>choose',
        "stays coinbase:XTZ-USD",
    ):
        assert control in for_admin
    assert 'id="do-switch"' not in for_viewer
    assert "data-entry" not in for_viewer
    assert "Unchanged, as they are written with their exchange (1)" in for_admin
    assert services.saved_version(identity.sub) == 2


def test_a_long_watchlist_is_shown_in_pages(identity: Identity, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("symbols.admin_mapping.ROWS", 3)
    first, last = shown(identity, Role.VIEWER), shown(identity, Role.VIEWER, "?page=2&stablecoins=exact")
    assert "1–3 of 4" in first
    assert "?stablecoins=dollar&amp;page=2#map" in first
    assert "bybit:BTCUSDC</th>" not in first
    assert "4–4 of 4" in last
    assert "bybit:BTCUSDC</th>" in last


def test_what_cannot_be_shown_or_switched_is_told(identity: Identity) -> None:
    assert "There is no such switch: coinbase is the primary exchange already." in shown(
        identity, Role.ADMIN, "?to=coinbase"
    )
    assert "the settings know no exchange" in shown(identity, Role.ADMIN, "?to=nowhere&stablecoins=neither")
    services.patch(identity.sub, {"exchanges": {"bybit": {"enabled": False}}}, cause=SYSTEM)
    page = shown(identity, Role.ADMIN)
    assert "Only coinbase is enabled." in page
    assert "there is none to switch to" in page
    UserSettings.objects.update(settings={"symbols": 7})
    assert "since the saved settings can't be read" in shown(identity, Role.VIEWER, status=409)
