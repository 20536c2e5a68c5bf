"""Edits of the watchlist on the document as JSON."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from settingsapp.schema.vocabulary import qualify
from settingsapp.schema.watchlist import after_proposal, places, put_all_back, with_all, with_symbol

LISTS = ("symbols", "sparse_symbols", "disabled_symbols", "scanner_symbols")
PRIMARY = "simulated"

written = st.builds(
    lambda exchange, base: f"{base}-USD" if exchange == PRIMARY else f"{exchange}:{base}-USD",
    st.sampled_from([PRIMARY, PRIMARY, "kraken"]),
    st.sampled_from("ABCDE"),
)
documents = st.fixed_dictionaries(
    {
        "perseus_profile": st.just({"primary_exchange": PRIMARY}),
        **{name: st.lists(written, unique=True, max_size=6) for name in LISTS},
    }
)
chosen = st.lists(written.map(lambda symbol: qualify(symbol, PRIMARY)), unique=True, max_size=6)


def named(document: dict[str, Any], *names: str) -> set[str]:
    return {qualify(symbol, PRIMARY) for name in names for symbol in document[name]}


@given(documents, chosen, chosen)
def test_an_approval_watches_what_it_adds_and_an_undo_restores_every_list(
    document: dict[str, Any], add: list[str], remove: list[str]
) -> None:
    remove = [symbol for symbol in remove if symbol not in add]
    after = after_proposal(document, add, remove)
    before_listed, listed = named(document, "symbols", "sparse_symbols"), named(after, "symbols", "sparse_symbols")
    brought = named(document, "scanner_symbols")
    assert listed == (before_listed - (set(remove) & brought)) | set(add)
    # What it adds counts as the scanner's, what a person has already does not.
    assert named(after, "scanner_symbols") & set(add) == (set(add) - before_listed) | (set(add) & brought)
    assert not named(after, "disabled_symbols") & (set(add) - before_listed)
    assert put_all_back(after, {*add, *remove}, document) == document
    untouched = named(document, *LISTS) - {*add, *remove}
    assert places(after, untouched) == places(document, untouched)


def test_what_a_person_adds_is_theirs_where_the_scanner_brought_it_once() -> None:
    document = {"perseus_profile": {"primary_exchange": PRIMARY}, "symbols": [], "scanner_symbols": ["A-USD"]}
    assert with_symbol(document, "simulated:A-USD") == document | {
        **{"symbols": ["simulated:A-USD"], "scanner_symbols": [], "disabled_symbols": []}
    }


@given(documents, st.lists(written, max_size=8))
def test_many_are_added_as_one_after_the_other(document: dict[str, Any], symbols: list[str]) -> None:
    one_by_one = document
    for symbol in symbols:
        one_by_one = with_symbol(one_by_one, symbol)
    together = with_all(document, symbols)
    assert together == one_by_one
    full = {qualify(symbol, PRIMARY) for symbol in symbols}
    before, listed = named(document, "symbols", "sparse_symbols"), named(together, "symbols", "sparse_symbols")
    assert listed == before | full
    assert len(together["symbols"]) == len(document["symbols"]) + len(full - before)
    assert not named(together, "disabled_symbols") & full
    assert named(together, "scanner_symbols") == named(document, "scanner_symbols") - (full - before)
