"""Commands: what may be asked of the engine, with each payload's shape.

A command travels as `{"id", "command", "payload"?, "timestamp", "source", "priority"?, "expiresAt"?, "issuedBy"?,
"settingsVersion"?}`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, Final, Literal, TypeGuard

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from settingsapp.schema import strict_json
from settingsapp.schema.notations import ExchangeName
from settingsapp.schema.problems import FieldProblem
from settingsapp.schema.vocabulary import Mode, SymbolText, Timeframe

LONGEST_ID = 128
LAST_PRIORITY = 9
HOUR_MS = 3_600_000
FURTHEST_EXPIRY_MS = 24 * HOUR_MS
DEFAULT_EXPIRY_MS: Final = 30_000
LONG_EXPIRY_MS: Final = 600_000
LONGEST_PAUSE_MINUTES = 7 * 24 * 60


class CommandName(StrEnum):
    """The commands that this engine knows."""

    PAUSE = "pause"
    RESUME = "resume"
    RELOAD_SETTINGS = "reload-settings"
    SWITCH_MODE = "switch-mode"
    ADD_SYMBOL = "add-symbol"
    REMOVE_SYMBOL = "remove-symbol"
    FORCE_BACKFILL = "force-backfill"
    CLEAR_CACHE = "clear-cache"
    STATUS = "status"
    TEST_CONNECTION = "test-connection"


class Payload(BaseModel):
    """Base of all payloads: frozen, and an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class NoPayload(Payload):
    """For the commands that take none."""


class PausePayload(Payload):
    """`minutes`: resume by itself after that long."""

    minutes: Annotated[float, Field(gt=0, le=LONGEST_PAUSE_MINUTES)] | None = None


class SwitchModePayload(Payload):
    """The mode to switch to."""

    mode: Annotated[Mode, Field(strict=False)]


class SymbolPayload(Payload):
    """A symbol, in its exchange's notation or qualified."""

    symbol: SymbolText


class BackfillPayload(Payload):
    """A symbol, and the timeframes to read again; all of them without."""

    symbol: SymbolText
    timeframes: Annotated[tuple[Timeframe, ...], Field(min_length=1, strict=False)] | None = None


class ClearCachePayload(Payload):
    """Which caches to clear; with scope `symbol` which symbol's, and at will only one timeframe's."""

    scope: Literal["all", "candles", "indicators", "tickers", "symbol"]
    symbol: SymbolText | None = None
    timeframe: Timeframe | None = None

    @model_validator(mode="after")
    def _symbol_goes_with_its_scope(self) -> "ClearCachePayload":
        if self.scope == "symbol" and self.symbol is None:
            raise ValueError("scope 'symbol' needs a symbol")
        if self.scope != "symbol" and (self.symbol is not None or self.timeframe is not None):
            raise ValueError("symbol and timeframe go with scope 'symbol' only")
        return self


class TestConnectionPayload(Payload):
    """The exchange whose connection is to be tested, by its name in the document."""

    # Not a test case, whatever its name.
    __test__ = False

    exchange: ExchangeName


PAYLOADS: Mapping[CommandName, type[Payload]] = {
    CommandName.PAUSE: PausePayload,
    CommandName.RESUME: NoPayload,
    CommandName.RELOAD_SETTINGS: NoPayload,
    CommandName.SWITCH_MODE: SwitchModePayload,
    CommandName.ADD_SYMBOL: SymbolPayload,
    CommandName.REMOVE_SYMBOL: SymbolPayload,
    CommandName.FORCE_BACKFILL: BackfillPayload,
    CommandName.CLEAR_CACHE: ClearCachePayload,
    CommandName.STATUS: NoPayload,
    CommandName.TEST_CONNECTION: TestConnectionPayload,
}

DEFAULT_PRIORITY: Mapping[CommandName, int] = {
    CommandName.PAUSE: 0,
    CommandName.RESUME: 2,
    CommandName.STATUS: 3,
    CommandName.TEST_CONNECTION: 3,
    CommandName.SWITCH_MODE: 3,
    CommandName.RELOAD_SETTINGS: 4,
    CommandName.ADD_SYMBOL: 5,
    CommandName.REMOVE_SYMBOL: 5,
    CommandName.CLEAR_CACHE: 6,
    CommandName.FORCE_BACKFILL: 7,
}


def default_expiry_ms(command: str) -> int:
    """How long a command may wait from its entry in the stream, where it has no `expiresAt` of its own."""
    return LONG_EXPIRY_MS if command == CommandName.FORCE_BACKFILL else DEFAULT_EXPIRY_MS


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

    def message(self) -> dict[str, Any]:
        """Return the message that travels."""
        message: dict[str, Any] = {
            "id": self.id,
            "command": self.name.value,
            "payload": self.payload.model_dump(mode="json", exclude_none=True),
            "timestamp": self.timestamp,
            "source": self.source,
            "priority": self.priority,
            "issuedBy": self.issued_by,
        }
        if self.expires_at is not None:
            message["expiresAt"] = self.expires_at
        if self.settings_version is not None:
            message["settingsVersion"] = self.settings_version
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


def parse_payload(name: CommandName, payload: Mapping[str, Any] | None) -> Payload:
    """Check a payload against its command. Raises InvalidCommandError with paths below `payload`."""
    try:
        return PAYLOADS[name].model_validate(dict(payload or {}))
    except ValidationError as error:
        raise InvalidCommandError(_problems(error, "payload")) from None


def _problems(error: ValidationError, prefix: str = "") -> tuple[FieldProblem, ...]:
    found = []
    for detail in error.errors(include_url=False, include_input=False):
        path = ".".join([prefix, *map(str, detail["loc"])] if prefix else map(str, detail["loc"]))
        text = detail["msg"].removeprefix("Value error, ")
        if detail["type"] == "extra_forbidden":
            text = "no such field here"
        found.append(FieldProblem(path or "message", text[0].lower() + text[1:]))
    return tuple(found)
