"""What only the leader asks of Redis. Every script checks its fencing token first."""

from typing import Any, Final

from runtime.bus import keys as names
from runtime.bus.calls import Argument, Call, script_call, text
from runtime.bus.commands import ERRORS_LENGTH, EVENTS_LENGTH, MOST_WAITING, QUEUE_FULL, RETENTION_SECONDS
from runtime.engine.ports.availability import LeaseLostError
from runtime.engine.ports.commands import CommandEnd, Intent, Start
from runtime.protocol.answers import ack_body
from runtime.protocol.commands import FURTHEST_EXPIRY_MS, Command
from runtime.protocol.undo import encode_undo
from settingsapp.schema import strict_json
from settingsapp.schema.vocabulary import Mode

STATUS_TTL_SECONDS: Final = 24 * 3600


def admit(
    sub: str,
    token: str,
    entry: str,
    command_id: str,
    message: str,
    *,
    engine_id: str,
    ttl_ms: int,
    deadline: int | None,
) -> Call[str]:
    """Acknowledge an entry: `new`, `again`, `duplicate`, `finished`, `expired` or `too_far`."""
    keys = names.Keys(sub)
    return script_call(
        "admit",
        (keys.fence, keys.commands, keys.command(command_id), keys.history, keys.events),
        (
            *(token, names.GROUP, entry, command_id, message),
            *(strict_json.encode(ack_body(command_id, engine_id)), ttl_ms, "" if deadline is None else deadline),
            *(FURTHEST_EXPIRY_MS, keys.responses, EVENTS_LENGTH),
        ),
        _verdict,
    )


def submit(sub: str, token: str, command_id: str, message: str, *, is_pause: bool) -> Call[str]:
    """Put a message of the leader's own into the queue, once by its id: `queued`, `duplicate` or `queue_full`."""
    keys = names.Keys(sub)
    return script_call(
        "submit",
        (keys.commands, keys.command(command_id), keys.history, keys.events, keys.fence),
        (
            *(command_id, message, MOST_WAITING, 1 if is_pause else 0),
            *("", QUEUE_FULL, keys.responses, EVENTS_LENGTH, RETENTION_SECONDS, token),
        ),
        lambda answer: _verdict(answer[0]),
    )


def start(sub: str, token: str, command_id: str) -> Call[Start]:
    """Ask whether a command may begin."""
    keys = names.Keys(sub)
    return script_call(
        "start", (keys.fence, keys.command(command_id)), (token,), lambda answer: Start(_verdict(answer))
    )


def begin_member(sub: str, token: str, entry: str, member: Command, *, engine_id: str) -> Call[Start]:
    """Note that a member of a batch begins; `FINISHED` where it has its result already."""
    keys = names.Keys(sub)
    return script_call(
        "member",
        (keys.fence, keys.command(member.id), keys.history, keys.events),
        (
            *(token, entry, member.id, strict_json.encode(member.message())),
            *(strict_json.encode(ack_body(member.id, engine_id)), keys.responses, EVENTS_LENGTH),
            member.batch_id or "",
        ),
        lambda answer: Start(_verdict(answer)),
    )


def complete(
    sub: str,
    token: str,
    entry: str,
    command_id: str,
    message: str,
    end: CommandEnd,
    *,
    is_member: bool = False,
) -> Call[tuple[str, int]]:
    """End a command; returns `completed` or `already`, and the intent's new revision (0: unchanged).

    A batch's member leaves the batch's entry in the queue.
    """
    keys, result, intent = names.Keys(sub), end.result, end.intent
    undone = tuple(keys.command(other) for other in end.undone)
    return script_call(
        "complete",
        (
            *(keys.fence, keys.commands, keys.command(command_id), keys.history, keys.events, keys.intent),
            *(keys.undoable, *undone),
        ),
        (
            *(token, names.GROUP, entry, command_id, message),
            *(strict_json.encode(result.body(command_id)), result.outcome.value, result.message),
            *(strict_json.encode(dict(result.data)), keys.responses, EVENTS_LENGTH, RETENTION_SECONDS),
            *((1, *_intent_arguments(intent)) if intent else (0, 0, "", "", 0)),
            *(encode_undo(end.undo) if end.undo else "", 1 if is_member else 0, *end.undone),
        ),
        lambda answer: (_verdict(answer[0]), int(answer[1])),
    )


def last_undoable(sub: str) -> Call[str | None]:
    """Return the id of the command that ended last of those that a rollback can undo; None where there is none."""
    key = names.Keys(sub).undoable
    return Call(("ZREVRANGE", key, 0, 0), lambda answer: text(answer[0]) if answer else None)


def discard(sub: str, token: str, entry: str) -> Call[str]:
    """Drop and count an entry without a usable id."""
    keys = names.Keys(sub)
    return script_call("discard", (keys.fence, keys.commands, keys.dropped), (token, names.GROUP, entry), _verdict)


def emit(sub: str, token: str, body: dict[str, Any], *, as_response: bool = False) -> Call[str]:
    """Append an event and return its id; a response is published as well, an error kept among the errors."""
    keys = names.Keys(sub)
    return script_call(
        "emit",
        (keys.fence, keys.events, keys.errors),
        (
            *(token, strict_json.encode(body), keys.responses if as_response else "", EVENTS_LENGTH),
            ERRORS_LENGTH if body.get("type") == "error" else 0,
        ),
        _verdict,
    )


def status(sub: str, token: str, body: dict[str, Any]) -> Call[int]:
    """Publish the status; returns Redis's time in ms."""
    keys = names.Keys(sub)
    return script_call(
        "status", (keys.fence, keys.status), (token, strict_json.encode(body), STATUS_TTL_SECONDS), _time
    )


def read_intent(sub: str) -> Call[Intent | None]:
    """Read the intent, None where there is none."""
    return Call(("HGETALL", names.Keys(sub).intent), _intent)


def store_intent(sub: str, token: str, intent: Intent, *, restore: bool) -> Call[tuple[str, int]]:
    """Write the intent: as a new revision, or to restore its own unless Redis has a newer one.

    Returns `stored` or `newer`, and the revision that is there now.
    """
    keys = names.Keys(sub)
    return script_call(
        "intent",
        (keys.fence, keys.intent),
        (token, *_intent_arguments(intent), 1 if restore else 0),
        lambda answer: (_verdict(answer[0]), int(answer[1])),
    )


def _intent_arguments(intent: Intent) -> tuple[Argument, ...]:
    until = "" if intent.paused_until is None else intent.paused_until
    return (1 if intent.paused else 0, until, intent.mode or "", intent.revision)


def _intent(answer: dict[Any, Any]) -> Intent | None:
    fields = {text(name): text(value) for name, value in answer.items()}
    if "paused" not in fields:
        return None
    mode = fields.get("mode", "")
    return Intent(
        paused=fields["paused"] == "1",
        mode=Mode(mode) if mode in list(Mode) else None,
        paused_until=int(fields["pausedUntil"]) if fields.get("pausedUntil") else None,
        revision=int(fields.get("revision", "0")),
    )


def _verdict(answer: bytes | str) -> str:
    verdict = text(answer)
    if verdict == "lease_lost":
        raise LeaseLostError("another engine leads this identity now")
    return verdict


def _time(answer: list[Any]) -> int:
    if int(answer[0]) != 1:
        raise LeaseLostError("another engine leads this identity now")
    return int(answer[1])
