"""What an instrument is on another exchange.

`hundred_largest.csv` says how five exchanges write what they list of a hundred of the largest assets against the
dollar, or against USDT where they have no dollar, to our knowledge of the middle of 2025; `kraken_base` and
`kraken_quote` are Kraken's own raw names. The 219 of these names that the market maps of dYdX's price oracle have,
too, are the same there. `mapping_traps.csv` has a known trap in each line. Both were written down
without the code; ccxt, which the catalogue is read by, turns the raw names into currencies here as it does there.
"""

import csv
from itertools import permutations
from pathlib import Path

import ccxt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from symbols.assets import RENAMED, SHARED, meaning_of
from symbols.instruments import Instrument
from symbols.mapping import COUNT_AS_DOLLAR, Market, Stablecoins, Verdict, counterpart
from tests.symbols.markets import all_written, raw, uncommented, written

HERE = Path(__file__).parent
FIVE = ("coinbase", "binance", "kraken", "kucoin", "bybit")
HUNDRED = list(csv.DictReader((HERE / "hundred_largest.csv").read_text().splitlines()))
TRAPS = list(csv.DictReader(uncommented((HERE / "mapping_traps.csv").read_text().splitlines())))

# What stands beside the hundred on these exchanges, and would be found by a rule that is too simple.
BESIDE = {
    "coinbase": "BTC-EUR=BTC/EUR ETH-BTC=ETH/BTC SOL-ETH=SOL/ETH VELO-USD=VELO/USD ETH-EUR=ETH/EUR",
    "binance": "BTCUSDC=BTC/USDC BTCFDUSD=BTC/FDUSD BTCEUR=BTC/EUR ETHUSDC=ETH/USDC ETHBTC=ETH/BTC SOLUSDC=SOL/USDC "
    "XMRUSDT=XMR/USDT! BSVUSDT=BSV/USDT! 1000SATSUSDT=1000SATS/USDT 1000CATUSDT=1000CAT/USDT BTCUPUSDT=BTCUP/USDT! "
    "BTCDOWNUSDT=BTCDOWN/USDT! MATICUSDT=MATIC/USDT! FTMUSDT=FTM/USDT! RNDRUSDT=RNDR/USDT! USDCUSDT=USDC/USDT",
    "kraken": "XXBTZEUR=XXBT/ZEUR XETHXXBT=XETH/XXBT USDTZUSD=USDT/ZUSD USDCUSD=USDC/ZUSD USTUSD=UST/ZUSD",
    "kucoin": "BTC3L-USDT=BTC3L/USDT BTC3S-USDT=BTC3S/USDT ETH3L-USDT=ETH3L/USDT BTCUP-USDT=BTCUP/USDT "
    "BTCDOWN-USDT=BTCDOWN/USDT BTC-USDC=BTC/USDC ETH-BTC=ETH/BTC BIFI-USDT=BIFI/USDT SOLUP-USDT=SOLUP/USDT",
    "bybit": "BTC3LUSDT=BTC3L/USDT BTCUSDC=BTC/USDC BTCEUR=BTC/EUR ETHBTC=ETH/BTC SATSUSDT=SATS/USDT J=J/USDT",
}


def _of_the_hundred(exchange: str, row: dict[str, str]) -> Instrument | None:
    symbol = row[exchange]
    if not symbol:
        return None
    match exchange:
        case "kraken":
            return raw(exchange, symbol, row["kraken_base"], row["kraken_quote"])
        case "coinbase" | "kucoin":
            return raw(exchange, symbol, *symbol.split("-"))
        case _:
            return raw(exchange, symbol, symbol.removesuffix("USDT"), "USDT")


def _market(exchange: str) -> Market:
    found = (_of_the_hundred(exchange, row) for row in HUNDRED)
    return Market(exchange, [*(one for one in found if one), *all_written(exchange, BESIDE[exchange])])


def test_the_hundred_largest_map_between_five_exchanges_as_was_written_down() -> None:
    assert len({row["asset"] for row in HUNDRED}) == 100
    markets = {exchange: _market(exchange) for exchange in FIVE}
    wrong, looked_at = [], 0
    for here, there in permutations(FIVE, 2):
        for row in HUNDRED:
            one = _of_the_hundred(here, row)
            if one is None:
                continue
            looked_at += 1
            found = counterpart(one, markets[here], markets[there], Stablecoins.DOLLAR)
            wanted = row[there]
            if (found.target.symbol if found.target else "") != wanted or (
                not wanted and found.verdict is not Verdict.NONE
            ):
                wrong.append(f"{here}:{one.symbol} on {there}: {found.verdict} {found.why}, not {wanted or 'none'}")
    assert wrong == []
    assert looked_at > 1_600


