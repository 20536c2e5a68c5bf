"""A command's record as the API shows it."""

from runtime.protocol.answers import CommandState
from runtime.protocol.records import CommandRecord


def test_it_has_an_outcome_once_it_has_ended() -> None:
    waiting = CommandRecord("c1", "pause", {}, "admin", "ada", CommandState.QUEUED, 5)
    ended = CommandRecord("c1", "pause", {}, "admin", "ada", CommandState.EXPIRED, 5, finished_at=9)
    assert list(waiting.body()) == [
        "id",
        "command",
        "payload",
        "source",
        "issuedBy",
        "queuedAt",
        "acknowledgedAt",
        "startedAt",
        "finishedAt",
        "state",
        "outcome",
        "message",
        "data",
    ]
    assert (waiting.body()["state"], waiting.body()["outcome"]) == ("queued", None)
    assert (ended.body()["state"], ended.body()["outcome"]) == ("expired", "expired")
