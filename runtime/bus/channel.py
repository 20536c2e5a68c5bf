"""The channel as a way in: what is published on it is copied into the stream, once by its id."""

import asyncio
import logging

from runtime.bus import keys as names
from runtime.bus.calls import arun
from runtime.bus.commands import submit
from runtime.bus.connections import AsyncRedis, RedisUnavailableError, redis_errors_named
from runtime.protocol.commands import UnreadableMessageError, UnusableMessageError, message_id
from runtime.protocol.payloads import CommandName

log = logging.getLogger(__name__)

RETRY_SECONDS = 0.5


async def copy_channel_to_stream(redis: AsyncRedis, sub: str, listening: asyncio.Event | None = None) -> None:
    """Run until cancelled; reconnects by itself. `listening` is set once the first subscription holds.

    Every engine of an identity runs this, standbys too: whichever hears a message first makes the one entry.
    """
    while True:
        try:
            with redis_errors_named():
                async with redis.pubsub(ignore_subscribe_messages=False) as channel:
                    with redis_errors_named():
                        await channel.subscribe(names.Keys(sub).commands)
                    while True:
                        heard = await channel.get_message(timeout=1.0)
                        if heard is None:
                            continue
                        if heard["type"] == "subscribe" and listening is not None:
                            listening.set()
                        if heard["type"] == "message":
                            await _copy(redis, sub, heard["data"])
        except RedisUnavailableError as error:
            log.warning("commands published on the channel can't be heard: %s", error)
            await asyncio.sleep(RETRY_SECONDS)


async def _copy(redis: AsyncRedis, sub: str, raw: bytes) -> None:
    try:
        command_id, message = message_id(raw)
        is_pause = message.get("command") == CommandName.PAUSE
    except UnreadableMessageError as error:
        # The leader refuses it, with the reason.
        command_id, is_pause = error.command_id, False
    except UnusableMessageError as error:
        with redis_errors_named():
            await redis.incr(names.Keys(sub).dropped)
        log.warning("dropped a message from the channel: %s", error)
        return
    await arun(redis, submit(sub, command_id, raw.decode(), is_pause=is_pause, from_channel=True))
