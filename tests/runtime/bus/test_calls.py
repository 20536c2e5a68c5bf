"""Requests as data: the same for synchronous and asynchronous callers, whatever the server remembers."""

import pytest

from runtime.bus.calls import Call, arun, arun_all, run, script_call
from runtime.bus.commands import server_time
from runtime.bus.connections import AsyncRedis, RedisUnavailableError, connect, connect_async
from runtime.bus.keys import Keys

pytestmark = pytest.mark.stores

NOBODY = "redis://127.0.0.1:1"


def a_script_call(sub: str) -> Call[int]:
    return script_call("release", (Keys(sub).lease, Keys(sub).fence), ("1",), int)


async def test_scripts_run_though_the_server_has_never_seen_them(
    own_redis: AsyncRedis, own_server: str, sub: str
) -> None:
    await own_redis.script_flush()
    with connect(own_server) as client:
        assert run(client, a_script_call(sub)) == 0
    await own_redis.script_flush()
    assert await arun(own_redis, a_script_call(sub)) == 0
    await own_redis.script_flush()
    assert await arun_all(own_redis, [a_script_call(sub)] * 3) == [0, 0, 0]


async def test_many_calls_are_answered_in_their_order(redis: AsyncRedis, sub: str) -> None:
    calls = [Call(("INCR", f"test:{sub}"), int) for _ in range(5)]
    assert await arun_all(redis, calls) == [1, 2, 3, 4, 5]
    assert await arun_all(redis, []) == []
    await redis.delete(f"test:{sub}")


async def test_one_call_that_fails_among_many_is_raised(redis: AsyncRedis, sub: str) -> None:
    await redis.set(f"test:{sub}", "text")
    with pytest.raises(RedisUnavailableError, match="not an integer"):
        await arun_all(redis, [server_time(), Call(("INCR", f"test:{sub}"), int)])
    await redis.delete(f"test:{sub}")


async def test_a_server_that_is_not_there_is_one_error_that_says_what_to_do() -> None:
    with connect(NOBODY) as client, pytest.raises(RedisUnavailableError, match=r"check REDIS_URL|start manage\.py up"):
        run(client, server_time())
    client = connect_async(NOBODY)
    try:
        with pytest.raises(RedisUnavailableError):
            await arun(client, server_time())
        with pytest.raises(RedisUnavailableError):
            await arun_all(client, [server_time()])
    finally:
        await client.aclose()
