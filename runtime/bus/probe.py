"""Is there a server at the other end? One try, one answer, without the client's own retries."""

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from runtime.bus.connections import RedisUnavailableError, SyncRedis


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
