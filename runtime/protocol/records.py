"""A command's record: where it stands, from its first sight to seven days after its end."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from runtime.protocol.answers import CommandState
from runtime.protocol.undo import Undo


@dataclass(frozen=True)
class CommandRecord:
    """What is known of one command; times in ms by Redis's clock, None where it has not happened."""

    id: str
    command: str
    payload: Mapping[str, Any]
    source: str
    issued_by: str
    state: CommandState
    queued_at: int
    acknowledged_at: int | None = None
    started_at: int | None = None
    finished_at: int | None = None
    message: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    result: Mapping[str, Any] | None = None
    """The result message as it was published; None until the end."""
    undo: Undo | None = None
    """How to undo what it has changed; None where there is nothing to undo."""
    undone_by: str = ""
    """The id of the rollback that has undone it."""
    batch_id: str = ""
    """The batch that it was a member of."""

    def body(self) -> dict[str, Any]:
        """Return the record as the API shows it."""
        body = {
            "id": self.id,
            "command": self.command,
            "payload": dict(self.payload),
            "source": self.source,
            "issuedBy": self.issued_by,
            "queuedAt": self.queued_at,
            "acknowledgedAt": self.acknowledged_at,
            "startedAt": self.started_at,
            "finishedAt": self.finished_at,
            "state": self.state.value,
            "outcome": self.state.value if self.state.is_final else None,
            "message": self.message,
            "data": dict(self.data),
        }
        if self.batch_id:
            body["batchId"] = self.batch_id
        if self.undone_by:
            body["undoneBy"] = self.undone_by
        return body
