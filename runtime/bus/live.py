"""Reading what the engine tells: its status, and its events from any place in their stream."""

import asyncio
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

import redis
import redis.asyncio
from django.conf import settings
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from runtime.bus.connections import (
    AsyncRedis,
    connect_async,
    redis_errors_named,
)
from runtime.bus.keys import FIELD, Keys
from runtime.bus.probe import connect_once
from settingsapp.schema import strict_json

logger = logging.getLogger(__name__)

BEGINNING: Final = "0-0"
"""The place before the first event of a stream."""
PLACE_BOUND: Final = 2**64
TOO_MANY_AT_ONCE: Final = 8


@dataclass(frozen=True)
class Event:
    """One entry of the events stream; `seq` is its id, `body` the message."""

    seq: str
    body: dict[str, Any]


@dataclass(frozen=True)
class Statuses:
    """The last status message of each identity (None: there never was one) and Redis's clock, ms."""

    now_ms: int
    last: Mapping[str, dict[str, Any] | None]


@dataclass(frozen=True)
class StreamEnds:
    """What is known of a stream: the id that was given out last, the oldest that is kept, whether any are gone."""

    last: str = BEGINNING
    first: str | None = None
    trimmed: bool = False

    def has_gap_after(self, since: str) -> bool:
        """True unless everything that ever came after `since` is still in the stream.

        Also True for what can't be a place in this stream: malformed, from the future, or from before the stream was
        lost.
        """
        place = parse_place(since)
        if place is None or place > _known_place(self.last):
            return True
        if place == _known_place(self.last):
            return False
        if self.first is not None and place >= _known_place(self.first):
            return False
        return place != (0, 0) or self.trimmed


@dataclass(frozen=True)
class Continuation:
    """Where the stream ends now, and the events since a place, oldest first; with `gap`, some are gone."""

    last: str
    gap: bool = False
    events: tuple[Event, ...] = ()


def parse_place(text: str) -> tuple[int, int] | None:
    """Return an entry id's two numbers, for comparing; None where the text is not one."""
    parts = text.split("-")
    if len(parts) != 2 or len(text) > 41 or not all(part.isascii() and part.isdigit() for part in parts):
        return None
    milliseconds, counter = int(parts[0]), int(parts[1])
    return (milliseconds, counter) if max(milliseconds, counter) < PLACE_BOUND else None


def is_after(seq: str, other: str) -> bool:
    """True where the event `seq` came after the event `other`."""
    return _known_place(seq) > _known_place(other)


class LiveReader:
    """Reads for one event loop, over a bounded number of connections. All methods raise RedisUnavailableError."""

    def __init__(self, url: str | None = None) -> None:
        self._redis = patient_only_once(connect_async(url))
        self._turn = asyncio.Semaphore(TOO_MANY_AT_ONCE)

    async def statuses(self, subs: Iterable[str]) -> Statuses:
        """Return the last statuses and Redis's clock, in one round trip."""
        asked = tuple(subs)
        with redis_errors_named():
            async with self._turn, self._redis.pipeline(transaction=False) as pipe:
                pipe.time()
                for sub in asked:
                    pipe.get(Keys(sub).status)
                return _statuses(asked, await pipe.execute())

    async def continuation(self, sub: str, since: str | None = None) -> Continuation:
        """Return where the events end, with those after `since`: one consistent view of the stream."""
        place = since if since is not None and parse_place(since) is not None else None
        key = Keys(sub).events
        with redis_errors_named():
            async with self._turn, self._redis.pipeline(transaction=True) as pipe:
                pipe.xinfo_stream(key)
                if place is not None:
                    pipe.xrange(key, min=f"({place}")
                answers = await pipe.execute(raise_on_error=False)
            ends = _ends(answers[0])
            for answer in answers[1:]:
                if isinstance(answer, redis.RedisError):
                    raise answer
        if since is None:
            return Continuation(ends.last)
        if place is None or ends.has_gap_after(place):
            return Continuation(ends.last, gap=True)
        return Continuation(ends.last, events=_events(answers[1]))

    async def recent_errors(self, sub: str, limit: int) -> list[dict[str, Any]]:
        """Return the newest error messages, newest first, with their `seq`."""
        with redis_errors_named():
            async with self._turn:
                entries: Any = await self._redis.xrevrange(Keys(sub).errors, count=limit)
        return _errors(entries)

    async def ping(self) -> None:
        """Return if Redis answers."""
        with redis_errors_named():
            async with self._turn:
                await self._redis.ping()

    async def close(self) -> None:
        await self._redis.aclose()


