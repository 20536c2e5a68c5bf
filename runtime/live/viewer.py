"""One socket's place in the hub: a bounded queue of events, and room for the one newest status."""

import asyncio
from collections import deque
from typing import Final, NamedTuple

from runtime.bus.live import Event

QUEUE_LENGTH: Final = 1_000


class Told(NamedTuple):
    """Something to send. `seq` is None for a status: it has no place of its own among the events."""

    seq: str | None
    text: str


class FellBehindError(Exception):
    """The socket has missed events: it has to come back and ask for what came after its last one."""


class Viewer:
    """Filled by the hub without waiting, emptied by one consumer."""

    def __init__(self, sub: str, queue_length: int = QUEUE_LENGTH) -> None:
        self.sub = sub
        self._queue_length = queue_length
        self._events: deque[Told] = deque()
        self._status: str | None = None
        self._fell_behind = False
        self._wake = asyncio.Event()

    @property
    def fell_behind(self) -> bool:
        return self._fell_behind

    def put_event(self, event: Event, text: str) -> None:
        """Queue an event; one too many ends the viewer instead, and frees what it held."""
        if len(self._events) >= self._queue_length:
            self.give_up()
        elif not self._fell_behind:
            self._events.append(Told(event.seq, text))
            self._wake.set()

    def put_status(self, text: str) -> None:
        """Replace the status that waits to be sent: only the newest is worth sending."""
        if not self._fell_behind:
            self._status = text
            self._wake.set()

    def give_up(self) -> None:
        """Say that events are missing from here on."""
        self._fell_behind = True
        self._events.clear()
        self._status = None
        self._wake.set()

    async def next(self) -> Told:
        """Return what is to be sent next, events first: a status overtakes none. Raises FellBehindError."""
        while True:
            if self._fell_behind:
                raise FellBehindError
            if self._events:
                return self._events.popleft()
            if self._status is not None:
                text, self._status = self._status, None
                return Told(None, text)
            self._wake.clear()
            await self._wake.wait()
