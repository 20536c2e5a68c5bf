"""The command queue as the leader reads it: the stream, and what an earlier leader had taken from it."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from redis.exceptions import ResponseError

from runtime.bus import keys as names
from runtime.bus import leader_calls
from runtime.bus.calls import Call, arun, arun_all, text
from runtime.bus.commands import record
from runtime.bus.connections import AsyncRedis, redis_errors_named
from runtime.engine.ports.commands import CommandEnd, QueuedCommand, Start
from runtime.protocol.answers import Outcome, Result, progress_body
from runtime.protocol.commands import (
    Command,
    InvalidCommandError,
    UnreadableMessageError,
    UnusableMessageError,
    default_expiry_ms,
    message_id,
    parse_command,
)
from runtime.protocol.records import CommandRecord
from settingsapp.schema import strict_json

log = logging.getLogger(__name__)

MOST_AT_ONCE = 500
SWEEP_SECONDS = 5.0
LATEST_MS = 2**53 - 1
"""Beyond it the script's numbers are no longer exact; it is far past what is allowed."""


@dataclass(frozen=True)
class _Delivery:
    """An entry of the stream whose message has an id."""

    entry: str
    id: str
    raw: str
    message: Mapping[str, Any]
    problem: str = ""
    """Why nothing but the id could be read of it."""


