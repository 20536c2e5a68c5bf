"""The watchlist over HTTP: added, changed, removed, undone, as a client of the API meets it."""

import json
import time
from typing import Any

import pytest
from django.test import Client

from settingsapp import services, versions
from settingsapp.accounts import Role
from settingsapp.models import Identity
from symbols import catalogue
from symbols.instruments import Instrument
from tests.settingsapp.logins import signed_in

# What follows from a save follows once it is committed.
pytestmark = [pytest.mark.stores, pytest.mark.django_db(transaction=True)]

WATCHLIST = "/api/v1/symbols/watchlist"
CATEGORIES = "/api/v1/symbols/categories"
UNDO = f"{WATCHLIST}/undo"
SYSTEM = services.Cause("system", None, "")


def send(client: Client, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, dict[str, Any]]:
    text = "" if body is None else json.dumps(body)
    answer = client.generic(method, path, text, content_type="application/json", headers=headers)
    return answer.status_code, answer.json() if answer.content else {}


def rows(client: Client) -> dict[str, dict[str, Any]]:
    return {row["symbol"]: row for row in client.get(WATCHLIST).json()["results"]}


def lists(identity: Identity) -> tuple[list[str], list[str], list[str]]:
    document = services.read(identity.sub).document
    return list(document.symbols), list(document.sparse_symbols), list(document.disabled_symbols)


def test_each_tracked_symbol_tells_what_it_is_and_since_when(admin: Client, identity: Identity) -> None:
    found = rows(admin)
    assert list(found) == ["BTC-USD", "ETH-USD", "SOL-USD"]
    assert found["BTC-USD"].items() >= {
        "qualified": "simulated:BTC-USD", "exchange": "simulated", "enabled": True, "watched": True,
        "priority": "normal", "categories": [], "base": "BTC", "tradable": True, "byScanner": False,
    }.items()  # fmt: skip
    assert found["SOL-USD"]["priority"] == "sparse"
    send(admin, "POST", WATCHLIST, {"symbol": "UNI-USD"})
    uni = rows(admin)["UNI-USD"]
    assert (uni["addedBy"], uni["addedHow"]) == ("the-admin", "api")
    assert abs(uni["addedAt"] - time.time() * 1000) < 60_000


def test_adding_says_whether_it_changed_anything_and_makes_one_version(admin: Client, identity: Identity) -> None:
    before = services.read(identity.sub).version
    status, body = send(admin, "POST", WATCHLIST, {"symbol": "UNI-USD"})
    assert (status, body["changed"], body["version"]) == (201, ["simulated:UNI-USD"], before + 1)
    status, body = send(admin, "POST", WATCHLIST, {"symbol": "simulated:UNI-USD"})
    assert (status, body["changed"], body["already"], body["version"]) == (200, [], ["simulated:UNI-USD"], before + 1)
    status, body = send(admin, "POST", WATCHLIST, {"symbols": ["UNI-USD", "XRP-USD", "ADA-USD"]})
    assert (status, body["changed"], body["version"]) == (201, ["simulated:XRP-USD", "simulated:ADA-USD"], before + 2)


def test_what_cannot_be_added_is_refused_with_what_would_be_right_and_nothing_is_lost(
    admin: Client, identity: Identity
) -> None:
    catalogue.replace("simulated", [Instrument("simulated", "BTC-USD", "BTC/USD", "BTC", "USD")])
    for symbol, words in (
        ("btc usd", "written as its exchange writes it"),
        ("BTCUSD", "did you mean BTC-USD?"),
        ("binance:BTCUSDT", "the settings know no exchange binance"),
        ("UNI-USD", "does not trade UNI-USD any more"),
    ):
        status, body = send(admin, "POST", WATCHLIST, {"symbol": symbol})
        assert (status, body["fields"][0]["path"]) == (422, "symbol")
        assert words in body["fields"][0]["message"]
    status, body = send(admin, "POST", WATCHLIST, {"symbols": ["BTC-USD", "NO-USD"]})
    assert (status, body["fields"][0]["path"]) == (422, "symbols.1")
    assert lists(identity)[0] == ["BTC-USD", "ETH-USD"]
    wrongs: tuple[dict[str, Any], ...] = (
        {},
        {"symbol": "BTC-USD", "symbols": ["ETH-USD"]},
        {"symbols": []},
        {"symbol": 5},
        {"symbl": "X"},
    )
    for wrong in wrongs:
        assert send(admin, "POST", WATCHLIST, wrong)[0] == 422


def test_symbols_are_switched_and_moved_without_leaving_the_watchlist(admin: Client, identity: Identity) -> None:
    status, body = send(admin, "PATCH", WATCHLIST, {"symbols": ["BTC-USD", "ETH-USD"], "enabled": False})
    assert (status, body["changed"]) == (200, ["simulated:BTC-USD", "simulated:ETH-USD"])
    assert lists(identity) == (["BTC-USD", "ETH-USD"], ["SOL-USD"], ["BTC-USD", "ETH-USD"])
    send(admin, "PATCH", WATCHLIST, {"symbol": "simulated:BTC-USD", "enabled": True, "priority": "sparse"})
    assert lists(identity) == (["ETH-USD"], ["SOL-USD", "BTC-USD"], ["ETH-USD"])
    assert [rows(admin)[s]["watched"] for s in ("BTC-USD", "ETH-USD")] == [True, False]
    version = services.read(identity.sub).version
    body = send(admin, "PATCH", WATCHLIST, {"symbol": "BTC-USD", "enabled": True})[1]
    assert (body["already"], body["version"]) == (["simulated:BTC-USD"], version)
    status, body = send(admin, "PATCH", WATCHLIST, {"symbols": ["BTC-USD", "DOT-USD"], "enabled": False})
    assert (status, body["fields"][0]["path"]) == (404, "symbols.1")
    assert services.read(identity.sub).version == version


