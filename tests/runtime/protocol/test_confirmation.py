"""Which commands are asked about first, and in which words."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.protocol.confirmation import what_is_lost
from runtime.protocol.payloads import ClearCachePayload, CommandName

CLEAR_ALL = {"command": "clear-cache", "payload": {"scope": "all"}}
CLEAR_ONE = {"command": "clear-cache", "payload": {"scope": "symbol", "symbol": "BTC-USD"}}


@pytest.mark.parametrize("command", [name for name in CommandName if name is not CommandName.CLEAR_CACHE])
def test_what_can_be_asked_for_again_or_changes_nothing_needs_no_confirmation(command: CommandName) -> None:
    assert what_is_lost(command) is None
    assert what_is_lost(command, {"scope": "all", "symbol": "BTC-USD"}) is None


@pytest.mark.parametrize("scope", ClearCachePayload.model_fields["scope"].annotation.__args__)  # type: ignore[union-attr]
def test_each_scope_of_a_cleared_cache_says_what_is_lost_in_its_own_words(scope: str) -> None:
    told = what_is_lost("clear-cache", {"scope": scope, "symbol": "BTC-USD"})
    assert told is not None
    assert "thrown away" in told
    assert told != what_is_lost("clear-cache", {"scope": "unknown"})
    assert ("BTC-USD" in told) == (scope == "symbol")


def test_a_symbol_and_its_timeframe_are_named() -> None:
    told = what_is_lost("clear-cache", {"scope": "symbol", "symbol": "BTC-USD", "timeframe": "1h"})
    assert told is not None
    assert told.startswith("All that is cached of BTC-USD in 1h is thrown away.")


def test_a_cleared_cache_is_asked_about_whatever_its_payload_holds() -> None:
    assert what_is_lost("clear-cache") == what_is_lost("clear-cache", {"scope": ["all"]}) is not None


def test_a_batch_is_asked_about_where_any_of_its_members_is_each_loss_once() -> None:
    pause = {"command": "pause", "payload": {"minutes": 5}}
    assert what_is_lost("batch", {"commands": [pause, {"command": "resume"}]}) is None
    assert what_is_lost("batch", {"commands": [pause, CLEAR_ALL]}) == what_is_lost("clear-cache", {"scope": "all"})
    both = what_is_lost("batch", {"commands": [CLEAR_ONE, pause, CLEAR_ALL, CLEAR_ONE]})
    assert both == " ".join(str(what_is_lost("clear-cache", m["payload"])) for m in (CLEAR_ONE, CLEAR_ALL))  # type: ignore[arg-type]


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["command", "payload", "x"]), inner),
    max_leaves=8,
)


@given(ANYTHING)
def test_a_batch_that_is_none_is_left_to_those_who_check_it(commands: Any) -> None:
    assert what_is_lost("batch", {"commands": commands}) is None
