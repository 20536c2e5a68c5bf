"""What an entry without its exchange means must not change unseen."""

from collections.abc import Sequence
from typing import Any

import pytest

from settingsapp.schema.document import SettingsDocument
from settingsapp.schema.primary_switch import FIELD, entries_left_behind, says_what_its_entries_mean
from settingsapp.schema.validation import validate

EXCHANGES = ("simulated", "kraken", "coinbase")


def a_document(primary: str, *, exchanges: Sequence[str] = EXCHANGES, **lists: Any) -> SettingsDocument:
    described: dict[str, Any] = {"perseus_profile": {"primary_exchange": primary}}
    return validate(described | {"exchanges": {name: {} for name in exchanges}} | lists)


BEFORE = a_document("simulated", symbols=["BTC-USD", "kraken:XRP-USD"], position_symbols=["ETH-USD"])


@pytest.mark.parametrize(
    "lists",
    [
        {},
        {"symbols": ["simulated:BTC-USD"], "position_symbols": ["kraken:ETH-USD"]},
        # Written for the new primary exchange: it was not there before.
        {"symbols": ["SOL-USD"]},
        # It named its exchange before, so that it lost its name on purpose.
        {"symbols": ["XRP-USD"]},
        {"disabled_symbols": ["kraken:BTC-USD"]},
    ],
    ids=["none left", "with exchange", "new", "now without exchange", "switched off with exchange"],
)
def test_the_primary_exchange_changes_where_every_entry_says_what_it_means(lists: dict[str, Any]) -> None:
    assert entries_left_behind(BEFORE, a_document("kraken", **lists)) == ()


@pytest.mark.parametrize("field", ["symbols", "sparse_symbols", "disabled_symbols", "position_symbols"])
@pytest.mark.parametrize("symbol", ["BTC-USD", "ETH-USD"])
def test_an_entry_that_stays_as_it_is_written_holds_it_on_whichever_list(field: str, symbol: str) -> None:
    (problem,) = entries_left_behind(BEFORE, a_document("kraken", **{field: ["SOL-USD", symbol]}))
    assert problem.path == FIELD
    assert f"{symbol} (in {field})" in problem.message
    assert f"simulated:{symbol} as until now, or kraken:{symbol}" in problem.message
    assert "SOL-USD" not in problem.message


def test_while_the_primary_exchange_stays_entries_may_be_written_in_any_way() -> None:
    assert entries_left_behind(BEFORE, BEFORE) == ()
    assert entries_left_behind(BEFORE, a_document("simulated", symbols=["simulated:BTC-USD", "ETH-USD"])) == ()


def test_of_many_entries_the_first_are_named() -> None:
    symbols = [f"C{number}-USD" for number in range(1_000)]
    before = a_document("simulated", symbols=symbols, sparse_symbols=symbols[:5])
    (problem,) = entries_left_behind(before, a_document("kraken", symbols=symbols, sparse_symbols=symbols[:5]))
    assert "C0-USD, C1-USD, C2-USD and 997 more (in symbols, sparse_symbols)" in problem.message
    assert len(problem.message) < 300


def test_an_exchange_that_goes_is_not_offered() -> None:
    (problem,) = entries_left_behind(BEFORE, a_document("kraken", exchanges=["kraken"], symbols=["BTC-USD"]))
    assert problem.message.endswith("Write which one they are of: kraken:BTC-USD")


@pytest.mark.parametrize(
    ("file", "own"),
    [
        ({"sub": "other", "perseus_profile": {"primary_exchange": "kraken"}}, True),
        ({"perseus_profile": {"primary_exchange": "kraken"}}, True),
        ({"sub": "this", "perseus_profile": {"primary_exchange": "kraken"}}, False),
        ({"sub": "other", "perseus_profile": {}}, False),
        ({"sub": "other", "perseus_profile": None}, False),
        ({}, False),
    ],
)
def test_a_file_from_elsewhere_that_names_its_primary_exchange_says_what_it_means(file: Any, own: bool) -> None:
    assert says_what_its_entries_mean(file, "this") is own