@pytest.mark.parametrize("trap", TRAPS, ids=lambda trap: f"{trap['from']} {trap['symbol'].split('=')[0]} {trap['to']}")
def test_no_known_trap_catches_it(trap: dict[str, str]) -> None:
    one = written(trap["from"], trap["symbol"])
    source = Market(trap["from"], [one, *all_written(trap["from"], trap["beside"])])
    target = Market(trap["to"], all_written(trap["to"], trap["there"]))
    found = counterpart(one, source, target, Stablecoins(trap["stablecoins"]))
    assert found.verdict == trap["verdict"], found
    if trap["verdict"] == Verdict.MAPS:
        assert found.target
        assert found.target.symbol == trap["expected"], found
    else:
        assert found.target is None
        assert sorted(other.instrument.symbol for other in found.candidates) == trap["expected"].split(), found
    assert trap["why"] in found.why


def test_renames_agree_with_what_the_exchanges_library_knows() -> None:
    for exchange in (*FIVE, "binanceus", "bitfinex", "bitget", "gate", "htx", "okx", "poloniex", "bitvavo"):
        for name, code in getattr(ccxt, exchange)().commonCurrencies.items():
            # Bitfinex calls USDT UST, and the names that ccxt makes up to keep two assets apart are no names of ours.
            if name in RENAMED and name != code and (exchange, name) != ("bitfinex", "UST"):
                assert meaning_of(exchange, code, set()).assets == {RENAMED[name].asset}, (exchange, name, code)


def test_what_several_assets_are_called_is_no_rename() -> None:
    assert not SHARED.keys() & RENAMED.keys()
    for name, shared in SHARED.items():
        assert set(shared.on.values()) <= set(shared.assets), name
        assert len(shared.assets) > 1


BASES = (
    *("BTC", "XBT", "SATS", "1000SATS", "10000SATS", "MATIC", "POL", "MKR", "SKY", "FTM", "S", "VELO", "VELODROME"),
    *("BTC3L", "BTCUP", "LIT", "HEI", "USDC", "EUR", "SHIB", "1000SHIB", "1MBABYDOGE", "BABYDOGE"),
)
QUOTES = ("USD", "USDT", "USDC", "FDUSD", "TUSD", "EUR", "BTC", "XBT")
PAIRS = st.sampled_from([(base, quote) for base in BASES for quote in QUOTES if base != quote])


@st.composite
def a_market(draw: st.DrawFn, exchange: str) -> list[Instrument]:
    pairs = draw(st.lists(PAIRS, min_size=1, max_size=12, unique=True))
    active = draw(st.lists(st.sampled_from([True, True, True, False]), min_size=len(pairs), max_size=len(pairs)))
    return [
        Instrument(exchange, f"{base}-{quote}", f"{base}/{quote}", base, quote, on)
        for (base, quote), on in zip(pairs, active, strict=True)
    ]


@given(a_market("coinbase"), a_market("binance"), st.sampled_from(Stablecoins))
def test_what_maps_is_the_same_asset_in_the_same_units_and_comes_back_where_nothing_else_could_be_meant(
    here: list[Instrument], there: list[Instrument], stablecoins: Stablecoins
) -> None:
    source, target = Market("coinbase", here), Market("binance", there)
    for one in here:
        found = counterpart(one, source, target, stablecoins)
        assert found.why
        assert all(other.instrument.exchange == "binance" and other.instrument.active for other in found.candidates)
        assert (found.verdict is Verdict.NONE) == (not found.candidates)
        if found.target is None:
            continue
        before, after = source.meaning(one.base), target.meaning(found.target.base)
        assert not before.leveraged
        assert not after.leveraged
        assert before.certain
        assert (before.assets, before.units) == (after.assets, after.units)
        same_quote = one.quote.replace("XBT", "BTC") == found.target.quote.replace("XBT", "BTC")
        assert same_quote or (stablecoins is Stablecoins.DOLLAR and {one.quote, found.target.quote} <= COUNT_AS_DOLLAR)
        back = counterpart(found.target, target, source, stablecoins)
        if one.active and len(found.candidates) == len(back.candidates) == 1:
            assert back.target == one


@given(a_market("coinbase"), st.sampled_from(Stablecoins))
def test_on_its_own_exchange_every_certain_instrument_is_itself_or_one_of_several(
    here: list[Instrument], stablecoins: Stablecoins
) -> None:
    market = Market("coinbase", here)
    for one in here:
        if one.active and not market.meaning(one.base).leveraged:
            assert one in [other.instrument for other in counterpart(one, market, market, stablecoins).candidates]
