"""Commands as their senders see them: into the queue, and back from the record."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from runtime.bus import keys as names
from runtime.bus.calls import Call, script_call, text
from runtime.protocol.answers import CommandState, Outcome, Result
from runtime.protocol.records import CommandRecord
from runtime.protocol.undo import decode_undo
from settingsapp.schema import strict_json

MOST_WAITING: Final = 10_000
EVENTS_LENGTH: Final = 10_000
ERRORS_LENGTH: Final = 500
"""So many errors are kept, however many other events there are."""
RETENTION_SECONDS: Final = 7 * 24 * 3600
QUEUE_FULL: Final = f"queue_full: {MOST_WAITING} commands are waiting already; try again when some have ended"


@dataclass(frozen=True)
class Submitted:
    """What became of a submission: `queued`, `duplicate` (its id is known, in that state) or `queue_full`."""

    verdict: str
    state: CommandState | None


def submit(
    sub: str,
    command_id: str,
    message: str,
    *,
    is_pause: bool,
    from_channel: bool = False,
    limit: int = MOST_WAITING,
) -> Call[Submitted]:
    """Put one message into the queue, once by its id.

    A publisher on the channel can't be told `queue_full` in reply, so there it becomes a refused result.
    """
    keys = names.Keys(sub)
    refusal = ""
    if from_channel:
        refusal = strict_json.encode(Result(Outcome.REFUSED, QUEUE_FULL).body(command_id))
    return script_call(
        "submit",
        (keys.commands, keys.command(command_id), keys.history, keys.events, keys.fence),
        (
            *(command_id, message, limit, 1 if is_pause else 0),
            *(refusal, QUEUE_FULL, keys.responses, EVENTS_LENGTH, RETENTION_SECONDS, ""),
        ),
        _submitted,
    )


def record(sub: str, command_id: str) -> Call[CommandRecord | None]:
    """Read one command's record; None where no such id is known."""
    return Call(("HGETALL", names.Keys(sub).command(command_id)), _record)


def history(
    sub: str, before: str | None, limit: int, *, since: int | None = None, until: int | None = None
) -> Call[list[str] | None]:
    """Return ids of commands queued before the command `before`, newest first; None where it is not known.

    `since` and `until`, in ms, are the first and the last moment at which they may have been queued.
    """
    return script_call(
        "history",
        (names.Keys(sub).history,),
        (before or "", limit, "" if since is None else since, "" if until is None else until),
        lambda answer: None if answer is None else [text(member) for member in answer],
    )


def status_known(sub: str) -> Call[bool]:
    """Tell whether an engine of that identity has told its status, which is kept for 24 h."""
    return Call(("EXISTS", names.Keys(sub).status), lambda answer: int(answer) == 1)


def _submitted(answer: list[Any]) -> Submitted:
    verdict, state = text(answer[0]), text(answer[1])
    return Submitted(verdict, CommandState(state) if state else None)


def _record(answer: Mapping[bytes | str, bytes | str]) -> CommandRecord | None:
    fields = {text(name): text(value) for name, value in answer.items()}
    if "state" not in fields:
        return None

    def moment(name: str) -> int | None:
        return int(fields[name]) if fields.get(name) else None

    message = _readable(fields.get("message", ""))
    payload = message.get("payload")
    return CommandRecord(
        id=fields["id"],
        command=str(message.get("command", ""))[:60],
        payload=payload if isinstance(payload, dict) else {},
        source=str(message.get("source", ""))[:32],
        issued_by=str(message.get("issuedBy", ""))[:150],
        state=CommandState(fields["state"]),
        queued_at=moment("queuedAt") or 0,
        acknowledged_at=moment("acknowledgedAt"),
        started_at=moment("startedAt"),
        finished_at=moment("finishedAt"),
        message=fields.get("text", ""),
        data=_readable(fields.get("data", "")),
        result=_readable(fields["result"]) if fields.get("result") else None,
        undo=decode_undo(fields["undo"]) if fields.get("undo") else None,
        undone_by=fields.get("undoneBy", ""),
        batch_id=fields.get("batch", ""),
    )


def _readable(raw: str) -> dict[str, Any]:
    # A record may hold what was published by hand: what can't be read is shown as empty, not raised.
    if not raw:
        return {}
    try:
        return strict_json.decode_object(raw)
    except strict_json.MalformedJsonError:
        return {}


def server_time() -> Call[int]:
    """Return Redis's time, ms."""
    return Call(("TIME",), lambda answer: int(answer[0]) * 1000 + int(answer[1]) // 1000)
