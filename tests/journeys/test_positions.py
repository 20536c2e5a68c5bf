"""Positions' whole way: told by the simulated exchange to a real engine, shown over HTTP and in the admin."""

import time
from typing import Any

import pytest
from django.test import Client

from runtime.models import ExchangeAccount
from settingsapp import services
from settingsapp.accounts import Role
from settingsapp.models import Identity
from settingsapp.services import Cause, create_identity
from tests.running import wait_until
from tests.runtime.engine_program import an_engine_program
from tests.settingsapp.logins import a_login

pytestmark = [pytest.mark.stores, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def identity() -> Identity:
    return create_identity()


def change(identity: Identity, **fields: Any) -> None:
    services.patch(identity.sub, fields, cause=Cause("system", None, ""))


def test_what_the_simulated_exchange_holds_appears_is_watched_and_goes_with_the_setting(identity: Identity) -> None:
    client = Client()
    client.force_login(a_login(identity, Role.VIEWER))

    def told() -> dict[str, Any]:
        body: dict[str, Any] = client.get("/api/v1/runtime/positions").json()
        return body

    def active() -> list[str]:
        symbols: list[str] = client.get("/api/v1/runtime/status").json()["activeSymbols"]
        return symbols

    monitor = {"start_mode": "position-monitor"}
    change(
        identity, load_positions_from_exchange=True, position_symbols=["XRP-USD"], symbols=[], livermore_runtime=monitor
    )
    began = int(time.time() * 1000)
    with an_engine_program(identity.sub):
        wait_until(lambda: told()["accounts"], what="the account being read")
        body = told()
        assert [one["symbol"] for one in body["positions"]] == ["BTC-USD", "ETH-USD", "LINK-USD", "SOL-USD"]
        held = {one["symbol"]: one for one in body["positions"]}
        assert (held["BTC-USD"]["entryPrice"], held["BTC-USD"]["entryFrom"]) == (61000.0, "cost")
        assert held["SOL-USD"]["entryPrice"] == pytest.approx(145)
        assert held["ETH-USD"]["entryPrice"] is None
        (account,) = body["accounts"]
        assert account["refreshedAt"] >= began - 1000
        assert (account["stale"], [left["currency"] for left in account["leftOut"]]) == (False, ["DOGE"])
        wanted = [f"simulated:{symbol}" for symbol in held]
        wait_until(lambda: active() == wanted, what="the positions being watched")
        page = client.get("/admin/positions/").content.decode()
        assert all(symbol in page for symbol in held)
        saved = services.read(identity.sub)
        assert (saved.version, saved.document.portfolio_symbols_last_update[:2]) == (2, "20")

        change(identity, load_positions_from_exchange=False)
        wait_until(lambda: active() == ["simulated:XRP-USD"], what="the settings' own list being watched")
        wait_until(lambda: not ExchangeAccount.objects.exists(), what="what was loaded being dropped")
        assert [one["symbol"] for one in told()["positions"]] == ["XRP-USD"]
