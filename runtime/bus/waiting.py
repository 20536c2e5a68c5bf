"""Listening for what comes back for commands."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import redis.client

from runtime.bus.connections import RedisUnavailableError, SyncRedis, redis_errors_named
from runtime.bus.keys import Keys
from settingsapp.schema import strict_json

LOOK_SECONDS = 0.5


class Responses:
    """The responses channel of one identity, subscribed."""

    def __init__(self, channel: "redis.client.PubSub") -> None:
        self._channel = channel

    def until(self, deadline: float) -> Iterator[Mapping[str, Any] | None]:
        """Yield messages as they come, and None whenever nothing has come for a while, until `deadline` (monotonic).

        A lost connection is mended on the way; what was published meanwhile is for the caller to look up.
        """
        while (remaining := deadline - time.monotonic()) > 0:
            try:
                with redis_errors_named():
                    heard = self._channel.get_message(timeout=min(LOOK_SECONDS, remaining))
            except RedisUnavailableError:
                time.sleep(min(LOOK_SECONDS, remaining))
                continue
            if heard is None:
                yield None
            elif heard["type"] == "message":
                try:
                    yield strict_json.decode_object(heard["data"])
                except strict_json.MalformedJsonError:
                    # Not of our making: anybody can publish there.
                    continue


@contextmanager
def responses_of(client: SyncRedis, sub: str) -> Iterator[Responses]:
    """Subscribe, and only then give way to whoever sends. Raises RedisUnavailableError."""
    channel = client.pubsub()
    try:
        with redis_errors_named():
            channel.subscribe(Keys(sub).responses)
            # The first answer confirms the subscription: what is published from here on is heard.
            channel.get_message(timeout=5)
        yield Responses(channel)
    finally:
        channel.close()
