"""Is there a server at the other end? One try, one answer, without the client's own retries."""

import json
from typing import Any, cast

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from runtime.bus.connections import RedisUnavailableError, SyncRedis
from runtime.bus.keys import Keys


def connect_once(url: str, patience: float = 2.0) -> SyncRedis:
    """Return a client that fails at the first failure, after `patience` seconds at most."""
    return redis.Redis.from_url(
        url, socket_connect_timeout=patience, socket_timeout=patience, retry=Retry(NoBackoff(), 0)
    )


def ping(url: str, patience: float = 2.0) -> None:
    """Raise RedisUnavailableError, with the reason and without the URL, unless the server answers PING."""
    try:
        with connect_once(url, patience) as client:
            client.ping()
    except (redis.RedisError, OSError) as error:
        raise RedisUnavailableError(str(error).strip() or type(error).__name__) from error


def state_within(url: str, sub: str, seconds: float) -> str | None:
    """Return the state of an identity's engine, where it published one in the last `seconds` by Redis's clock.

    None also where Redis does not answer.
    """
    try:
        with connect_once(url) as client:
            now, microseconds = cast("tuple[int, int]", client.time())
            raw = cast("bytes | None", client.get(Keys(sub).status))
    except (redis.RedisError, OSError):
        return None
    status: dict[str, Any] = json.loads(raw) if raw else {}
    age_ms = now * 1000 + microseconds / 1000 - status.get("timestamp", 0)
    return str(status["state"]) if "state" in status and age_ms < seconds * 1000 else None
