"""Commands as they travel."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.protocol.commands import (
    DEFAULT_PRIORITY,
    InvalidCommandError,
    UnreadableMessageError,
    UnusableMessageError,
    default_expiry_ms,
    message_id,
    parse_command,
)
from runtime.protocol.payloads import PAYLOADS, CommandName
from settingsapp.schema import strict_json


def test_the_landscapes_own_message_is_a_command() -> None:
    command = parse_command({"id": "x", "command": "pause", "timestamp": 1700000000000, "source": "admin"})
    assert (command.name, command.priority, command.source) == (CommandName.PAUSE, 0, "admin")


def test_what_is_sent_is_read_back_as_it_was() -> None:
    sent = {"id": "x", "command": "add-symbol", "payload": {"symbol": "BTC-USD"}, "expiresAt": 5, "settingsVersion": 3}
    command = parse_command(sent)
    assert parse_command(command.message()) == command


def test_every_command_has_a_payload_and_a_priority_and_pause_comes_first() -> None:
    assert set(PAYLOADS) == set(DEFAULT_PRIORITY) == set(CommandName)
    assert min(DEFAULT_PRIORITY, key=lambda name: DEFAULT_PRIORITY[name]) is CommandName.PAUSE


@pytest.mark.parametrize("name", CommandName)
def test_a_backfill_and_a_batch_may_wait_ten_minutes_and_the_others_half_of_one(name: CommandName) -> None:
    assert default_expiry_ms(name) == (600_000 if name in ("force-backfill", "batch") else 30_000)


def test_what_a_later_client_says_in_addition_is_let_through() -> None:
    assert parse_command({"id": "x", "command": "status", "tomorrow": 1}).id == "x"


@pytest.mark.parametrize(
    ("payload", "path"),
    [
        ({"scope": "symbol"}, "payload"),
        ({"scope": "all", "symbol": "BTC-USD"}, "payload"),
        ({"scope": "everything"}, "payload.scope"),
        ({}, "payload.scope"),
    ],
)
def test_a_wrong_payload_is_refused_at_its_place(payload: dict[str, str], path: str) -> None:
    with pytest.raises(InvalidCommandError) as caught:
        parse_command({"id": "x", "command": "clear-cache", "payload": payload})
    assert [problem.path for problem in caught.value.problems] == [path]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
envelopes = st.dictionaries(
    st.sampled_from(["id", "command", "payload", "timestamp", "source", "priority", "expiresAt", "issuedBy"]),
    json_values | st.sampled_from(list(CommandName)),
)


@given(envelopes)
def test_whatever_comes_is_a_command_or_refused_with_a_reason(message: dict[str, object]) -> None:
    try:
        command = parse_command(message)
    except InvalidCommandError as error:
        problems = error.problems
    else:
        assert parse_command(command.message()) == command
        return
    assert problems
    assert all(problem.path and problem.message for problem in problems)


@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode) | envelopes.map(strict_json.encode))
def test_whatever_comes_has_an_id_or_is_unusable(raw: bytes | str) -> None:
    try:
        identifier, _ = message_id(raw)
    except UnreadableMessageError as error:
        identifier = error.command_id
    except UnusableMessageError:
        return
    assert 1 <= len(identifier) <= 128
