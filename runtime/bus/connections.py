"""Connections to Redis, and the one error that the rest of the product sees when there is none."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

import redis
import redis.asyncio
from django.conf import settings

from runtime.engine.ports.availability import SourceUnavailableError

if TYPE_CHECKING:
    SyncRedis = redis.Redis
    AsyncRedis = redis.asyncio.Redis
else:
    SyncRedis, AsyncRedis = redis.Redis, redis.asyncio.Redis

CONNECT_SECONDS = 2.0
ANSWER_SECONDS = 5.0
"""Blocking reads ask for less than this, so that a silent server is noticed."""
MOST_CONNECTIONS = 32
"""Of one process's synchronous callers."""


class RedisUnavailableError(SourceUnavailableError):
    """Redis can't be reached, or refuses to work. The text says what to do."""


def connect(url: str | None = None) -> SyncRedis:
    """Return a client for synchronous callers; it connects when first used."""
    return redis.Redis.from_url(
        url or settings.REDIS_URL, socket_connect_timeout=CONNECT_SECONDS, socket_timeout=ANSWER_SECONDS
    )


@cache
def client() -> SyncRedis:
    """Return this process's client for synchronous callers.

    Its connections are shared among threads; where more ask at once than there are, they wait for one another.
    """
    pool = redis.BlockingConnectionPool.from_url(
        settings.REDIS_URL,
        max_connections=MOST_CONNECTIONS,
        timeout=ANSWER_SECONDS,
        socket_connect_timeout=CONNECT_SECONDS,
        socket_timeout=ANSWER_SECONDS,
    )
    return redis.Redis.from_pool(pool)


def connect_async(url: str | None = None) -> AsyncRedis:
    """Return a client for the running event loop; it connects when first used."""
    return redis.asyncio.Redis.from_url(
        url or settings.REDIS_URL, socket_connect_timeout=CONNECT_SECONDS, socket_timeout=ANSWER_SECONDS
    )


@contextmanager
def redis_errors_named() -> Iterator[None]:
    """Turn the client library's errors into RedisUnavailableError, and let no cancellation get lost.

    The client sends within `asyncio.wait_for`, which up to Python 3.11 swallows a cancellation that comes in the moment
    in which it is done. A task that was told to end would go on for ever, so it is told again here.
    """
    cancelled_before = _cancellations()
    try:
        yield
    except (redis.RedisError, OSError) as error:
        raise RedisUnavailableError(_advice(error)) from error
    if _cancellations() > cancelled_before:
        raise asyncio.CancelledError


def _cancellations() -> int:
    try:
        task = asyncio.current_task()
    except RuntimeError:
        # A synchronous caller: there is no loop to be cancelled in.
        return 0
    return task.cancelling() if task is not None else 0


def _advice(error: Exception) -> str:
    if settings.REDIS_IS_EMBEDDED and isinstance(error, redis.ConnectionError | OSError):
        return "the embedded Redis server does not answer: start manage.py up"
    return f"Redis does not answer as it should ({type(error).__name__}: {error}); check REDIS_URL and the server"
