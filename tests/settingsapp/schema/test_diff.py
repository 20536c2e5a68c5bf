"""What is told about the difference between two documents."""

import time
from typing import Any

import pytest

from settingsapp.schema.diff import changes, changes_of, watchlist_changes
from settingsapp.schema.document import default_document
from settingsapp.schema.merge_patch import merged
from settingsapp.schema.validation import validate

BEFORE = default_document("x")


def after(patch: dict[str, Any]) -> Any:
    return validate(merged(BEFORE.as_json(), patch))


@pytest.mark.parametrize(
    ("patch", "sentence"),
    [
        ({"exchanges": {"simulated": {"enabled": False}}}, "exchanges.simulated.enabled: yes → no"),
        ({"perseus_profile": {"description": "Me"}}, "perseus_profile.description: empty → Me"),
        ({"symbols": [*BEFORE.symbols[1:], "UNI-USD"]}, "symbols: added UNI-USD, removed BTC-USD"),
        ({"symbols": list(reversed(BEFORE.symbols))}, "symbols: put in another order"),
        (
            {"modes": {"scalper-macdv": {"alertThresholds": {"reversal": False}}}},
            "modes.scalper-macdv.alertThresholds.reversal: open → no",
        ),
        ({"exchanges": {"kraken": {}}}, "exchanges.kraken: nothing → an entry"),
    ],
)
def test_a_change_reads_as_a_sentence(patch: dict[str, Any], sentence: str) -> None:
    assert [change.sentence for change in changes(BEFORE, after(patch))] == [sentence]


def test_equal_documents_differ_in_nothing() -> None:
    assert changes(BEFORE, after({})) == ()


def test_symbols_that_come_and_go_are_told_apart_from_everything_else() -> None:
    change = watchlist_changes(BEFORE, after({"symbols": ["BTC-USD", "UNI-USD"], "disabled_symbols": ["BTC-USD"]}))
    assert change.gained == ("simulated:UNI-USD",)
    assert set(change.lost) == {f"simulated:{symbol}" for symbol in BEFORE.symbols}
    assert not change.anything_else


def test_a_change_beside_the_watchlist_is_noticed() -> None:
    change = watchlist_changes(BEFORE, after({"perseus_profile": {"risk_tolerance": "low"}}))
    assert (change.gained, change.lost, change.anything_else) == ((), (), True)


def test_switching_an_exchange_off_loses_its_symbols_and_is_more_than_that() -> None:
    change = watchlist_changes(BEFORE, after({"exchanges": {"simulated": {"enabled": False}}}))
    assert len(change.lost) == 10
    assert change.anything_else


def test_lists_of_thousands_are_compared_in_a_moment() -> None:
    many = [f"COIN{number}-USD" for number in range(5_000)]
    others = [f"ALT{number}-USD" for number in range(5_000)]
    first, second = after({"symbols": many}), after({"symbols": others})
    begun = time.process_time()
    assert changes(first, second)[0].sentence.startswith("symbols: added ALT0-USD")
    change = watchlist_changes(first, second)
    assert (len(change.gained), len(change.lost)) == (5_000, 5_000)
    assert time.process_time() - begun < 2


def test_lists_of_anything_can_be_told() -> None:
    (change,) = changes_of({"a": [{"b": 1}, [2]]}, {"a": [[2], {"c": 1}]})
    assert "added" in change.sentence
    assert "removed" in change.sentence
