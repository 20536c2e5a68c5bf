from settingsapp.schema.document import STARTING_WATCHLIST
from symbols.simulated import SIMULATED_INSTRUMENTS


def test_there_are_thirty_instruments_each_once() -> None:
    symbols = [instrument.symbol for instrument in SIMULATED_INSTRUMENTS]
    assert len(set(symbols)) == len(symbols) == 30
    assert symbols[0] == "BTC-USD"


def test_the_watchlist_that_everybody_begins_with_exists() -> None:
    assert set(STARTING_WATCHLIST) <= {instrument.symbol for instrument in SIMULATED_INSTRUMENTS}


def test_every_tick_is_small_against_its_price_and_divides_it() -> None:
    for instrument in SIMULATED_INSTRUMENTS:
        assert instrument.price % instrument.tick == 0
        assert instrument.price / instrument.tick > 10_000
