"""Acknowledgements, progress and results as they travel."""

import pytest

from runtime.protocol.answers import CommandState, Outcome, Result, ack_body, error_body, progress_body


@pytest.mark.parametrize("outcome", list(Outcome))
def test_only_succeeded_is_success_and_every_outcome_is_a_final_state(outcome: Outcome) -> None:
    body = Result(outcome).body("c1")
    assert body == {
        "type": "result",
        "commandId": "c1",
        "success": outcome is Outcome.SUCCEEDED,
        "outcome": outcome.value,
    }
    assert CommandState(outcome.value).is_final


def test_queued_and_acknowledged_are_not_the_end() -> None:
    assert not CommandState.QUEUED.is_final
    assert not CommandState.ACKNOWLEDGED.is_final


def test_message_and_data_travel_where_there_are_any() -> None:
    body = Result(Outcome.FAILED, "no", {"n": 1}).body("c1")
    assert (body["message"], body["data"]) == ("no", {"n": 1})


def test_the_other_messages_are_as_the_protocol_writes_them() -> None:
    assert ack_body("c1", "e1") == {"type": "ack", "commandId": "c1", "engine": "e1"}
    assert progress_body("c1", 1, 2, "x") == {
        "type": "progress",
        "commandId": "c1",
        "done": 1,
        "total": 2,
        "message": "x",
    }
    assert error_body("warning", "simulated", "x") == {
        "type": "error",
        "level": "warning",
        "origin": "simulated",
        "message": "x",
    }
