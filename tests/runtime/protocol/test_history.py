"""What a filter of the history lets through, and what is none."""

from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.protocol.answers import CommandState
from runtime.protocol.history import EVERYTHING, FILTERS, InvalidFilterError, parse_filter
from runtime.protocol.records import CommandRecord

NOON = 1_772_971_200_000
"""2026-03-08 12:00 UTC."""
DAY = 86_400_000
RECORD = CommandRecord(
    id="Desk-7/a",
    command="add-symbol",
    payload={"symbol": "BTC-USD", "nested": [{"minutes": 2.5, "sure": True, "none": None}]},
    source="shell",
    issued_by="Ada Ünal",
    state=CommandState.REFUSED,
    queued_at=NOON,
    message="coinbase is not connected",
    data={"hidden": "in data"},
)


def a_filter(**given: Any) -> Any:
    names = {"since": "from", "until": "to", "issued_by": "issuedBy"}
    return parse_filter({names.get(k, k): v if isinstance(v, list) else [v] for k, v in given.items()})


def problems_of(**given: Any) -> dict[str, str]:
    with pytest.raises(InvalidFilterError) as caught:
        a_filter(**given)
    return {problem.path: problem.message for problem in caught.value.problems}


def test_without_a_filter_everything_is_wanted() -> None:
    assert parse_filter({}) == EVERYTHING
    assert EVERYTHING.matches(RECORD)
    assert not EVERYTHING.looks_into_records


@pytest.mark.parametrize(
    "given",
    [
        {"command": "add-symbol"},
        {"command": "pause,add-symbol"},
        {"command": ["pause", "add-symbol"]},
        {"state": "refused"},
        {"outcome": ["failed, refused"]},
        {"source": "shell"},
        {"issued_by": "Ada Ünal"},
        {"state": "refused", "outcome": "refused", "command": "add-symbol", "source": "shell,api", "q": "btc"},
    ],
)
def test_a_record_that_is_as_asked_for_is_wanted(given: dict[str, Any]) -> None:
    assert a_filter(**given).looks_into_records
    assert a_filter(**given).matches(RECORD)


@pytest.mark.parametrize(
    "given",
    [
        {"command": "pause"},
        {"state": "queued,acknowledged"},
        {"outcome": "failed"},
        {"state": "refused", "outcome": "failed"},
        {"source": "api"},
        {"issued_by": "ada"},
        {"command": "add-symbol", "q": "eth"},
    ],
)
def test_all_that_is_asked_for_has_to_hold(given: dict[str, Any]) -> None:
    assert not a_filter(**given).matches(RECORD)


@pytest.mark.parametrize(
    "text", ["desk-7", "BTC-usd", "SYMBOL", "2.5", "true", "NOT connected", "ünal ADA", "add-symbol", "ÜNAL", ""]
)
def test_words_are_found_in_id_command_payload_message_and_issuer_in_any_case(text: str) -> None:
    assert a_filter(q=text).matches(RECORD)


@pytest.mark.parametrize("text", ["hidden", "shell", "null", "refused", "btc eth", str(NOON)])
def test_words_are_not_found_elsewhere_and_each_has_to_be_there(text: str) -> None:
    assert not a_filter(q=text).matches(RECORD)


def test_what_a_record_says_beyond_what_this_program_knows_is_searched_too() -> None:
    class Later(CommandRecord):
        def body(self) -> dict[str, Any]:
            return super().body() | {"batchId": "Batch-9"}

    record = Later("c1", "pause", {}, "api", "ada", CommandState.QUEUED, 1)
    assert a_filter(q="batch-9").matches(record)
    assert not a_filter(q="batch-8").matches(record)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        (str(NOON), NOON, NOON),
        ("2026-03-08", NOON - DAY // 2, NOON + DAY // 2 - 1),
        ("2026-03-08T12:00", NOON, NOON + 59_999),
        ("2026-03-08 12:00", NOON, NOON + 59_999),
        ("2026-03-08T12:00:00", NOON, NOON + 999),
        ("2026-03-08T12:00:00.25Z", NOON + 250, NOON + 250),
        ("2026-03-08T13:00+01:00", NOON, NOON + 59_999),
        ("2026-03-08T13:00:00 01:00", NOON, NOON + 999),
        ("2026-03-08T06:30-0530", NOON, NOON + 59_999),
        (" 2026-03-08T12:00Z ", NOON, NOON + 59_999),
        ("1969-01-01", 0, 0),
    ],
)
def test_a_time_is_milliseconds_or_a_day_a_minute_or_a_second_as_a_whole(text: str, first: int, last: int) -> None:
    wanted = a_filter(since=text, until=text)
    assert (wanted.since, wanted.until) == (first, last)
    assert not wanted.looks_into_records


def test_a_time_without_a_zone_is_in_the_one_that_is_given_and_a_day_as_long_as_it_is_there() -> None:
    wanted = parse_filter({"from": ["2026-03-08"], "to": ["2026-03-08"]}, ZoneInfo("America/New_York"))
    assert wanted.since == NOON - 7 * 3_600_000
    assert wanted.until == wanted.since + 23 * 3_600_000 - 1


@pytest.mark.parametrize(
    ("given", "path", "told"),
    [
        ({"command": "paus"}, "command", "did you mean 'pause'"),
        ({"command": ""}, "command", "known are pause"),
        ({"command": "pause,,resume"}, "command", "known are"),
        ({"state": "done"}, "state", "known are queued, acknowledged, succeeded"),
        ({"outcome": "queued"}, "outcome", "known are succeeded, failed"),
        ({"source": ""}, "source", "1 to 32 characters"),
        ({"source": "x" * 33}, "source", "1 to 32 characters"),
        ({"issued_by": "x" * 151}, "issuedBy", "1 to 150 characters"),
        ({"since": ""}, "from", "milliseconds since 1970, or as in 2026-03-08"),
        ({"since": "yesterday"}, "from", "a time"),
        ({"until": "2026-02-30"}, "to", "a time"),
        ({"until": "9999-12-31"}, "to", "a time"),
        ({"until": "2026-03-08T25:00"}, "to", "a time"),
        ({"until": "٢٠٢٦-٠٣-٠٨"}, "to", "a time"),
        ({"until": str(2**53)}, "to", "a time"),
        ({"since": "-1"}, "from", "a time"),
        ({"since": "2026-03-09", "until": "2026-03-08"}, "from", "not after `to`"),
        ({"q": "x" * 201}, "q", "at most 200"),
    ],
)
def test_what_is_no_filter_says_what_would_be_right(given: dict[str, Any], path: str, told: str) -> None:
    assert told in problems_of(**given)[path]


def test_every_problem_is_told_at_once() -> None:
    assert set(problems_of(command="x", state="x", outcome="x", since="x", until="x")) == {
        *("command", "state", "outcome", "from", "to")
    }


@given(st.dictionaries(st.sampled_from(FILTERS), st.lists(st.text(max_size=40), max_size=3)))
def test_whatever_is_asked_for_is_a_filter_or_an_error_that_says_where(given: dict[str, list[str]]) -> None:
    try:
        parse_filter(given).matches(RECORD)
        wrong: set[str] = set()
    except InvalidFilterError as error:
        wrong = {problem.path for problem in error.problems}
    assert wrong <= {name for name in FILTERS if given.get(name)}
