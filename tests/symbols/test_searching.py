"""Searching by what people type."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from symbols.instruments import Instrument
from symbols.searching import Index, plain


def an_instrument(exchange: str, symbol: str, unified: str, volume: float = 1.0, *, active: bool = True) -> Instrument:
    base, quote = unified.split("/")
    return Instrument(exchange, symbol, unified, base, quote, active=active, volume_24h=volume)


KNOWN = (
    an_instrument("coinbase", "BTC-USD", "BTC/USD", 900),
    an_instrument("coinbase", "ETH-USD", "ETH/USD", 500),
    an_instrument("coinbase", "ETH-BTC", "ETH/BTC", 40),
    an_instrument("coinbase", "CBETH-USD", "CBETH/USD", 10),
    an_instrument("coinbase", "OLDBTC-USD", "OLDBTC/USD", 9_999, active=False),
    an_instrument("binance", "BTCUSDT", "BTC/USDT", 5_000),
    an_instrument("binance", "BTCDOMUSDT", "BTCDOM/USDT", 7_000),
    an_instrument("binance", "1INCHUSDT", "1INCH/USDT", 3),
    an_instrument("kraken", "XXBTZUSD", "BTC/USD", 300),
    an_instrument("kraken", "XDGUSD", "DOGE/USD", 20),
)
INDEX = Index(KNOWN)


def found(wanted: str, limit: int = 20) -> list[str]:
    return [one.symbol for one in INDEX.search(wanted, limit)]


@pytest.mark.parametrize("wanted", ["btcusd", "BTC-USD", "BTC/USD", "btc usd", "coinbase:BTC-USD", "XBTUSD", "xbt/usd"])
def test_a_pair_is_found_however_it_is_written_the_pair_itself_first(wanted: str) -> None:
    assert set(found(wanted)[:2]) == {"BTC-USD", "XXBTZUSD"}
    assert found(wanted)[0] == "BTC-USD", "of two the one with the larger volume"
    assert found(wanted)[2] == "BTCUSDT", "what begins so comes after"


def test_a_base_finds_its_pairs_before_others_that_begin_so_and_those_before_what_contains_it() -> None:
    assert found("btc") == ["BTCUSDT", "BTC-USD", "XXBTZUSD", "BTCDOMUSDT", "ETH-BTC", "OLDBTC-USD"]
    assert found("eth") == ["ETH-USD", "ETH-BTC", "CBETH-USD"]
    assert found("doge") == ["XDGUSD"]
    assert found("xdg") == ["XDGUSD"]
    assert found("1inch") == ["1INCHUSDT"]


def test_what_is_traded_no_more_comes_last_even_if_it_is_meant_exactly() -> None:
    assert found("oldbtc-usd") == ["OLDBTC-USD"]
    assert found("btc")[-1] == "OLDBTC-USD"


@pytest.mark.parametrize("wanted", ["", "  ", "-/_", "|", "\n", "nothing like it", ":"])
def test_what_means_nothing_finds_nothing(wanted: str) -> None:
    assert found(wanted) == []


_NAMES = st.text("ABC", min_size=1, max_size=3)


@given(st.lists(st.tuples(_NAMES, _NAMES, st.integers(0, 9), st.booleans()), max_size=20), _NAMES, st.integers(1, 5))
def test_all_that_contain_the_words_are_found_and_no_others_each_once(
    pairs: list[tuple[str, str, int, bool]], wanted: str, limit: int
) -> None:
    known = {
        f"{base}-{quote}": an_instrument("x", f"{base}-{quote}", f"{base}/{quote}", volume, active=active)
        for base, quote, volume, active in pairs
    }
    index = Index(known.values())
    names = [one.symbol for one in index.search(wanted, len(known) + 1)]
    assert sorted(names) == sorted(symbol for symbol in known if wanted in plain(symbol))
    assert [one.symbol for one in index.search(wanted, limit)] == names[:limit]
    active = [known[name].active for name in names]
    assert active == sorted(active, reverse=True)
    exact = [name for name in names if plain(name) == wanted and known[name].active]
    assert names[: len(exact)] == exact
