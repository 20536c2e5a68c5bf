"""What comes back for a command: an acknowledgement, progress, and exactly one result.

Messages are dictionaries without `timestamp`: the bus writes it, by Redis's clock, in the step that publishes them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Outcome(StrEnum):
    """How a command ended."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    REFUSED = "refused"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"


class CommandState(StrEnum):
    """Where a command's record stands: waiting, taken by the engine, or one of the outcomes."""

    QUEUED = "queued"
    ACKNOWLEDGED = "acknowledged"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    REFUSED = "refused"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"

    @property
    def is_final(self) -> bool:
        """True once nothing more will happen to the command."""
        return self not in (CommandState.QUEUED, CommandState.ACKNOWLEDGED)


@dataclass(frozen=True)
class Result:
    """How one command ended, in words, with what it has to tell."""

    outcome: Outcome
    message: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)

    @property
    def success(self) -> bool:
        return self.outcome is Outcome.SUCCEEDED

    def body(self, command_id: str) -> dict[str, Any]:
        """Return the message to publish."""
        body: dict[str, Any] = {
            "type": "result",
            "commandId": command_id,
            "success": self.success,
            "outcome": self.outcome.value,
        }
        if self.message:
            body["message"] = self.message
        if self.data:
            body["data"] = dict(self.data)
        return body


def ack_body(command_id: str, engine_id: str) -> dict[str, Any]:
    """The engine has taken the command and will end it."""
    return {"type": "ack", "commandId": command_id, "engine": engine_id}


def progress_body(command_id: str, done: int, total: int, message: str) -> dict[str, Any]:
    """A long command tells how far it is."""
    return {"type": "progress", "commandId": command_id, "done": done, "total": total, "message": message}


def error_body(level: str, origin: str, message: str) -> dict[str, Any]:
    """Something went wrong in the engine that its owner should see; `level` is `warning` or `error`."""
    return {"type": "error", "level": level, "origin": origin, "message": message}
