"""Commands as they travel, and how they are checked.

A command travels as `{"id", "command", "payload"?, "timestamp", "source", "priority"?, "expiresAt"?, "issuedBy"?,
"settingsVersion"?}`.
"""

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final, TypeGuard

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from runtime.protocol.payloads import (
    LONGEST_ID,
    PAYLOADS,
    BatchMember,
    BatchPayload,
    BatchShape,
    CommandName,
    Payload,
    RollbackPayload,
)
from settingsapp.schema import strict_json
from settingsapp.schema.problems import FieldProblem
from settingsapp.schema.wording import in_words

LAST_PRIORITY: Final = 9
HOUR_MS: Final = 3_600_000
FURTHEST_EXPIRY_MS: Final = 24 * HOUR_MS
DEFAULT_EXPIRY_MS: Final = 30_000
LONG_EXPIRY_MS: Final = 600_000
# No client's id is like those of a batch's members, short of meaning it.
MEMBER_NAMESPACE: Final = uuid.UUID("2a6d1c0e-7c1f-4b7a-9a53-9b1d6f3f5f21")

DEFAULT_PRIORITY: Mapping[CommandName, int] = {
    CommandName.PAUSE: 0,
    CommandName.RESUME: 2,
    CommandName.STATUS: 3,
    CommandName.TEST_CONNECTION: 3,
    CommandName.TEST_NOTIFICATION: 3,
    CommandName.SWITCH_MODE: 3,
    CommandName.RELOAD_SETTINGS: 4,
    CommandName.ADD_SYMBOL: 5,
    CommandName.REMOVE_SYMBOL: 5,
    CommandName.BATCH: 5,
    CommandName.ROLLBACK: 5,
    CommandName.CLEAR_CACHE: 6,
    CommandName.FORCE_BACKFILL: 7,
    CommandName.SCAN_SYMBOLS: 7,
}


def default_expiry_ms(command: str) -> int:
    """How long a command may wait from its entry in the stream, where it has no `expiresAt` of its own."""
    return LONG_EXPIRY_MS if command in (CommandName.FORCE_BACKFILL, CommandName.BATCH) else DEFAULT_EXPIRY_MS


class InvalidCommandError(Exception):
    """A command that can't be carried out as it was written. The text says what would be right."""

    def __init__(self, problems: tuple[FieldProblem, ...]) -> None:
        super().__init__("; ".join(f"{p.path}: {p.message}" for p in problems))
        self.problems = problems


class UnusableMessageError(Exception):
    """A message without a usable id: nobody can be answered, so it is counted and dropped."""


class UnreadableMessageError(Exception):
    """A message that can't be read, but for its id: its sender can be told why."""

    def __init__(self, command_id: str, reason: str) -> None:
        super().__init__(reason)
        self.command_id = command_id


@dataclass(frozen=True)
class Command:
    """One command, checked."""

    id: str
    name: CommandName
    payload: Payload
    priority: int
    source: str
    issued_by: str
    timestamp: int
    """When the sender says it was sent, ms; informational."""
    expires_at: int | None
    """An explicit deadline, ms, by Redis's clock; None: the default for the command counts."""
    settings_version: int | None = None
    """The saved version that this command follows from: what it asks for stands in the document already."""
    batch_id: str | None = None
    """The batch that it is a member of. It travels within that one's message, never by itself."""

    def message(self) -> dict[str, Any]:
        """Return the message that travels."""
        message: dict[str, Any] = {
            "id": self.id,
            "command": self.name.value,
            "payload": self.payload.model_dump(mode="json", by_alias=True, exclude_none=True),
            "timestamp": self.timestamp,
            "source": self.source,
            "priority": self.priority,
            "issuedBy": self.issued_by,
        }
        if self.expires_at is not None:
            message["expiresAt"] = self.expires_at
        if self.settings_version is not None:
            message["settingsVersion"] = self.settings_version
        if self.batch_id is not None:
            message["batchId"] = self.batch_id
        return message


class _Envelope(BaseModel):
    # Unknown keys are let through: a later client may say more than this engine understands.
    model_config = ConfigDict(strict=True, frozen=True)

    id: Annotated[str, Field(min_length=1, max_length=LONGEST_ID)]
    command: str
    payload: dict[str, Any] | None = None
    timestamp: Annotated[int | float, Field(ge=0)] = 0
    source: Annotated[str, Field(min_length=1, max_length=32)] = "system"
    priority: Annotated[int | None, Field(ge=0, le=LAST_PRIORITY)] = None
    expires_at: Annotated[int | None, Field(ge=0, alias="expiresAt")] = None
    issued_by: Annotated[str, Field(max_length=150, alias="issuedBy")] = ""
    settings_version: Annotated[int | None, Field(ge=1, alias="settingsVersion")] = None


_ENVELOPE: TypeAdapter[_Envelope] = TypeAdapter(_Envelope)


