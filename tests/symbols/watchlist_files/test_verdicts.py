"""Each line's verdict, and what would be right."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from symbols.instruments import Instrument
from symbols.searching import Index
from symbols.watchlist_files.entries import Line
from symbols.watchlist_files.verdicts import Ground, Row, Standing, Verdict, judged
from tests.settingsapp.secret_samples import MARKER, SECRETS

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def spot(exchange: str, symbol: str, base: str, quote: str, **told: Any) -> Instrument:
    return Instrument(exchange, symbol, f"{base}/{quote}", base, quote, **told)


TRADED = {
    "coinbase": [
        spot("coinbase", "BTC-USD", "BTC", "USD", volume_24h=9.0),
        spot("coinbase", "BTC-USDT", "BTC", "USDT", volume_24h=8.0),
        spot("coinbase", "ETH-USD", "ETH", "USD"),
        spot("coinbase", "DOGE-USD", "DOGE", "USD"),
        spot("coinbase", "LUNA-USD", "LUNA", "USD", active=False),
        spot("coinbase", "LUNA-EUR", "LUNA", "EUR"),
        spot("coinbase", "OLD-USD", "OLD", "USD", active=False),
    ],
    "binance": [
        spot("binance", "BTCUSDT", "BTC", "USDT"),
        spot("binance", "SHIBUSDT", "SHIB", "USDT"),
        spot("binance", "PEPEUSDT", "PEPE", "USDT"),
    ],
    "kucoin": [spot("kucoin", "PEPE-USDT", "PEPE", "USDT")],
    "kraken": [],
}
INDEXES = {name: Index(instruments) for name, instruments in TRADED.items()}
GROUND = Ground(
    primary="coinbase",
    exchanges={"coinbase": True, "binance": True, "kucoin": False, "kraken": True},
    index=lambda name: INDEXES[name],
    tracked={
        "coinbase:ETH-USD": Standing(True, False, frozenset({"major"})),
        "binance:BTCUSDT": Standing(False, True, frozenset()),
    },
    now=NOW,
    categories=("major", "Meme"),
)


def verdict(symbol: str, exchange: str = "", **told: Any) -> Row:
    (row,) = judged([Line(1, symbol, exchange, **told)], GROUND)
    return row


@pytest.mark.parametrize(
    ("symbol", "exchange", "expected", "written"),
    [
        ("BTC-USD", "", "valid", "BTC-USD"),
        ("coinbase:BTC-USD", "", "valid", "BTC-USD"),
        ("BTC-USD", "Coinbase", "valid", "BTC-USD"),
        ("SHIBUSDT", "binance", "valid", "binance:SHIBUSDT"),
        ("BINANCE:SHIBUSDT", "", "valid", "binance:SHIBUSDT"),
        ("kucoin:PEPE-USDT", "", "valid", "kucoin:PEPE-USDT"),
        ("kraken:XBT/USD", "", "valid", "kraken:XBT/USD"),
        ("ETH-USD", "", "duplicate", "ETH-USD"),
        ("BTCUSDT", "binance", "duplicate", "binance:BTCUSDT"),
    ],
)
def test_what_can_be_tracked_is_written_as_the_watchlist_writes_it(
    symbol: str, exchange: str, expected: str, written: str
) -> None:
    row = verdict(symbol, exchange)
    assert (row.verdict.value, row.symbol, row.good, row.suggestion) == (expected, written, True, None)


@pytest.mark.parametrize(
    ("symbol", "exchange", "expected", "candidates"),
    [
        ("btc-usd", "", "unknown", ["BTC-USD"]),
        ("BTCUSD", "", "unknown", ["BTC-USD"]),
        ("BTC/USDT", "", "unknown", ["BTC-USDT"]),
        ("XBTUSD", "", "unknown", ["BTC-USD"]),
        ("doge", "", "unknown", ["DOGE-USD"]),
        ("DOGE-UDS", "", "unknown", ["DOGE-USD"]),
        ("BTC", "", "ambiguous", ["BTC-USD", "BTC-USDT"]),
        ("SHIBUSDT", "", "unknown", ["binance:SHIBUSDT"]),
        ("PEPEUSDT", "", "unknown", ["binance:PEPEUSDT"]),
        ("SHIBUSDT", "coinbase", "unknown", []),
        ("QQQ-USD", "", "unknown", []),
        ("SHIBUSDT", "binanc", "unknown", ["binance:SHIBUSDT"]),
        ("ETH-USD", "nowhere", "unknown", ["ETH-USD"]),
        ("LUNA-USD", "", "not_tradable", ["LUNA-EUR"]),
        ("OLD-USD", "", "not_tradable", []),
        ("B\u0422C-USD", "", "invalid", ["BTC-USD"]),
        ("BTC\u200b-USD", "", "invalid", ["BTC-USD"]),
        ("BTC-USD\u202e", "", "invalid", ["BTC-USD"]),
        ("BTC-USD", "coinb\u0430se", "invalid", []),
        ("not a symbol!", "", "invalid", []),
        ("binance:BTCUSDT", "coinbase", "invalid", []),
        ("=1+1", "", "invalid", []),
    ],
)
def test_what_cannot_be_tracked_is_told_with_what_would_be_right(
    symbol: str, exchange: str, expected: str, candidates: list[str]
) -> None:
    row = verdict(symbol, exchange)
    assert (row.verdict.value, list(row.candidates), row.good) == (expected, candidates, False)
    assert row.suggestion == (candidates[0] if candidates else None)
    assert row.message


def test_a_symbol_that_several_exchanges_call_so_is_not_guessed() -> None:
    indexes = INDEXES | {"kraken": Index([spot("kraken", "ADA/USD", "ADA", "USD")])}
    exchanges = {"coinbase": True, "binance": True, "kraken": True}
    ground = Ground("kraken", exchanges, lambda name: indexes[name], {}, NOW)
    (row,) = judged([Line(1, "BTCUSDT")], ground)
    assert (row.verdict, row.candidates) == (Verdict.AMBIGUOUS, ("coinbase:BTC-USDT", "binance:BTCUSDT"))
    assert row.message == "BTCUSDT may be coinbase:BTC-USDT or binance:BTCUSDT: write which"


def test_a_line_that_stands_twice_is_no_harm_unless_it_says_something_else() -> None:
    first = Line(2, "BTC-USD", enabled=False, categories=("x",))
    again = [Line(3, "coinbase:BTC-USD"), Line(4, "BTC-USD", enabled=False), Line(5, "BTC-USD", enabled=True)]
    rows = judged([first, *again, Line(6, "BTC-USD", categories=("y",))], GROUND)
    assert [row.verdict.value for row in rows] == ["valid", "duplicate", "duplicate", "invalid", "invalid"]
    assert rows[1].message == "stands on line 2 already"
    assert rows[3].message == "stands on line 2 already, which says something else of it"


def test_what_is_tracked_already_is_told_with_what_changes() -> None:
    assert (
        verdict("ETH-USD", enabled=True, sparse=False, categories=("Major",)).message == "is on the watchlist already"
    )
    row = verdict("ETH-USD", enabled=False, sparse=True, categories=("meme", "new"))
    assert row.message == "is on the watchlist already; it is switched off and becomes sparse and comes into Meme, new"
    assert (row.categories, row.changes) == (("Meme", "new"), True)


def test_a_line_that_is_put_right_keeps_what_it_says_beside_its_symbol() -> None:
    told: dict[str, Any] = {"enabled": False, "sparse": True, "categories": ("meme",), "added": NOW}
    row = verdict("dogeusd", **told)
    assert row.suggestion == "DOGE-USD"
    assert (row.enabled, row.sparse, row.categories, row.added) == tuple(told.values())


def test_one_category_is_one_however_it_is_written() -> None:
    rows = judged([Line(1, "BTC-USD", categories=("New One",)), Line(2, "DOGE-USD", categories=("new  one",))], GROUND)
    assert [row.categories for row in rows] == [("New One",), ("New One",)]


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ({"problem": "enabled is yes or no, or empty"}, "enabled is yes or no, or empty"),
        ({"categories": ("m\u0435me",)}, "character 2 is U+0435 CYRILLIC SMALL LETTER IE, which looks like e"),
        ({"categories": tuple(map(str, range(21)))}, "names more than 20 categories"),
        ({"added": datetime(2027, 1, 1, tzinfo=UTC)}, "added is a moment that has been"),
        ({"added": datetime(1999, 1, 1, tzinfo=UTC)}, "added is a moment that has been"),
    ],
)
def test_what_a_line_says_beside_its_symbol_is_looked_at_too(told: dict[str, Any], message: str) -> None:
    row = verdict("BTC-USD", **told)
    assert row.verdict is Verdict.INVALID
    assert message in row.message


def test_what_is_switched_off_or_not_read_yet_is_told() -> None:
    assert verdict("kucoin:PEPE-USDT").message == "kucoin is switched off: it is not watched before that is switched on"
    assert "nothing is known yet of what kraken trades" in verdict("kraken:XBT/USD").message


@pytest.mark.parametrize("secret", SECRETS.values(), ids=SECRETS)
def test_a_pasted_secret_is_not_repeated(secret: str) -> None:
    for row in (
        verdict(secret),
        verdict("BTC-USD", secret),
        verdict(f"binance:{secret}"),
        verdict("BTC-USD", categories=(secret,)),
        verdict(secret, problem="names no symbol"),
    ):
        assert MARKER not in str(row.body())
        assert row.verdict is Verdict.INVALID


@given(st.lists(st.builds(Line, line=st.integers(1, 9), symbol=st.text(max_size=12), exchange=st.text(max_size=8))))
def test_every_line_gets_one_verdict_and_only_what_is_traded_is_suggested(lines: list[Line]) -> None:
    rows = judged(lines, GROUND)
    assert [row.line for row in rows] == [line.line for line in lines]
    for row in rows:
        for suggested in row.candidates:
            assert verdict(suggested).good
        assert row.good == bool(row.qualified)
