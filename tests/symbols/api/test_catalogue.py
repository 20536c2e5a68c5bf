"""The catalogue over HTTP."""

import time
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client

from settingsapp import services
from settingsapp.accounts import Role
from settingsapp.models import Identity
from settingsapp.services import Cause
from symbols import catalogue, refreshing
from symbols.instruments import Instrument
from tests.settingsapp.logins import signed_in

pytestmark = [pytest.mark.stores, pytest.mark.django_db]

SEARCH = "/api/v1/symbols/search"
METRICS = "/api/v1/symbols/metrics"
REFRESH = "/api/v1/symbols/refresh"
SYSTEM = Cause("system", None, "")
BINANCE = {"enabled": True, "ApiKeyEnvironmentVariableName": "", "SecretEnvironmentVariableName": ""}


def a_binance(*bases: str, **told: Any) -> list[Instrument]:
    return [Instrument("binance", f"{base}USDT", f"{base}/USDT", base, "USDT", **told) for base in bases]


@pytest.fixture
def identity(db: None) -> Identity:
    """It has two exchanges, of which the simulated one is the primary."""
    made = services.create_identity()
    services.patch(made.sub, {"exchanges": {"binance": BINANCE}}, cause=SYSTEM)
    refreshing.make_fresh("simulated", int(time.time() * 1000))
    catalogue.replace("binance", a_binance("BTC", "PEPE"))
    return made


@pytest.fixture
def viewer(identity: Identity) -> Client:
    return signed_in(identity, Role.VIEWER)


def test_a_hit_is_written_as_the_watchlist_writes_it(viewer: Client) -> None:
    hits = viewer.get(SEARCH, {"q": "btc"}).json()["results"]
    assert [hit["symbol"] for hit in hits] == ["BTC-USD", "binance:BTCUSDT", "ETH-BTC"]
    assert hits[0].items() >= {
        "exchange": "simulated", "unified": "BTC/USD", "base": "BTC", "quote": "USD", "active": True, "listed": True
    }.items()  # fmt: skip
    assert not hits[1]["listed"]
    assert [hit["symbol"] for hit in viewer.get(SEARCH, {"q": "btc", "exchange": "binance"}).json()["results"]] == [
        "binance:BTCUSDT"
    ]
    assert [hit["symbol"] for hit in viewer.get(SEARCH, {"q": "binance:btc"}).json()["results"]] == ["binance:BTCUSDT"]


def test_what_has_appeared_is_found_at_once(viewer: Client) -> None:
    assert viewer.get(SEARCH, {"q": "wif"}).json() == {"results": [], "next": None}
    catalogue.replace("binance", a_binance("BTC", "WIF"))
    assert [hit["symbol"] for hit in viewer.get(SEARCH, {"q": "wif"}).json()["results"]] == ["binance:WIFUSDT"]
    assert [hit["active"] for hit in viewer.get(SEARCH, {"q": "pepe"}).json()["results"]] == [False]


def test_of_an_exchange_that_is_off_nothing_is_found_unless_it_is_named(viewer: Client, identity: Identity) -> None:
    services.patch(identity.sub, {"exchanges": {"binance": {"enabled": False}}}, cause=SYSTEM)
    assert viewer.get(SEARCH, {"q": "pepe"}).json()["results"] == []
    assert len(viewer.get(SEARCH, {"q": "pepe", "exchange": "binance"}).json()["results"]) == 1
    refused = viewer.get(SEARCH, {"q": "pepe", "exchange": "binanze"})
    assert (refused.status_code, refused.json()["fields"][0]["path"]) == (422, "exchange")
    assert "did you mean 'binance'?" in refused.json()["fields"][0]["message"]


def test_metrics_tell_the_market_in_dollars_and_how_old_that_is(viewer: Client) -> None:
    told = viewer.get(METRICS, {"symbol": "ETH-BTC"}).json()
    assert (told["symbol"], told["lastPrice"], told["priceUsd"]) == ("ETH-BTC", 0.049, 0.049 * 65_000)
    assert told["volumeUsd24h"] == pytest.approx(told["volume24h"] * 65_000)
    assert (told["stale"], told["refreshing"], told["problem"]) == (False, False, "")
    assert told["spreadPercent"] > 0
    catalogue.replace("binance", a_binance("BTC", last_price=64_000.0, priced_at=1, volume_24h=10.0))
    assert viewer.get(METRICS, {"symbol": "binance:ETHUSDT"}).status_code == 404


def test_metrics_of_what_is_unknown_say_what_comes_near(viewer: Client) -> None:
    for symbol, advice in (
        ("BTCUSD", "Simulated has no BTCUSD; did you mean BTC-USD?"),
        ("binance:BTC-USDT", "Binance has no BTC-USDT; did you mean binance:BTCUSDT?"),
        ("kraken:XXBTZUSD", "No instruments of kraken are known yet"),
        ("binance:NOTHING", "Binance has no NOTHING."),
    ):
        answer = viewer.get(METRICS, {"symbol": symbol})
        assert (answer.status_code, answer.json()["error"]) == (404, "unknown_symbol")
        assert answer.json()["message"].startswith(advice)


@pytest.mark.parametrize("query", [{}, {"q": "x", "limit": 0}, {"q": "x", "limit": 101}, {"q": "x" * 1_000}])
def test_what_cannot_be_searched_for_is_refused(viewer: Client, query: dict[str, Any]) -> None:
    assert viewer.get(SEARCH, query).status_code == 422
    assert Client().get(SEARCH, query).status_code == 401


def test_a_reading_is_begun_by_an_operator_and_told_while_it_goes_on(
    viewer: Client, identity: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[str] = []
    # Of the reading itself nothing is to happen here.
    monkeypatch.setattr(
        "symbols.refreshing.Thread", lambda **given: SimpleNamespace(start=lambda: begun.append(given["name"]))
    )
    assert viewer.post(REFRESH, {}, content_type="application/json").status_code == 403
    operator = signed_in(identity, Role.OPERATOR)
    answer = operator.post(REFRESH, {"exchange": "binance"}, content_type="application/json")
    assert (answer.status_code, [one["state"] for one in answer.json()["results"]]) == (202, ["running"])
    assert operator.post(REFRESH, {"exchange": "binance"}, content_type="application/json").status_code == 202
    assert begun == ["catalogue"], "somebody is at it already"
    states = {one["exchange"]: one["state"] for one in viewer.get(REFRESH).json()["results"]}
    assert states == {"simulated": "read", "binance": "running"}
    refused = operator.post(REFRESH, {"exchange": "kraken"}, content_type="application/json")
    assert refused.status_code == 422
    # In no order of their own: a database may keep the document's keys otherwise.
    assert "kraken is not enabled in the settings; enabled are: " in refused.json()["fields"][0]["message"]
