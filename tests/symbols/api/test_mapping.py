"""Mapping across exchanges and the switch of the primary one, over HTTP."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from django.test import Client

from settingsapp import services, versions
from settingsapp.accounts import Role
from settingsapp.models import Identity, UserSettings
from settingsapp.schema.effective import watched_symbols
from settingsapp.services import Cause
from symbols import categories, crossing
from symbols.models import CatalogueEntry
from tests.settingsapp.logins import signed_in
from tests.symbols.markets import all_written
from tests.symbols.scans import known

pytestmark = [pytest.mark.stores, pytest.mark.django_db]

MAP = "/api/v1/symbols/map"
SWITCH = "/api/v1/symbols/switch"
SYSTEM = Cause("system", None, "")
COINBASE = "BTC-USD=BTC/USD ETH-USD=ETH/USD SHIB-USD=SHIB/USD VELO-USD=VELO/USD MATIC-USD=MATIC/USD BTC-EUR=BTC/EUR"
BYBIT = "BTCUSDT=BTC/USDT BTCUSDC=BTC/USDC ETHUSDT=ETH/USDT 1000SHIBUSDT=1000SHIB/USDT VELOUSDT=VELO/USDT"
WATCHED = {
    "symbols": ["BTC-USD", "ETH-USD", "SHIB-USD", "VELO-USD", "bybit:POLUSDT"],
    "sparse_symbols": ["MATIC-USD"],
    "disabled_symbols": ["ETH-USD"],
    "position_symbols": ["BTC-USD"],
}


@pytest.fixture
def identity(db: None) -> Identity:
    """Its primary exchange is coinbase, bybit is enabled beside it."""
    crossing._market.cache_clear()
    known("coinbase", all_written("coinbase", COINBASE))
    known("bybit", all_written("bybit", f"{BYBIT} POLUSDT=POL/USDT"))
    made = services.create_identity()
    exchanges = {"coinbase": {"enabled": True}, "bybit": {"enabled": True}, "kucoin": {}}
    whole = {"perseus_profile": {"primary_exchange": "coinbase"}, "exchanges": exchanges, **WATCHED}
    services.replace(made.sub, whole, cause=SYSTEM)
    return made


@pytest.fixture
def viewer(identity: Identity) -> Client:
    return signed_in(identity, Role.VIEWER)


@pytest.fixture
def admin(identity: Identity) -> Client:
    return signed_in(identity, Role.ADMIN)


def switched(client: Client, wanted: Mapping[str, Any], version: int | str | None = 2) -> Any:
    headers = {} if version is None else {"If-Match": f'"{version}"'}
    return client.post(SWITCH, json.dumps(wanted), content_type="application/json", headers=headers)


def fields(answer: Any) -> dict[str, str]:
    return {field["path"]: field["message"] for field in answer.json()["fields"]}


def test_a_symbol_maps_with_why_and_what_else_could_be_chosen(viewer: Client) -> None:
    told = viewer.get(MAP, {"symbol": "BTC-USD", "from": "coinbase", "to": "bybit"}).json()
    assert (told["verdict"], told["from"], told["to"], told["stablecoins"]) == ("maps", "coinbase", "bybit", "dollar")
    assert told["mapped"].items() >= {
        "symbol": "bybit:BTCUSDT", "native": "BTCUSDT", "exchange": "bybit", "unified": "BTC/USDT", "base": "BTC",
        "quote": "USDT", "active": True,
    }.items()  # fmt: skip
    assert [one["native"] for one in told["candidates"]] == ["BTCUSDT", "BTCUSDC"]
    assert told["why"] == "BTC/USD is BTC/USDT: priced in USDT instead of USD"
    back = viewer.get(MAP, {"symbol": "bybit:POLUSDT", "to": "coinbase"}).json()
    assert (back["mapped"]["symbol"], back["symbol"], back["from"]) == ("MATIC-USD", "POLUSDT", "bybit")
    exact = viewer.get(MAP, {"symbol": "BTC-USD", "to": "bybit", "stablecoins": "exact"}).json()
    assert (exact["verdict"], exact["mapped"], exact["candidates"]) == ("none", None, [])
    assert "where stablecoins count as the dollar, it maps" in exact["why"]
    doubtful = viewer.get(MAP, {"symbol": "SHIB-USD", "to": "bybit"}).json()
    assert (doubtful["verdict"], doubtful["mapped"]) == ("ambiguous", None)
    assert "1 1000SHIB is 1,000 SHIB" in doubtful["why"]


@pytest.mark.parametrize(
    ("query", "path", "message"),
    [
        ({"symbol": "BTC-USD", "to": "bybitt"}, "to", "did you mean 'bybit'?"),
        ({"symbol": "BTC-USD", "from": "coinbasee", "to": "bybit"}, "from", "did you mean 'coinbase'?"),
        ({"symbol": "bybit:BTCUSDT", "from": "coinbase", "to": "bybit"}, "from", "is bybit's, not coinbase's"),
        ({"symbol": "BTC-USD", "to": "bybit", "stablecoins": "some"}, "stablecoins", "'dollar' or 'exact'"),
        ({"symbol": "BTC-USD"}, "to", "field required"),
    ],
)
def test_a_question_that_makes_no_sense_is_told_where(viewer: Client, query: Any, path: str, message: str) -> None:
    answer = viewer.get(MAP, query)
    assert answer.status_code == 422
    assert message in fields(answer)[path]


def test_an_unknown_symbol_is_told_what_comes_near(viewer: Client) -> None:
    answer = viewer.get(MAP, {"symbol": "BTCUSD", "to": "bybit"})
    assert (answer.status_code, answer.json()["error"]) == (404, "unknown_symbol")
    assert answer.json()["message"].startswith("Coinbase has no BTCUSD; did you mean BTC-USD")


def test_an_exchange_that_was_not_read_yet_is_no_verdict(viewer: Client, identity: Identity) -> None:
    services.patch(identity.sub, {"exchanges": {"kucoin": {"enabled": True}}}, cause=SYSTEM)
    for query in ({"symbol": "BTC-USD", "to": "kucoin"}, {"symbol": "kucoin:BTC-USDT", "to": "bybit"}):
        answer = viewer.get(MAP, query)
        assert (answer.status_code, answer.json()["error"]) == (409, "not_read_yet")
        assert answer.json()["message"].startswith("No instruments of kucoin are known yet")


def test_the_preview_shows_every_verdict_and_changes_nothing(viewer: Client, identity: Identity) -> None:
    answer = viewer.get(SWITCH, {"to": "bybit"})
    told = answer.json()
    assert answer.headers["ETag"] == '"2"'
    assert (told["from"], told["to"], told["version"], told["problem"]) == ("coinbase", "bybit", 2, None)
    assert told["counts"] == {"maps": 3, "ambiguous": 1, "none": 1}
    entries = {entry["symbol"]: entry for entry in told["entries"]}
    assert list(entries) == ["BTC-USD", "ETH-USD", "SHIB-USD", "VELO-USD", "MATIC-USD"]
    assert entries["ETH-USD"]["lists"] == ["symbols", "disabled_symbols"]
    assert (entries["BTC-USD"]["to"], entries["MATIC-USD"]["to"]) == ("BTCUSDT", "POLUSDT")
    assert entries["SHIB-USD"]["verdict"] == "ambiguous"
    assert (entries["VELO-USD"]["verdict"], entries["VELO-USD"]["to"]) == ("none", None)
    assert "bybit has another asset of that name" in entries["VELO-USD"]["why"]
    assert told["unchanged"] == ["bybit:POLUSDT"]
    assert any("the scanner follows the primary exchange: it will scan bybit" in note for note in told["notes"])
    assert services.saved_version(identity.sub) == 2


def test_a_switch_is_one_version_and_one_restore_undoes_it(admin: Client, identity: Identity) -> None:
    before = services.read(identity.sub).document
    choices = {"SHIB-USD": {"action": "map", "to": "1000SHIBUSDT"}}
    answer = switched(admin, {"to": "bybit", "choices": choices})
    assert answer.status_code == 200, answer.content
    told = answer.json()
    assert (told["version"], told["primaryExchange"], told["kept"], told["dropped"]) == (3, "bybit", ["VELO-USD"], [])
    assert {"symbol": "BTC-USD", "to": "BTCUSDT"} in told["moved"]
    after = services.read(identity.sub).document
    assert after.symbols == ("BTCUSDT", "ETHUSDT", "1000SHIBUSDT", "coinbase:VELO-USD", "bybit:POLUSDT")
    # It stood on the sparse list as MATIC-USD; that it is watched fully now comes of the other entry.
    assert after.sparse_symbols == ("POLUSDT",)
    assert (after.disabled_symbols, after.position_symbols) == (("ETHUSDT",), ("BTCUSDT",))
    assert watched_symbols(after) == (*("bybit:BTCUSDT", "bybit:1000SHIBUSDT", "coinbase:VELO-USD", "bybit:POLUSDT"),)
    restored = admin.post("/api/v1/settings/versions/2/restore", headers={"If-Match": '"3"'})
    assert restored.status_code == 200
    assert services.read(identity.sub).document == before
    assert [version.problem for version in versions.listed(identity.sub)] == [""] * 4


def test_what_stays_can_be_dropped_and_what_maps_can_be_kept_or_mapped_otherwise(
    admin: Client, identity: Identity
) -> None:
    choices = {
        "SHIB-USD": {"action": "drop"},
        "BTC-USD": {"action": "map", "to": "BTCUSDC"},
        "ETH-USD": {"action": "keep"},
    }
    told = switched(admin, {"to": "bybit", "unmapped": "drop", "choices": choices}).json()
    assert (told["kept"], told["dropped"]) == (["ETH-USD"], ["SHIB-USD", "VELO-USD"])
    after = services.read(identity.sub).document
    assert after.symbols == ("BTCUSDC", "coinbase:ETH-USD", "bybit:POLUSDT")
    assert (after.disabled_symbols, after.position_symbols) == (("coinbase:ETH-USD",), ("BTCUSDC",))


def test_an_entry_that_reads_alike_on_both_exchanges_changes_its_meaning_on_purpose(
    admin: Client, identity: Identity
) -> None:
    known("kucoin", all_written("kucoin", "BTC-USD=BTC/USD"))
    services.patch(identity.sub, {"exchanges": {"kucoin": {"enabled": True}}, "symbols": ["BTC-USD"]}, cause=SYSTEM)
    services.patch(identity.sub, {"sparse_symbols": [], "disabled_symbols": []}, cause=SYSTEM)
    assert switched(admin, {"to": "kucoin"}, 4).status_code == 200
    assert watched_symbols(services.read(identity.sub).document) == ("kucoin:BTC-USD",)


def test_nothing_is_done_while_something_is_undecided_or_does_not_fit(admin: Client, identity: Identity) -> None:
    refused = switched(admin, {"to": "bybit"})
    assert (refused.status_code, refused.json()["error"]) == (422, "unfit_switch")
    assert fields(refused)["choices.SHIB-USD"].endswith("choose 1000SHIBUSDT, or keep or drop it")
    choices = {
        "SHIB-USD": {"action": "map", "to": "SHIBUSDT"},
        "VELO-USD": {"action": "map", "to": "VELOUSDT"},
        "BTC-USDD": {"action": "keep"},
    }
    told = fields(switched(admin, {"to": "bybit", "choices": choices}))
    assert told["choices.SHIB-USD"] == "SHIBUSDT is none of its candidates; there are 1000SHIBUSDT"
    assert told["choices.VELO-USD"] == "VELOUSDT is none of its candidates: keep or drop it"
    assert told["choices.BTC-USDD"] == "no entry is written like this; did you mean 'BTC-USD'?"
    for to, message in (
        ("coinbase", "is the primary exchange already"),
        ("kucoin", "is not enabled in the settings: enable it first"),
        ("bybitt", "did you mean 'bybit'?"),
    ):
        assert message in fields(switched(admin, {"to": to}))["to"]
    known("bybit", all_written("bybit", "btcusdt=BTC/USDT"))
    assert (
        "bybit writes symbols like btcusdt, which the watchlist can't hold"
        in fields(switched(admin, {"to": "bybit"}))["to"]
    )
    known("bybit", [])
    CatalogueEntry.objects.filter(exchange="bybit").delete()
    crossing._market.cache_clear()
    assert "no instruments of bybit are known yet" in fields(switched(admin, {"to": "bybit"}))["to"]
    assert services.saved_version(identity.sub) == 2


def test_a_preview_of_another_version_can_not_be_applied(admin: Client, viewer: Client, identity: Identity) -> None:
    wanted = {"to": "bybit", "choices": {"SHIB-USD": {"action": "drop"}}}
    assert switched(admin, wanted, None).json()["error"] == "if_match_needed"
    services.patch(identity.sub, {"symbols": ["BTC-USD"]}, cause=SYSTEM)
    assert switched(admin, wanted).status_code == 412
    assert switched(viewer, wanted, 3).status_code == 403
    assert services.saved_version(identity.sub) == 3
    UserSettings.objects.update(settings={"symbols": 7})
    assert viewer.get(SWITCH, {"to": "bybit"}).status_code == 422


def test_categories_come_along(admin: Client, identity: Identity) -> None:
    categories.make(identity.sub, "high-cap")
    categories.planned(identity.sub, ["coinbase:BTC-USD"], ["high-cap"], (), ()).carry_out()
    assert switched(admin, {"to": "bybit", "choices": {"SHIB-USD": {"action": "drop"}}}).status_code == 200
    assert categories.by_symbol(identity.sub)["bybit:BTCUSDT"] == {"high-cap"}
