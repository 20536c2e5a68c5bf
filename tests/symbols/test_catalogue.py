"""What is known of the exchanges' instruments."""

import pytest

from symbols import catalogue
from symbols.instruments import Instrument

pytestmark = [pytest.mark.django_db, pytest.mark.stores]


def _instrument(symbol: str, **told: object) -> Instrument:
    base, quote = symbol.split("-")
    return Instrument("coinbase", symbol, f"{base}/{quote}", base, quote, **told)  # type: ignore[arg-type]


def test_what_is_written_is_what_is_read() -> None:
    btc = _instrument("BTC-USD", price_step=0.01, last_price=65_000.5, volume_24h=1e9, listed_at=1, priced_at=2)
    catalogue.replace("coinbase", [btc, _instrument("ETH-USD")])
    assert catalogue.instruments("coinbase") == [btc, _instrument("ETH-USD")]
    assert catalogue.instrument("coinbase", "BTC-USD") == btc
    assert catalogue.instrument("coinbase", "DOGE-USD") is None
    assert catalogue.instrument("binance", "BTC-USD") is None


def test_an_instrument_that_is_named_no_more_is_marked_and_comes_back() -> None:
    catalogue.replace("coinbase", [_instrument("BTC-USD"), _instrument("OLD-USD")])
    catalogue.replace("binance", [Instrument("binance", "OLDUSD", "OLD/USD", "OLD", "USD")])
    catalogue.replace("coinbase", [_instrument("BTC-USD")])
    assert [one.symbol for one in catalogue.instruments("coinbase") if not one.active] == ["OLD-USD"]
    assert [one.symbol for one in catalogue.instruments("coinbase", active_only=True)] == ["BTC-USD"]
    assert catalogue.instruments("binance")[0].active
    catalogue.replace("coinbase", [_instrument("BTC-USD"), _instrument("OLD-USD", last_price=2.0)])
    assert catalogue.instrument("coinbase", "OLD-USD") == _instrument("OLD-USD", last_price=2.0)


def test_twenty_thousand_instruments_fit() -> None:
    catalogue.replace("coinbase", [_instrument(f"A{number}-USD") for number in range(20_000)])
    assert len(catalogue.instruments("coinbase")) == 20_000
    catalogue.replace("coinbase", [])
    assert catalogue.instruments("coinbase", active_only=True) == []