class LeaderQueue:
    """Implements runtime.engine.ports.commands.CommandQueue over Redis for one lease."""

    def __init__(
        self,
        redis: AsyncRedis,
        sub: str,
        token: str,
        engine_id: str,
        sweep_seconds: float = SWEEP_SECONDS,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._redis = redis
        self._sub = sub
        self._token = token
        self._engine_id = engine_id
        self._keys = names.Keys(sub)
        self._sweep_seconds = sweep_seconds
        self._monotonic = monotonic
        self._sweep_at = monotonic()
        self._held: dict[str, str] = {}
        """Entries taken and not ended yet, with their raw messages."""

    async def receive(self, wait_seconds: float) -> Sequence[QueuedCommand]:
        """Take what has come in, at most `wait_seconds` later.

        Raises RedisUnavailableError and LeaseLostError.
        """
        entries: list[tuple[str, dict[bytes, bytes]]] = []
        if self._monotonic() >= self._sweep_at:
            # Set before, not after: a sweep that fails must not keep new commands from being read.
            self._sweep_at = self._monotonic() + self._sweep_seconds
            entries = await self._sweep()
        if not entries:
            entries = await self._read(">", wait_seconds)
        return await self._admit(entries)

    async def start(self, queued: QueuedCommand) -> Start:
        verdict = await arun(self._redis, leader_calls.start(self._sub, self._token, queued.command.id))
        if verdict is Start.FINISHED:
            self._held.pop(queued.entry, None)
        return verdict

    async def begin_member(self, queued: QueuedCommand) -> CommandRecord | None:
        call = leader_calls.begin_member(
            self._sub, self._token, queued.entry, queued.command, engine_id=self._engine_id
        )
        if await arun(self._redis, call) is not Start.FINISHED:
            return None
        ended = await self.record(queued.command.id)
        return ended if ended is not None and ended.state.is_final else None

    async def complete(self, queued: QueuedCommand, end: CommandEnd) -> int:
        """End a command; returns the intent's new revision, 0 where the intent did not change."""
        is_member = queued.command.batch_id is not None
        kept = None if is_member else self._held.get(queued.entry)
        raw = kept or strict_json.encode(queued.command.message())
        _, revision = await arun(
            self._redis,
            leader_calls.complete(
                self._sub, self._token, queued.entry, queued.command.id, raw, end, is_member=is_member
            ),
        )
        if not is_member:
            self._held.pop(queued.entry, None)
        return revision

    async def record(self, command_id: str) -> CommandRecord | None:
        return await arun(self._redis, record(self._sub, command_id))

    async def last_undoable(self) -> CommandRecord | None:
        command_id = await arun(self._redis, leader_calls.last_undoable(self._sub))
        return None if command_id is None else await self.record(command_id)

    async def progress(self, queued: QueuedCommand, done: int, total: int, message: str) -> None:
        body = progress_body(queued.command.id, done, total, message)
        await arun(self._redis, leader_calls.emit(self._sub, self._token, body, as_response=True))

    async def _read(self, after: str, wait_seconds: float) -> list[tuple[str, dict[bytes, bytes]]]:
        # BLOCK 0 would be for ever.
        block = ("BLOCK", max(1, int(wait_seconds * 1000))) if after == ">" else ()
        with redis_errors_named():
            try:
                answer = await self._redis.execute_command(
                    *("XREADGROUP", "GROUP", names.GROUP, names.CONSUMER, "COUNT", MOST_AT_ONCE),
                    *(*block, "STREAMS", self._keys.commands, after),
                )
            except ResponseError as error:
                if "NOGROUP" not in str(error):
                    raise
                await self._make_group()
                return []
        return _entries(answer)

    async def _make_group(self) -> None:
        try:
            # From the beginning: what was sent while there was no engine yet is waiting there.
            await self._redis.xgroup_create(self._keys.commands, names.GROUP, id="0", mkstream=True)
        except ResponseError as error:
            if "BUSYGROUP" not in str(error):
                raise

    async def _sweep(self) -> list[tuple[str, dict[bytes, bytes]]]:
        """Find entries that were delivered to some leader, but are not in this one's hands."""
        found: list[tuple[str, dict[bytes, bytes]]] = []
        after = "0"
        while True:
            page = await self._read(after, 0)
            found += [(entry, fields) for entry, fields in page if entry not in self._held]
            if len(page) < MOST_AT_ONCE:
                return found
            after = page[-1][0]

    async def _admit(self, entries: Sequence[tuple[str, dict[bytes, bytes]]]) -> list[QueuedCommand]:
        deliveries: list[_Delivery] = []
        unusable: list[Call[str]] = []
        for entry, fields in entries:
            raw = fields.get(names.FIELD.encode(), b"")
            try:
                command_id, message = message_id(raw)
            except UnusableMessageError as error:
                log.warning("dropped the entry %s of the queue: %s", entry, error)
                unusable.append(leader_calls.discard(self._sub, self._token, entry))
            except UnreadableMessageError as error:
                deliveries.append(_Delivery(entry, error.command_id, text(raw), {}, str(error)))
            else:
                deliveries.append(_Delivery(entry, command_id, text(raw), message))
        await arun_all(self._redis, unusable)

        verdicts = await arun_all(self._redis, [self._admission(delivery) for delivery in deliveries])
        taken: list[tuple[_Delivery, QueuedCommand]] = []
        ended: list[Call[tuple[str, int]]] = []
        for delivery, verdict in zip(deliveries, verdicts, strict=True):
            if verdict in ("duplicate", "finished"):
                continue
            checked = _checked(delivery, verdict)
            if isinstance(checked, Command):
                taken.append((delivery, QueuedCommand(delivery.entry, checked)))
            else:
                ended.append(self._ending(delivery, checked))
        await arun_all(self._redis, ended)
        # Only now: what was not handed over because Redis failed on the way is found again by the next sweep.
        self._held.update((delivery.entry, delivery.raw) for delivery, _ in taken)
        return [queued for _, queued in taken]

    def _admission(self, delivery: _Delivery) -> Call[str]:
        deadline = delivery.message.get("expiresAt")
        # A deadline of the wrong type is refused by parse_command; here it only must not break the script.
        usable: int | None = None
        if isinstance(deadline, int) and not isinstance(deadline, bool) and deadline >= 0:
            usable = min(deadline, LATEST_MS)
        return leader_calls.admit(
            self._sub,
            self._token,
            delivery.entry,
            delivery.id,
            delivery.raw,
            engine_id=self._engine_id,
            ttl_ms=default_expiry_ms(str(delivery.message.get("command"))),
            deadline=usable,
        )

    def _ending(self, delivery: _Delivery, result: Result) -> Call[tuple[str, int]]:
        return leader_calls.complete(
            self._sub, self._token, delivery.entry, delivery.id, delivery.raw, CommandEnd(result)
        )


def _checked(delivery: _Delivery, verdict: str) -> Command | Result:
    """Return the command that a delivery holds, or with what it ends without having begun."""
    if verdict == "expired":
        return Result(Outcome.EXPIRED, "it waited past its deadline and was not carried out")
    if verdict == "too_far":
        return Result(Outcome.REFUSED, "expiresAt: at most 24 hours ahead")
    if delivery.problem:
        return Result(Outcome.REFUSED, f"the message can't be read: {delivery.problem}")
    try:
        return parse_command(delivery.message)
    except InvalidCommandError as error:
        return Result(Outcome.REFUSED, str(error))


def _entries(answer: Any) -> list[tuple[str, dict[bytes, bytes]]]:
    """Read XREADGROUP's reply: a map under RESP3, a list under RESP2; entries deleted meanwhile are empty."""
    if not answer:
        return []
    streams = answer.values() if isinstance(answer, dict) else [stream[1] for stream in answer]
    found: list[tuple[str, dict[bytes, bytes]]] = []
    for batch in streams:
        # Under RESP3 the client library wraps the entries of a stream in one more list.
        entries = batch[0] if batch and isinstance(batch[0], list) else batch
        for entry, fields in entries:
            pairs = (
                fields
                if isinstance(fields, dict)
                else dict(zip(fields[::2], fields[1::2], strict=True))
                if fields
                else {}
            )
            found.append((text(entry), pairs))
    return found