def test_a_removal_is_undone_unless_somebody_has_moved_the_symbol_since(admin: Client, identity: Identity) -> None:
    status, body = send(admin, "DELETE", f"{WATCHLIST}?symbol=BTC-USD&symbol=SOL-USD&symbol=NEVER-USD")
    assert (status, body["changed"], body["already"]) == (
        200,
        ["simulated:BTC-USD", "simulated:SOL-USD"],
        ["simulated:NEVER-USD"],
    )
    removed = body["version"]
    assert lists(identity) == (["ETH-USD"], [], [])
    send(admin, "POST", WATCHLIST, {"symbol": "SOL-USD"})
    status, body = send(admin, "POST", UNDO, {"version": removed})
    assert (status, body["changed"], body["left"]) == (200, ["simulated:BTC-USD"], ["simulated:SOL-USD"])
    assert lists(identity) == (["BTC-USD", "ETH-USD", "SOL-USD"], [], [])
    status, body = send(admin, "POST", UNDO, {"version": 4_711})
    assert (status, body["fields"][0]["path"]) == (404, "version")


def test_who_saw_an_older_version_changes_nothing(admin: Client, identity: Identity) -> None:
    seen = admin.get(WATCHLIST)["ETag"]
    assert send(admin, "POST", WATCHLIST, {"symbol": "UNI-USD"}, **{"If-Match": seen})[0] == 201
    status, body = send(admin, "DELETE", f"{WATCHLIST}?symbol=UNI-USD", **{"If-Match": seen})
    assert (status, body["error"]) == (412, "stale_version")


def test_every_edit_is_in_the_history_with_who_made_it(admin: Client, identity: Identity) -> None:
    send(admin, "POST", WATCHLIST, {"symbol": "UNI-USD"})
    newest = versions.listed(identity.sub, limit=1)[0]
    assert newest.link is not None
    assert (newest.saved_by, list(newest.link.told)) == ("the-admin", ["symbols: added UNI-USD"])


def test_categories_tag_symbols_and_outlast_their_removal(admin: Client, identity: Identity) -> None:
    assert send(admin, "POST", CATEGORIES, {"name": "high-cap", "colour": "green"})[0] == 201
    assert send(admin, "POST", CATEGORIES, {"name": "meme"})[1] == {"name": "meme", "colour": "grey"}
    version = services.read(identity.sub).version
    body = send(admin, "PATCH", WATCHLIST, {"symbols": ["BTC-USD", "ETH-USD"], "addCategories": ["High-Cap"]})[1]
    assert (body["changed"], body["version"]) == (["simulated:BTC-USD", "simulated:ETH-USD"], version)
    assert rows(admin)["BTC-USD"]["categories"] == ["high-cap"]
    send(admin, "PATCH", WATCHLIST, {"symbol": "BTC-USD", "categories": ["meme"]})
    assert rows(admin)["BTC-USD"]["categories"] == ["meme"]
    removed = send(admin, "DELETE", f"{WATCHLIST}?symbol=BTC-USD")[1]["version"]
    send(admin, "POST", UNDO, {"version": removed})
    assert rows(admin)["BTC-USD"]["categories"] == ["meme"]
    send(admin, "PATCH", CATEGORIES, {"name": "meme", "newName": "fun", "colour": "purple"})
    assert rows(admin)["BTC-USD"]["categories"] == ["fun"]
    assert send(admin, "DELETE", f"{CATEGORIES}?name=fun")[0] == 204
    assert rows(admin)["BTC-USD"]["categories"] == []


@pytest.mark.parametrize(
    ("body", "path", "words"),
    [
        ({"name": "HIGH-CAP"}, "name", "there is a category HIGH-CAP already"),
        ({"name": " "}, "name", "1 to 40 characters"),
        ({"name": "a,b"}, "name", "no comma"),
        ({"name": "x" * 41}, "name", "1 to 40 characters"),
        ({"name": "zero\u200bwidth"}, "name", "ZERO WIDTH SPACE"),
        ({"name": "new", "colour": "pink"}, "colour", "there are grey, blue"),
    ],
)
def test_a_category_that_cannot_be_is_refused(admin: Client, body: dict[str, str], path: str, words: str) -> None:
    send(admin, "POST", CATEGORIES, {"name": "high-cap"})
    status, told = send(admin, "POST", CATEGORIES, body)
    assert (status, told["fields"][0]["path"]) == (422, path)
    assert words in told["fields"][0]["message"]


def test_an_unknown_category_is_refused_with_what_comes_near(admin: Client, identity: Identity) -> None:
    send(admin, "POST", CATEGORIES, {"name": "high-cap"})
    change = {"symbol": "BTC-USD", "enabled": False, "addCategories": ["hihg-cap"]}
    status, told = send(admin, "PATCH", WATCHLIST, change)
    assert (status, told["fields"][0]["path"]) == (422, "addCategories.0")
    assert "did you mean 'high-cap'?" in told["fields"][0]["message"]
    assert rows(admin)["BTC-USD"]["enabled"]


def test_only_who_may_change_the_settings_edits(admin: Client, identity: Identity) -> None:
    operator = signed_in(identity, Role.OPERATOR)
    assert len(rows(operator)) == 3
    assert send(operator, "POST", WATCHLIST, {"symbol": "UNI-USD"})[0] == 403
    assert send(operator, "DELETE", f"{WATCHLIST}?symbol=BTC-USD")[0] == 403
    assert send(operator, "POST", CATEGORIES, {"name": "x"})[0] == 403
    assert Client().get(WATCHLIST).status_code == 401
