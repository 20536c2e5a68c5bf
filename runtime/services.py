"""Sending commands and reading what became of them: the one way for page, API, shell and receivers."""

import json
import queue
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from runtime.bus import commands as calls
from runtime.bus.calls import run, run_all
from runtime.bus.connections import RedisUnavailableError, SyncRedis, client
from runtime.bus.waiting import listener
from runtime.protocol.answers import CommandState
from runtime.protocol.commands import (
    DEFAULT_PRIORITY,
    FURTHEST_EXPIRY_MS,
    LAST_PRIORITY,
    Command,
    InvalidCommandError,
    command_name,
    parse_payload,
)
from runtime.protocol.history import EVERYTHING, HistoryFilter
from runtime.protocol.payloads import LONGEST_ID, CommandName
from runtime.protocol.records import CommandRecord
from settingsapp.schema import strict_json
from settingsapp.schema.problems import FieldProblem

LOOK_SECONDS = 1.0
"""After so long a silence a waiter looks into the record."""
HISTORY_BATCH = 200
MOST_LOOKED_AT = 2_000
"""So many records does one request for a page of the history read at most."""


class QueueFullError(Exception):
    """Too many commands wait already; the text says what to do."""


class UnknownCommandError(Exception):
    """No command of that id is known, or no longer."""


@dataclass(frozen=True)
class Order:
    """A command as somebody asks for it, before it is checked."""

    command: str
    payload: Mapping[str, Any] | None = None
    id: str | None = None
    priority: int | None = None
    expires_in_ms: int | None = None
    settings_version: int | None = None
    """The saved version that this follows from; only for what receivers send."""


@dataclass(frozen=True)
class Sent:
    """A command that is in the queue, or was before: `repeated` tells that its id was known."""

    id: str
    state: CommandState
    repeated: bool


def check(order: Order, *, source: str, issued_by: str, now_ms: int) -> Command:
    """Return the command that an order means. Raises InvalidCommandError with every problem found."""
    problems: list[FieldProblem] = []
    if order.id is not None and not 1 <= len(order.id) <= LONGEST_ID:
        problems.append(FieldProblem("id", f"a text of 1 to {LONGEST_ID} characters"))
    try:
        strict_json.decode_object(json.dumps({"id": order.id, "payload": order.payload}, default=str))
    except strict_json.MalformedJsonError as error:
        problems.append(FieldProblem("message", f"could not be read again: {error}"))
    if order.priority is not None and not 0 <= order.priority <= LAST_PRIORITY:
        problems.append(FieldProblem("priority", f"a whole number from 0 (first) to {LAST_PRIORITY} (last)"))
    if order.expires_in_ms is not None and not 1 <= order.expires_in_ms <= FURTHEST_EXPIRY_MS:
        problems.append(FieldProblem("expiresInMs", f"milliseconds from 1 to {FURTHEST_EXPIRY_MS} (24 hours)"))
    try:
        name = command_name(order.command)
        payload = parse_payload(name, order.payload)
    except InvalidCommandError as error:
        raise InvalidCommandError((*problems, *error.problems)) from None
    if problems:
        raise InvalidCommandError(tuple(problems))
    return Command(
        id=order.id or str(uuid.uuid4()),
        name=name,
        payload=payload,
        priority=DEFAULT_PRIORITY[name] if order.priority is None else order.priority,
        source=source,
        issued_by=issued_by,
        timestamp=now_ms,
        expires_at=None if order.expires_in_ms is None else now_ms + order.expires_in_ms,
        settings_version=order.settings_version,
    )


def send(sub: str, order: Order, *, source: str, issued_by: str) -> Sent:
    """Check a command and put it into the queue.

    Raises InvalidCommandError (nothing was sent), QueueFullError and RedisUnavailableError.
    """
    redis = client()
    return _submit(redis, sub, _command(redis, order, source=source, issued_by=issued_by))


