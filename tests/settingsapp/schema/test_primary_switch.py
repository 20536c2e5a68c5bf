"""What an entry without its exchange means must not change unseen."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settingsapp.schema.document import SettingsDocument
from settingsapp.schema.effective import qualified
from settingsapp.schema.primary_switch import (
    FIELD,
    entries_left_behind,
    says_what_its_entries_mean,
    with_primary_exchange,
)
from settingsapp.schema.rules import SYMBOL_LISTS
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


MOVES = {"BTC-USD": "kraken:XXBTZUSD", "ETH-USD": "kraken:XETHZUSD", "ETH-USDT": "kraken:XETHZUSD", "SOL-USD": None}


def switched(**parts: Any) -> dict[str, Any]:
    return with_primary_exchange(a_document("simulated", **parts).as_json(), "kraken", MOVES)


def test_a_switch_writes_each_entry_for_the_new_primary_exchange_on_every_list() -> None:
    after = switched(
        symbols=["BTC-USD", "SOL-USD", "ADA-USD", "coinbase:BTC-USD"],
        sparse_symbols=["ETH-USD"],
        position_symbols=["ETH-USD", "SOL-USD"],
        disabled_symbols=["SOL-USD", "ADA-USD"],
        scanner_symbols=["BTC-USD"],
    )
    assert after["perseus_profile"]["primary_exchange"] == "kraken"
    assert after["symbols"] == ["XXBTZUSD", "simulated:ADA-USD", "coinbase:BTC-USD"]
    assert after["sparse_symbols"] == after["position_symbols"] == ["XETHZUSD"]
    assert after["disabled_symbols"] == ["simulated:ADA-USD"]
    assert after["scanner_symbols"] == ["XXBTZUSD"]
    validate(after)


def test_what_several_become_stands_once_and_is_off_or_the_scanners_only_where_all_were() -> None:
    both = ["ETH-USD", "ETH-USDT"]
    assert switched(symbols=both, disabled_symbols=["ETH-USD"])["disabled_symbols"] == []
    assert switched(symbols=both, disabled_symbols=both)["disabled_symbols"] == ["XETHZUSD"]
    assert switched(symbols=both, scanner_symbols=["ETH-USDT"])["scanner_symbols"] == []
    there = switched(symbols=["kraken:XETHZUSD", *both], disabled_symbols=both)
    assert (there["symbols"], there["disabled_symbols"]) == (["kraken:XETHZUSD"], [])
    validate(there)


def test_the_scanners_exclusions_move_along_where_it_follows_the_primary_exchange() -> None:
    criteria = {"excluded_symbols": ["BTC-USD", "ADA-USD", "kraken:XRP-USD"]}
    moved = ["XXBTZUSD", "simulated:ADA-USD", "kraken:XRP-USD"]
    assert switched(scanner=criteria)["scanner"]["excluded_symbols"] == moved
    bound = switched(scanner=criteria, scanner_exchange="coinbase")["scanner"]["excluded_symbols"]
    assert bound == criteria["excluded_symbols"]


ENTRIES = [f"{base}-USD" for base in "ABCD"] + ["kraken:AUSD", "kraken:BUSD", "coinbase:A-USD"]
LISTS = st.lists(st.sampled_from(ENTRIES), max_size=5, unique=True)
BECOMES = st.sampled_from(["kraken:AUSD", "kraken:BUSD", "kraken:A-USD", None, "simulated:A-USD"])


@given(
    lists=st.fixed_dictionaries(dict.fromkeys(SYMBOL_LISTS, LISTS)),
    becomes=st.dictionaries(st.sampled_from(ENTRIES[:4]), BECOMES),
)
def test_after_any_switch_the_document_holds_and_every_list_means_what_was_decided(
    lists: dict[str, list[str]], becomes: dict[str, str | None]
) -> None:
    before = a_document("simulated", **lists)
    after = validate(with_primary_exchange(before.as_json(), "kraken", becomes))
    assert after.perseus_profile.primary_exchange == "kraken"
    for field in ("symbols", "sparse_symbols", "position_symbols"):
        meant = [becomes.get(one, f"simulated:{one}") if ":" not in one else one for one in getattr(before, field)]
        assert [qualified(after, one) for one in getattr(after, field)] == list(dict.fromkeys(filter(None, meant)))
    for field in ("disabled_symbols", "scanner_symbols"):
        meant = [becomes.get(one, f"simulated:{one}") if ":" not in one else one for one in getattr(before, field)]
        assert {qualified(after, one) for one in getattr(after, field)} <= set(meant)
