"""The step between two documents, there and back."""

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settingsapp.schema.patches import MOST_LISTED, PatchError, applied, step

SCALARS = st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from(["", "a", "b", "/", "~", "ä", "0"])
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(st.sampled_from(["a", "b/c", "~1", "", "0"]), inner),
    max_leaves=20,
)


@given(VALUES, VALUES)
def test_a_step_leads_there_and_back(before: Any, after: Any) -> None:
    there, back = step(before, after)
    assert applied(before, there) == after
    assert applied(after, back) == before


@given(st.lists(st.integers(0, 400), max_size=400), st.lists(st.integers(0, 400), max_size=400), SCALARS)
def test_long_lists_lead_there_and_back_too(before: list[int], after: list[int], other: Any) -> None:
    old, new = {"list": before, "same": other}, {"list": after, "same": other}
    there, back = step(old, new)
    assert applied(old, there) == new
    assert applied(new, back) == old


def test_one_entry_of_a_long_list_makes_a_short_patch() -> None:
    symbols = [f"S{number}-USD" for number in range(1_000)]
    there, back = step({"symbols": symbols}, {"symbols": symbols[:500] + symbols[501:]})
    assert there == [{"op": "remove", "path": "/symbols/500"}]
    assert back == [{"op": "add", "path": "/symbols/500", "value": "S500-USD"}]


def test_a_list_that_changed_much_is_replaced_whole_and_quickly() -> None:
    symbols = [f"S{number}-USD" for number in range(5_000)]
    begun = time.process_time()
    there, back = step({"symbols": symbols}, {"symbols": symbols[::-1]})
    assert time.process_time() - begun < 0.5, "entry by entry it takes seconds"
    assert there == [{"op": "replace", "path": "/symbols", "value": symbols[::-1]}]
    assert back == [{"op": "replace", "path": "/symbols", "value": symbols}]


def test_up_to_a_limit_entries_are_told_one_by_one() -> None:
    before = list(range(MOST_LISTED))
    there, _ = step(before, [-1 - number for number in before])
    assert len(there) == MOST_LISTED


def test_applying_leaves_the_original_as_it_was() -> None:
    document = {"a": {"b": [1, 2]}}
    assert applied(document, [{"op": "add", "path": "/a/b/-", "value": 3}]) == {"a": {"b": [1, 2, 3]}}
    assert document == {"a": {"b": [1, 2]}}


@pytest.mark.parametrize(
    "patch",
    [
        [{"op": "remove", "path": "/missing"}],
        [{"op": "replace", "path": "/a/9", "value": 1}],
        [{"op": "strange", "path": "/a"}],
        [{"path": "/a"}],
        [{"op": "add", "path": 7, "value": 1}],
        [{"op": "add", "path": "a", "value": 1}],
        [{}],
    ],
)
def test_a_patch_that_does_not_fit_is_told_in_one_way(patch: list[dict[str, Any]]) -> None:
    with pytest.raises(PatchError):
        applied({"a": [1]}, patch)
