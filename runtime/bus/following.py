"""Following many engines at once, as they speak, over two connections for all of them."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Final, NoReturn, Protocol, TypeVar

from runtime.bus.connections import RedisUnavailableError, connect_async, redis_errors_named
from runtime.bus.keys import Keys
from runtime.bus.live import BEGINNING, Event, LiveReader, is_after, patient_only_once, read_event, read_message
from runtime.engine.ending import end

logger = logging.getLogger(__name__)

# Shorter than the client's patience with a silent server, which would otherwise look like a broken one.
BLOCK_MS: Final = 2_000
BATCH: Final = 500
QUICKLY: Final = 0.1
"""Well before whoever ends this in turn tries again, which would cut the closing of connections short."""

Result = TypeVar("Result")


class Listener(Protocol):
    """What is told. The methods return at once: nobody who listens is waited for."""

    def heard_status(self, sub: str, message: dict[str, Any]) -> None: ...

    def heard_event(self, sub: str, event: Event) -> None:
        """One event; those of one identity come in order, each once."""

    def lost_events(self, sub: str) -> None:
        """Events after the last one that was told can't be had any more."""


class Follower:
    """Tells a listener the statuses and events of every identity that is followed.

    Survives Redis: it connects again with growing, jittered waits (seconds) and goes on after the last event it saw.
    """

    def __init__(
        self,
        reader: LiveReader,
        listener: Listener,
        *,
        url: str | None = None,
        first_wait: float = 0.1,
        longest_wait: float = 2.0,
    ) -> None:
        self._reader = reader
        self._listener = listener
        self._url = url
        self._first_wait = first_wait
        self._longest_wait = longest_wait
        self._places: dict[str, str] = {}
        self._events_changed = asyncio.Event()
        self._channels_changed = asyncio.Event()

    def follow(self, sub: str, after: str) -> None:
        """Tell of `sub` from now on: its events after the place `after`. Following it already: nothing changes."""
        if sub not in self._places:
            self._places[sub] = after
            self._note_change()

    def unfollow(self, sub: str) -> None:
        if self._places.pop(sub, None) is not None:
            self._note_change()

    async def run(self) -> NoReturn:
        """Follow until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._reconnecting(self._read_events))
            group.create_task(self._reconnecting(self._read_statuses))
        raise AssertionError("following ends by being cancelled")

    def _note_change(self) -> None:
        self._events_changed.set()
        self._channels_changed.set()

    async def _reconnecting(self, read: Callable[[Callable[[], None]], Awaitable[NoReturn]]) -> NoReturn:
        wait = self._first_wait

        def answered() -> None:
            nonlocal wait
            wait = self._first_wait

        while True:
            try:
                await read(answered)
            except RedisUnavailableError as error:
                logger.info("following live events again in about %.1f s: %s", wait, error)
            # Jitter: a thousand readers of a server that was restarted must not come back in one instant.
            await asyncio.sleep(wait * random.uniform(0.5, 1.0))
            wait = min(wait * 2, self._longest_wait)

    async def _read_events(self, answered: Callable[[], None]) -> NoReturn:
        client = patient_only_once(connect_async(self._url))
        try:
            for sub in tuple(self._places):
                await self._catch_up(sub)
            while True:
                self._events_changed.clear()
                if not self._places:
                    await self._events_changed.wait()
                    continue
                streams: Any = {Keys(sub).events: place for sub, place in self._places.items()}
                read = asyncio.ensure_future(client.xread(streams, count=BATCH, block=BLOCK_MS))
                with redis_errors_named():
                    entries = await _unless(self._events_changed, read)
                answered()
                self._tell(entries or ())
        finally:
            await client.aclose()

    async def _catch_up(self, sub: str) -> None:
        """Ask whether the place is still good: a server may have come back without what it knew."""
        place = self._places.get(sub)
        if place is None:
            return
        continuation = await self._reader.continuation(sub, place)
        if sub not in self._places:
            return
        if continuation.gap:
            self._places[sub] = continuation.last
            self._listener.lost_events(sub)
        for event in continuation.events:
            self._tell_one(sub, event)

    def _tell(self, answer: Any) -> None:
        by_stream = {Keys(sub).events.encode(): sub for sub in self._places}
        for stream, entries in answer:
            sub = by_stream.get(stream)
            if sub is None:
                continue
            for entry_id, fields in entries:
                event = read_event(entry_id, fields)
                if event is None:
                    self._places[sub] = entry_id.decode()
                else:
                    self._tell_one(sub, event)

    def _tell_one(self, sub: str, event: Event) -> None:
        if is_after(event.seq, self._places.get(sub, BEGINNING)):
            self._places[sub] = event.seq
            self._listener.heard_event(sub, event)

    async def _read_statuses(self, answered: Callable[[], None]) -> NoReturn:
        client = patient_only_once(connect_async(self._url))
        pubsub = client.pubsub(ignore_subscribe_messages=True)
        subscribed: set[str] = set()

        async def keep_subscribed() -> NoReturn:
            while True:
                self._channels_changed.clear()
                wanted = {Keys(sub).status for sub in self._places}
                with redis_errors_named():
                    if wanted - subscribed:
                        await pubsub.subscribe(*(wanted - subscribed))
                    # The last channel is kept: a connection without any could not be listened to.
                    if wanted and subscribed - wanted:
                        await pubsub.unsubscribe(*(subscribed - wanted))
                if wanted:
                    subscribed.clear()
                    subscribed.update(wanted)
                    answered()
                    some.set()
                await self._channels_changed.wait()

        async def listen() -> NoReturn:
            await some.wait()
            while True:
                with redis_errors_named():
                    message = await pubsub.get_message(timeout=BLOCK_MS / 1000)
                if message is not None:
                    self._hear(message)

        some = asyncio.Event()
        tasks = {asyncio.create_task(keep_subscribed()), asyncio.create_task(listen())}
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            done.pop().result()
            raise AssertionError("listening ends by an error")
        finally:
            await end(tasks, QUICKLY)
            # The server may be gone: that it can't be told goodbye is no news.
            with suppress(RedisUnavailableError), redis_errors_named():
                await pubsub.aclose()
                await client.aclose()

    def _hear(self, message: dict[str, Any]) -> None:
        channel: bytes = message["channel"]
        sub = channel.decode().removeprefix(Keys("").status)
        if sub in self._places:
            status = read_message(message["data"], f"a status of {sub}")
            if status is not None:
                self._listener.heard_status(sub, status)


async def _unless(event: asyncio.Event, reading: "asyncio.Future[Result]") -> Result | None:
    """Return what was read; None where the event came first: reading goes on with what has changed."""
    interruption = asyncio.ensure_future(event.wait())
    both: set[asyncio.Future[Any]] = {reading, interruption}
    try:
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        return reading.result() if reading.done() else None
    finally:
        await end(both, QUICKLY)