@dataclass(frozen=True)
class Look:
    """One look at an identity from outside an event loop."""

    now_ms: int
    status: dict[str, Any] | None
    errors: list[dict[str, Any]]


def look(sub: str, errors: int = 0, url: str | None = None) -> Look:
    """Return the last status, Redis's clock and so many of the newest errors. Raises RedisUnavailableError."""
    client = connect_once(url or settings.REDIS_URL)
    keys = Keys(sub)
    with redis_errors_named(), client, client.pipeline(transaction=True) as pipe:
        pipe.time()
        pipe.get(keys.status)
        if errors:
            pipe.xrevrange(keys.errors, count=errors)
        now, status, *entries = pipe.execute()
    statuses = _statuses((sub,), [now, status])
    return Look(statuses.now_ms, statuses.last[sub], _errors(entries[0]) if entries else [])


def look_for_errors(
    sub: str, limit: int, *, before: str | None = None, level: str | None = None, url: str | None = None
) -> list[dict[str, Any]]:
    """Return the newest errors with their `seq`, newest first: those before a place, of one level where it is named.

    Raises RedisUnavailableError.
    """
    client = connect_once(url or settings.REDIS_URL)
    end = "+" if before is None else f"({before}"
    with redis_errors_named(), client:
        # All that are kept are few enough to be looked through.
        entries: Any = client.xrevrange(Keys(sub).errors, max=end)
    wanted = (error for error in _errors(entries) if level is None or error.get("level") == level)
    return list(islice(wanted, limit))


def patient_only_once(client: AsyncRedis) -> AsyncRedis:
    """Fail at once instead of retrying for seconds: whoever reads live decides itself when to try again."""
    client.set_retry(Retry(NoBackoff(), 0))
    return client


def read_event(entry_id: bytes, fields: Mapping[bytes, bytes]) -> Event | None:
    """Return the event of a stream entry; None (and a line in the log) where it holds no message."""
    seq = entry_id.decode()
    body = read_message(fields.get(FIELD.encode(), b""), f"event {seq}")
    return None if body is None else Event(seq, body)


def read_message(raw: bytes, what: str) -> dict[str, Any] | None:
    """Return a message of the engine's; None (and a line in the log) where it isn't one."""
    try:
        return strict_json.decode_object(raw)
    except strict_json.MalformedJsonError as error:
        logger.warning("%s can't be read and is left out: %s", what, error)
        return None


def _known_place(seq: str) -> tuple[int, int]:
    return parse_place(seq) or (0, 0)


def _statuses(subs: tuple[str, ...], answers: list[Any]) -> Statuses:
    seconds, micros = answers[0]
    last = {
        sub: None if raw is None else read_message(raw, "a status") for sub, raw in zip(subs, answers[1:], strict=True)
    }
    return Statuses(int(seconds) * 1000 + int(micros) // 1000, last)


def _ends(info: Any) -> StreamEnds:
    if isinstance(info, redis.ResponseError) and "no such key" in str(info).lower():
        return StreamEnds()
    if isinstance(info, Exception):
        raise info
    oldest = info.get("first-entry")
    length = int(info["length"])
    return StreamEnds(
        last=_text(info["last-generated-id"]),
        first=None if not oldest else _text(oldest[0]),
        trimmed=int(info.get("entries-added", length + 1)) > length,
    )


def _text(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else value


def _events(entries: Iterable[tuple[bytes, Mapping[bytes, bytes]]]) -> tuple[Event, ...]:
    return tuple(event for entry in entries if (event := read_event(*entry)) is not None)


def _errors(entries: Iterable[tuple[bytes, Mapping[bytes, bytes]]]) -> list[dict[str, Any]]:
    return [event.body | {"seq": event.seq} for event in _events(entries)]