def send_and_wait(
    sub: str,
    order: Order,
    *,
    source: str,
    issued_by: str,
    seconds: float,
    tell: Callable[[Mapping[str, Any]], None] | None = None,
) -> tuple[Sent, Mapping[str, Any] | None]:
    """Send a command and wait for its end; `tell` hears its acknowledgement and progress on the way.

    Returns the result message, None when the command has not ended by then. Raises as `send` does.
    """
    deadline = time.monotonic() + seconds
    redis = client()
    command = _command(redis, order, source=source, issued_by=issued_by)
    with listener().answers_to(sub, command.id) as answers:
        sent = _submit(redis, sub, command)
        if sent.state.is_final:
            return sent, _result(redis, sub, sent.id)
        while (remaining := deadline - time.monotonic()) > 0:
            try:
                message = answers.get(timeout=min(LOOK_SECONDS, remaining))
            except queue.Empty:
                # What was published while the line was down is only to be found in the record.
                result = _result(redis, sub, sent.id)
                if result is not None:
                    return sent, result
                continue
            if message.get("type") == "result":
                return sent, message
            if tell is not None:
                tell(message)
    return sent, None


def has_reported(sub: str) -> bool:
    """Tell whether an engine of that identity has told its status lately (24 h). Raises RedisUnavailableError."""
    return run(client(), calls.status_known(sub))


def find_command(sub: str, command_id: str) -> CommandRecord | None:
    """Return a command's record, None where its id is not known (any more). Raises RedisUnavailableError."""
    return run(client(), calls.record(sub, command_id))


@dataclass(frozen=True)
class HistoryPage:
    """Commands, newest first. `further`: the id from which the history goes on; None where there is nothing more."""

    records: tuple[CommandRecord, ...]
    further: str | None
    looked_at: int
    """How many records were read for it: with a filter, many may not be wanted."""


def search_history(
    sub: str,
    wanted: HistoryFilter = EVERYTHING,
    *,
    before: str | None = None,
    limit: int = 50,
    most: int = MOST_LOOKED_AT,
) -> HistoryPage:
    """Return the commands that are wanted, newest first, from the one queued before the command of the id `before` on.

    At most `most` records are read. A page that ends there may hold fewer than `limit`, even none, though there are
    more: `further` tells. Raises UnknownCommandError where the id is not known (any more), and RedisUnavailableError.
    """
    redis = client()
    found: list[CommandRecord] = []
    place, looked_at = before, 0
    while True:
        batch = min(HISTORY_BATCH if wanted.looks_into_records else limit - len(found), most - looked_at)
        # One more than is read tells whether the history goes on.
        ids = run(redis, calls.history(sub, place, batch + 1, since=wanted.since, until=wanted.until))
        if ids is None:
            if looked_at:
                # It was forgotten a moment ago, and so was everything before it.
                return HistoryPage(tuple(found), None, looked_at)
            raise UnknownCommandError(f"no command {before} in the last seven days")
        reading = ids[:batch]
        records = run_all(redis, [calls.record(sub, command_id) for command_id in reading])
        for number, (command_id, record) in enumerate(zip(reading, records, strict=True), 1):
            place, looked_at = command_id, looked_at + 1
            if record is not None and wanted.matches(record):
                found.append(record)
                if len(found) == limit:
                    return HistoryPage(tuple(found), place if number < len(ids) else None, looked_at)
        if len(ids) <= batch or looked_at >= most:
            return HistoryPage(tuple(found), place if len(ids) > batch else None, looked_at)


def command_history(sub: str, *, before: str | None = None, limit: int = 50) -> list[CommandRecord]:
    """Return all commands, newest first; see search_history."""
    return list(search_history(sub, before=before, limit=limit).records)


def _command(redis: SyncRedis, order: Order, *, source: str, issued_by: str) -> Command:
    now_ms = run(redis, calls.server_time()) if order.expires_in_ms is not None else int(time.time() * 1000)
    return check(order, source=source, issued_by=issued_by, now_ms=now_ms)


def _submit(redis: SyncRedis, sub: str, command: Command) -> Sent:
    message = strict_json.encode(command.message())
    submitted = run(redis, calls.submit(sub, command.id, message, is_pause=command.name is CommandName.PAUSE))
    if submitted.state is None:
        raise QueueFullError(calls.QUEUE_FULL.removeprefix("queue_full: "))
    return Sent(command.id, submitted.state, repeated=submitted.verdict == "duplicate")


def _result(redis: SyncRedis, sub: str, command_id: str) -> Mapping[str, Any] | None:
    """Return a command's result; None while it has none, and while Redis can't be asked."""
    try:
        found = run(redis, calls.record(sub, command_id))
    except RedisUnavailableError:
        return None
    return found.result if found is not None else None
