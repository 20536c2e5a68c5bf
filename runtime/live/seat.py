"""Who sits at the other end of a socket, by the session, asked afresh each time."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from typing import Any, Final, TypeVar

from asgiref.sync import sync_to_async
from django import db
from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase

from settingsapp import seats
from settingsapp.seats import Seat

T = TypeVar("T")

DATABASE_SECONDS: Final = 2.0
"""So long the database may take to say who is signed in; then it counts as away."""

# Threads of their own: those of a database that hangs must not hold up anybody else, nor the cache.
_ASKING: Final = ThreadPoolExecutor(4, "seats")
_REMEMBERING: Final = ThreadPoolExecutor(4, "seats-remembered")


class DatabaseAwayError(Exception):
    """The database can't say who is signed in."""


async def confirmed_seat(scope: dict[str, Any]) -> Seat | None:
    """Return who is signed in by the scope's session as it is now; None where nobody is (any more).

    What the scope itself knows is as old as the connection: the user may have signed out, been deactivated or have
    changed the password since. Raises DatabaseAwayError.
    """
    try:
        async with asyncio.timeout(DATABASE_SECONDS):
            return await _beside(_ASKING, seats.confirmed, scope)
    except (db.Error, TimeoutError) as error:
        raise DatabaseAwayError(str(error) or "no answer in time") from error


async def remembered_seat(scope: dict[str, Any]) -> Seat | None:
    """Return who was signed in when the database was last asked, if that is not long ago."""
    try:
        async with asyncio.timeout(DATABASE_SECONDS):
            return await _beside(_REMEMBERING, seats.remembered, scope)
    except (db.Error, TimeoutError):
        # A session that the cache does not have is looked for in the database.
        return None


async def keep_seat(scope: dict[str, Any]) -> None:
    """Let a seat be remembered for longer: its page is open, and the database is away."""
    try:
        async with asyncio.timeout(DATABASE_SECONDS):
            await _beside(_REMEMBERING, seats.keep, scope)
    except (db.Error, TimeoutError):
        return


async def _beside(executor: ThreadPoolExecutor, look: Callable[[SessionBase], T], scope: dict[str, Any]) -> T | None:
    key = getattr(scope.get("session"), "session_key", None)
    if key is None:
        return None

    def look_and_let_go() -> T:
        try:
            return look(import_module(settings.SESSION_ENGINE).SessionStore(key))
        finally:
            # This thread may never run again: a connection that it kept would be lost to all others.
            db.connections.close_all()

    found: T = await sync_to_async(look_and_let_go, thread_sensitive=False, executor=executor)()
    return found
