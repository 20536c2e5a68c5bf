"""What is worth telling about a valid document."""

from settingsapp.schema.validation import validate
from settingsapp.schema.warnings import warnings


def test_a_symbol_of_the_scanner_that_is_no_longer_on_the_watchlist_is_told() -> None:
    document = validate(
        {"symbols": ["BTC-USD"], "sparse_symbols": ["ADA-USD"], "scanner_symbols": ["BTC-USD", "ADA-USD"]}
    )
    assert warnings(document) == ()
    told = warnings(validate({"symbols": ["BTC-USD"], "scanner_symbols": ["BTC-USD", "ADA-USD"]}))
    assert [problem.path for problem in told] == ["scanner_symbols.1"]
