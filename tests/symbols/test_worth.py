"""What currencies are worth in USD."""

from symbols.worth import dollar_rates
from tests.symbols.scans import an_instrument


def test_a_rate_is_a_price_in_dollars_or_one_turned_round_and_a_dollar_is_one() -> None:
    rates = dollar_rates(
        [
            an_instrument("BTC-USDT", last_price=65_000.0),
            an_instrument("USDT-TRY", last_price=40.0),
            an_instrument("EUR-USD", last_price=1.1),
            an_instrument("USDC-EUR", last_price=0.5),
            an_instrument("OLD-USD", last_price=3.0, active=False),
        ]
    )
    assert rates == {"BTC": 65_000.0, "TRY": 0.025, "EUR": 1.1, "USD": 1.0, "USDT": 1.0, "USDC": 1.0}
