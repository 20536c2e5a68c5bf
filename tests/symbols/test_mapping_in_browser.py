"""The switch of the primary exchange in a real browser: preview, choose, switch, and the way back."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from settingsapp import services
from settingsapp.accounts import Role
from settingsapp.models import Identity
from settingsapp.services import Cause
from symbols import crossing
from tests.browsing import a_browser
from tests.settingsapp.logins import a_login
from tests.symbols.markets import all_written
from tests.symbols.scans import known

pytestmark = [pytest.mark.stores, pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SYSTEM = Cause("system", None, "")
COINBASE = "BTC-USD=BTC/USD ETH-USD=ETH/USD SHIB-USD=SHIB/USD VELO-USD=VELO/USD MATIC-USD=MATIC/USD AKT-USD=AKT/USD"
BYBIT = "BTCUSDT=BTC/USDT BTCUSDC=BTC/USDC ETHUSDT=ETH/USDT 1000SHIBUSDT=1000SHIB/USDT VELOUSDT=VELO/USDT"


@pytest.fixture
def identity(transactional_db: None) -> Identity:
    crossing._market.cache_clear()
    known("coinbase", all_written("coinbase", COINBASE))
    known("bybit", all_written("bybit", f"{BYBIT} POLUSDT=POL/USDT"))
    made = services.create_identity()
    whole = {
        "perseus_profile": {"primary_exchange": "coinbase"},
        "exchanges": {"coinbase": {"enabled": True}, "bybit": {"enabled": True}},
        "symbols": ["BTC-USD", "ETH-USD", "SHIB-USD", "VELO-USD", "AKT-USD", "bybit:BTCUSDC"],
        "sparse_symbols": ["MATIC-USD"],
        "position_symbols": ["BTC-USD"],
    }
    services.replace(made.sub, whole, cause=SYSTEM)
    return made


@pytest.fixture
def page(live_server: LiveServer, identity: Identity) -> Iterator[Page]:
    """An admin's browser; nothing may go wrong in it unseen, but for the answer that a test asks for."""
    client = Client()
    client.force_login(a_login(identity, Role.ADMIN))
    wrong: list[str] = []
    with a_browser() as browser:
        context = browser.new_context(base_url=live_server.url, viewport={"width": 390, "height": 800})
        session = client.cookies["sessionid"].value
        context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
        opened = context.new_page()
        opened.on(
            "console",
            lambda m: wrong.append(m.text) if m.type in ("error", "warning") and "412" not in m.text else None,
        )
        opened.on("pageerror", lambda error: wrong.append(str(error)))
        yield opened
    assert wrong == []


def settings(page: Page) -> dict[str, Any]:
    document: dict[str, Any] = page.request.get("/api/v1/settings").json()["settings"]
    return document


def test_an_owner_previews_chooses_switches_and_undoes_it(page: Page) -> None:
    page.goto("/admin/mapping/")
    expect(page.locator("#map")).to_contain_text("4 map, 1 to be chosen, 2 not there.")
    page.get_by_label("From coinbase to").select_option("bybit")
    page.get_by_role("button", name="Preview").click()

    # Nothing is guessed: while one is not chosen it can't be switched.
    switch, outcome = page.get_by_role("button", name="Switch to bybit …"), page.locator("#outcome")
    expect(page.locator("#still")).to_have_text("1 still to be chosen.")
    expect(switch).to_be_disabled()
    expect(page.get_by_label("What VELO-USD becomes")).to_have_value("keep")
    page.get_by_label("What SHIB-USD becomes").select_option("map:1000SHIBUSDT")
    page.get_by_role("button", name="are dropped").click()
    page.get_by_label("What AKT-USD becomes").select_option("keep")
    expect(page.locator("#still")).to_have_text("Everything is decided.")

    # Somebody saves meanwhile: nothing is done, and what was chosen stays chosen.
    change: dict[str, Any] = {"perseus_profile": {"public_name": "Ada"}}
    token = page.locator("[name=csrfmiddlewaretoken]").first.input_value()
    assert page.request.patch("/api/v1/settings", data=change, headers={"X-CSRFToken": token}).ok
    switch.click()
    page.get_by_role("button", name="Switch to bybit", exact=True).click()
    expect(outcome).to_contain_text("Nothing was switched: somebody has saved the settings meanwhile.")
    expect(page.locator("#switching")).to_contain_text("By version 3 of the settings")
    expect(page.get_by_label("What SHIB-USD becomes")).to_have_value("map:1000SHIBUSDT")
    assert page.evaluate("document.documentElement.scrollWidth") == 390

    switch.click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("4 mapped to bybit, 1 kept on coinbase, 1 dropped.")
    expect(dialog).to_contain_text("Dropped: VELO-USD")
    dialog.get_by_role("button", name="Switch to bybit").click()
    expect(outcome).to_contain_text(
        "bybit is the primary exchange now, saved as version 4: 4 mapped, 1 kept where it was, 1 dropped."
    )
    expect(page.locator("#switch")).to_contain_text("are bybit's")
    after = settings(page)
    assert after["symbols"] == ["BTCUSDT", "ETHUSDT", "1000SHIBUSDT", "coinbase:AKT-USD", "bybit:BTCUSDC"]
    assert (after["sparse_symbols"], after["position_symbols"]) == (["POLUSDT"], ["BTCUSDT"])

    page.get_by_role("button", name="Undo").click()
    expect(outcome).to_contain_text("Undone: coinbase is the primary exchange again, saved as version 5.")
    assert "VELO-USD" in settings(page)["symbols"]
