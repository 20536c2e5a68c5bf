"""Who sits at the other end of a socket, by the session, asked afresh each time."""

import asyncio
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from importlib import import_module
from itertools import islice
from typing import Any, Final, TypeVar
from weakref import WeakKeyDictionary

from asgiref.sync import sync_to_async
from django import db
from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase

from settingsapp import seats
from settingsapp.seats import Seat

T = TypeVar("T")

DATABASE_SECONDS: Final = 2.0
"""So long the database may take to say who is signed in; then it counts as away."""
TOGETHER: Final = 100
"""So many it is asked about at once."""

# Threads of their own: those of a database that hangs must not hold up anybody else, nor the cache.
_ASKING: Final = ThreadPoolExecutor(4, "seats")
_REMEMBERING: Final = ThreadPoolExecutor(4, "seats-remembered")


class DatabaseAwayError(Exception):
    """The database can't say who is signed in."""


class _Asking:
    """One event loop's questions. Those that come while the database is asked are asked together afterwards."""

    def __init__(self) -> None:
        self._waiting: dict[str, asyncio.Future[Seat | None]] = {}
        self._running: asyncio.Task[None] | None = None

    async def seat(self, key: str) -> Seat | None:
        """Return the seat of a session, as the database tells it from now on. Raises DatabaseAwayError."""
        answer = self._waiting.get(key)
        if answer is None:
            answer = self._waiting[key] = asyncio.get_running_loop().create_future()
            # Whoever asked may have left meanwhile.
            answer.add_done_callback(lambda done: done.exception())
        if self._running is None or self._running.done():
            self._running = asyncio.create_task(self._run())
        return await asyncio.shield(answer)

    async def _run(self) -> None:
        while self._waiting:
            asked = dict(islice(self._waiting.items(), TOGETHER))
            for key in asked:
                del self._waiting[key]
            try:
                async with asyncio.timeout(DATABASE_SECONDS):
                    found = await _beside(_ASKING, partial(_confirmed, tuple(asked)))
            except (db.Error, TimeoutError) as error:
                # Nobody waits longer for a database that hangs than the first of them.
                for answer in (*asked.values(), *self._take_all()):
                    away = DatabaseAwayError(str(error) or "no answer in time")
                    away.__cause__ = error
                    answer.set_exception(away)
            except BaseException as error:
                for answer in (*asked.values(), *self._take_all()):
                    answer.set_exception(error if isinstance(error, Exception) else DatabaseAwayError("it ends"))
                raise
            else:
                for key, answer in asked.items():
                    answer.set_result(found[key])

    def _take_all(self) -> "Collection[asyncio.Future[Seat | None]]":
        """Those still waiting, who may have asked about sessions that the database is just being asked about."""
        waiting, self._waiting = self._waiting, {}
        return waiting.values()


_asking: "WeakKeyDictionary[asyncio.AbstractEventLoop, _Asking]" = WeakKeyDictionary()


async def confirmed_seat(scope: dict[str, Any]) -> Seat | None:
    """Return who is signed in by the scope's session as it is now; None where nobody is (any more).

    What the scope itself knows is as old as the connection: the user may have signed out, been deactivated or have
    changed the password since. Raises DatabaseAwayError.
    """
    key = _session_key(scope)
    if key is None:
        return None
    return await _asking.setdefault(asyncio.get_running_loop(), _Asking()).seat(key)


async def remembered_seat(scope: dict[str, Any]) -> Seat | None:
    """Return who was signed in when the database was last asked, if that is not long ago."""
    try:
        async with asyncio.timeout(DATABASE_SECONDS):
            return await _of_session(seats.remembered, scope)
    except (db.Error, TimeoutError):
        # A session that the cache does not have is looked for in the database.
        return None


async def keep_seat(scope: dict[str, Any]) -> None:
    """Let a seat be remembered for longer: its page is open, and the database is away."""
    try:
        async with asyncio.timeout(DATABASE_SECONDS):
            await _of_session(seats.keep, scope)
    except (db.Error, TimeoutError):
        return


def _session_key(scope: dict[str, Any]) -> str | None:
    key: str | None = getattr(scope.get("session"), "session_key", None)
    return key


def _session(key: str) -> SessionBase:
    store: SessionBase = import_module(settings.SESSION_ENGINE).SessionStore(key)
    return store


def _confirmed(keys: Sequence[str]) -> dict[str, Seat | None]:
    return seats.confirmed_together({key: _session(key) for key in keys})


async def _of_session(look: Callable[[SessionBase], T], scope: dict[str, Any]) -> T | None:
    key = _session_key(scope)
    return None if key is None else await _beside(_REMEMBERING, lambda: look(_session(key)))


async def _beside(executor: ThreadPoolExecutor, look: Callable[[], T]) -> T:
    def look_and_let_go() -> T:
        try:
            return look()
        finally:
            # This thread may never run again: a connection that it kept would be lost to all others.
            db.connections.close_all()

    found: T = await sync_to_async(look_and_let_go, thread_sensitive=False, executor=executor)()
    return found