def message_id(raw: bytes | str) -> tuple[str, dict[str, Any]]:
    """Return a raw message's id and the message.

    Raises UnreadableMessageError where only the id can be made out, UnusableMessageError where nobody could be
    answered.
    """
    try:
        message = strict_json.decode_object(raw)
    except strict_json.MalformedJsonError as error:
        identifier = _id_at_least(raw)
        if identifier is None:
            raise UnusableMessageError(str(error)) from None
        raise UnreadableMessageError(identifier, str(error)) from None
    identifier = message.get("id")
    if not _is_id(identifier):
        raise UnusableMessageError(f"id: a string of 1 to {LONGEST_ID} characters is needed")
    return identifier, message


def _id_at_least(raw: bytes | str) -> str | None:
    """Return the id of a message that breaks the stricter rules (twice the same key, NaN, nested too deeply)."""
    if len(raw) > strict_json.LONGEST_MESSAGE:
        return None
    try:
        message = json.loads(raw)
        identifier = message["id"]
        strict_json.decode(strict_json.encode(identifier))
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    return identifier if _is_id(identifier) else None


def _is_id(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and 1 <= len(value) <= LONGEST_ID


def parse_command(message: Mapping[str, Any]) -> Command:
    """Check a whole message. Raises InvalidCommandError with every problem and its path."""
    try:
        envelope = _ENVELOPE.validate_python(dict(message))
    except ValidationError as error:
        raise InvalidCommandError(_problems(error)) from None
    name = command_name(envelope.command)
    return Command(
        id=envelope.id,
        name=name,
        payload=parse_payload(name, envelope.payload),
        priority=DEFAULT_PRIORITY[name] if envelope.priority is None else envelope.priority,
        source=envelope.source,
        issued_by=envelope.issued_by,
        timestamp=int(envelope.timestamp),
        expires_at=envelope.expires_at,
        settings_version=envelope.settings_version,
    )


def command_name(text: str) -> CommandName:
    """Return the command of that name. Raises InvalidCommandError that lists them."""
    try:
        return CommandName(text)
    except ValueError:
        known = ", ".join(CommandName)
        problem = FieldProblem("command", f"{text[:60]!r} is not a command; known are {known}")
        raise InvalidCommandError((problem,)) from None


def parse_payload(name: CommandName, payload: Mapping[str, Any] | None, path: str = "payload") -> Payload:
    """Check a payload against its command. Raises InvalidCommandError with paths below `path`."""
    try:
        if name is CommandName.BATCH:
            return _batch(BatchShape.model_validate(dict(payload or {})), path)
        return PAYLOADS[name].model_validate(dict(payload or {}))
    except ValidationError as error:
        raise InvalidCommandError(_problems(error, path)) from None


def _batch(shape: BatchShape, path: str) -> BatchPayload:
    members: list[BatchMember] = []
    problems: list[FieldProblem] = []
    for index, written in enumerate(shape.commands):
        place = f"{path}.commands.{index}"
        try:
            members.append(_member(written, place))
        except InvalidCommandError as error:
            problems += error.problems
    if problems:
        raise InvalidCommandError(tuple(problems))
    return BatchPayload(commands=tuple(members), stopOnFailure=shape.stop_on_failure)


def _member(written: BatchShape.Member, place: str) -> BatchMember:
    try:
        name = command_name(written.command)
    except InvalidCommandError as error:
        raise InvalidCommandError(tuple(FieldProblem(f"{place}.{p.path}", p.message) for p in error.problems)) from None
    if name is CommandName.BATCH:
        raise InvalidCommandError((FieldProblem(f"{place}.command", "a batch can't hold another batch"),))
    payload = parse_payload(name, written.payload, f"{place}.payload")
    if isinstance(payload, RollbackPayload) and payload.command_id is None:
        told = "is needed within a batch: which command is the last one is not certain there"
        raise InvalidCommandError((FieldProblem(f"{place}.payload.commandId", told),))
    return BatchMember(command=name, payload=payload)


def members_of(batch: Command) -> Sequence[Command]:
    """Return a batch's members as commands of their own; their ids follow from the batch's id and their places."""
    payload = batch.payload
    if not isinstance(payload, BatchPayload):
        return ()
    return tuple(
        Command(
            # With its place first, so that commands of one moment have an order.
            id=f"{index:02}.{uuid.uuid5(MEMBER_NAMESPACE, f'{index} {batch.id}')}",
            name=member.command,
            payload=member.payload,
            priority=batch.priority,
            source=batch.source,
            issued_by=batch.issued_by,
            timestamp=batch.timestamp,
            expires_at=None,
            batch_id=batch.id,
        )
        for index, member in enumerate(payload.commands)
    )


def _problems(error: ValidationError, prefix: str = "") -> tuple[FieldProblem, ...]:
    found: list[FieldProblem] = []
    for detail in error.errors(include_url=False, include_input=False):
        path = ".".join([prefix, *map(str, detail["loc"])] if prefix else map(str, detail["loc"]))
        # What a faulty part leaves missing around it is no problem of its own.
        if detail["type"] == "too_short" and any(problem.path.startswith(f"{path}.") for problem in found):
            continue
        told = "no such field here" if detail["type"] == "extra_forbidden" else in_words(detail)
        found.append(FieldProblem(path or "message", told))
    return tuple(found)
