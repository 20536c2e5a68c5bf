"""The list of exchanges, against the library that speaks to them."""

import ccxt.pro

from settingsapp.schema.exchange_names import EXCHANGE_NAMES, WITH_PASSWORD
from settingsapp.schema.exchanges import KNOWN_EXCHANGES, PROVEN


def test_every_exchange_with_spot_candles_and_a_websocket_can_be_enabled_and_no_other() -> None:
    found, with_password = set(), set()
    for name in ccxt.pro.exchanges:
        exchange = getattr(ccxt.pro, name)()
        live = exchange.has.get("watchOHLCV") is True or exchange.has.get("watchTrades") is True
        candles = exchange.has.get("fetchOHLCV") is True and "1m" in (exchange.timeframes or {})
        if exchange.has.get("spot") and candles and live:
            found.add(name)
            if exchange.requiredCredentials.get("password"):
                with_password.add(name)
    assert found == EXCHANGE_NAMES
    assert with_password == WITH_PASSWORD


def test_the_proven_ones_are_named_first_and_each_once() -> None:
    assert KNOWN_EXCHANGES[: len(PROVEN) + 1] == ("simulated", *PROVEN)
    assert len(set(KNOWN_EXCHANGES)) == len(KNOWN_EXCHANGES)
