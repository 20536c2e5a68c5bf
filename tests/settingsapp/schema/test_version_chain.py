"""The chain of versions: what is sealed, what breaks it, what can still be shown then."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settingsapp.schema.version_chain import SNAPSHOT_EVERY, Link, digest, linked, rebuilt, trusted

COUNT = 2 * SNAPSHOT_EVERY + 5


def document(number: int) -> dict[str, Any]:
    return {"number": number, "list": list(range(number % 7)), "same": "x"}


def a_chain(count: int = COUNT) -> dict[int, Link]:
    links: dict[int, Link] = {}
    for number in range(1, count + 1):
        link = Link(
            version=number,
            saved_at="2026-03-01T12:00:00+00:00",
            user_id=1,
            way="api",
            address=None,
            command_id=None,
            token=None,
            restored=None,
            told=[f"number: {number - 1} → {number}"],
            previous=links[number - 1].hash if number > 1 else "",
        )
        links[number] = linked(link, document(number - 1) if number > 1 else None, document(number))
    return links


LINKS = a_chain()
HEAD = (COUNT, LINKS[COUNT].hash)
PRESENT = (COUNT, document(COUNT))


def test_every_version_can_be_rebuilt_from_an_undamaged_chain() -> None:
    assert trusted(LINKS, HEAD) == LINKS
    assert [rebuilt(LINKS, PRESENT, number) for number in LINKS] == [document(number) for number in LINKS]


def test_the_first_version_and_every_twentieth_hold_the_whole_document() -> None:
    assert [number for number, link in LINKS.items() if link.snapshot is not None] == [1, 20, 40]


@pytest.mark.parametrize(
    "change",
    [
        {"told": ["nothing"]},
        {"user_id": 2},
        {"saved_at": "2026-03-02T12:00:00+00:00"},
        {"way": "admin"},
        {"address": "192.0.2.7"},
        {"command_id": "x"},
        {"token": "x"},
        {"restored": 3},
        {"patch": []},
        {"inverse": []},
        {"base": "0" * 64},
        {"digest": "0" * 64},
        {"previous": "0" * 64},
        {"version": 8},
        {"hash": ""},
    ],
    ids=lambda change: next(iter(change)),
)
def test_whatever_is_altered_in_a_link_is_noticed_there_and_nowhere_else(change: dict[str, Any]) -> None:
    links = LINKS | {7: LINKS[7].model_copy(update=change)}
    assert set(trusted(links, HEAD)) == set(LINKS) - {7}


def test_a_link_that_was_altered_and_sealed_again_is_given_away_by_its_successor() -> None:
    links = LINKS | {7: LINKS[7].model_copy(update={"told": ["nothing"]}).sealed()}
    assert set(trusted(links, HEAD)) == set(LINKS) - {7}


def test_the_newest_link_sealed_again_is_given_away_by_the_head() -> None:
    links = LINKS | {COUNT: LINKS[COUNT].model_copy(update={"told": ["nothing"]}).sealed()}
    assert set(trusted(links, HEAD)) == set(LINKS) - {COUNT}


@given(st.sets(st.sampled_from(sorted(LINKS))))
def test_what_is_left_of_a_chain_never_shows_a_wrong_document(pruned: set[int]) -> None:
    links = {number: link for number, link in LINKS.items() if number not in pruned}
    for number in links:
        assert rebuilt(links, PRESENT, number) in (None, document(number))


def test_around_a_missing_link_all_the_others_can_be_shown() -> None:
    links = {number: link for number, link in LINKS.items() if number != 25}
    assert [number for number in links if rebuilt(links, PRESENT, number) != document(number)] == []


def test_with_the_oldest_pruned_the_others_can_be_shown() -> None:
    links = {number: link for number, link in LINKS.items() if number > 7}
    assert [rebuilt(links, PRESENT, number) for number in links] == [document(number) for number in links]


def test_what_nothing_leads_to_is_not_made_up() -> None:
    links = {number: link for number, link in LINKS.items() if number not in (21, 25)}
    assert rebuilt(links, PRESENT, 23) is None


def test_an_altered_snapshot_or_present_does_not_count() -> None:
    wrong = LINKS | {20: LINKS[20].model_copy(update={"snapshot": document(3)})}
    assert rebuilt(wrong, PRESENT, 20) == document(20), "rebuilt from another one"
    assert rebuilt(LINKS, (COUNT, {"number": "seven"}), COUNT) == document(COUNT)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, True),
        ({"a": 1.0}, {"a": 1}, True),
        ({"a": 1e20}, {"a": 100000000000000000000}, True),
        ({"a": True}, {"a": 1}, False),
        ({"a": "1"}, {"a": 1}, False),
        ([1, 2], [2, 1], False),
        ({"a": None}, {}, False),
    ],
)
def test_a_digest_is_of_the_value_and_not_of_its_spelling(one: Any, other: Any, same: bool) -> None:
    assert (digest(one) == digest(other)) is same
