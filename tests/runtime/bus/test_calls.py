"""Requests as data: the same for synchronous and asynchronous callers, whatever the server remembers."""

import asyncio

import pytest

from runtime.bus.calls import Call, arun, arun_all, run, run_all, script_call
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
        client.script_flush()
        assert run_all(client, [a_script_call(sub)] * 3) == [0, 0, 0]
    await own_redis.script_flush()
    assert await arun(own_redis, a_script_call(sub)) == 0
    await own_redis.script_flush()
    assert await arun_all(own_redis, [a_script_call(sub)] * 3) == [0, 0, 0]


async def test_many_calls_are_answered_in_their_order(redis: AsyncRedis, redis_server: str, sub: str) -> None:
    calls = [Call(("INCR", f"test:{sub}"), int) for _ in range(5)]
    assert await arun_all(redis, calls) == [1, 2, 3, 4, 5]
    assert await arun_all(redis, []) == []
    with connect(redis_server) as client:
        assert run_all(client, calls) == [6, 7, 8, 9, 10]
        assert run_all(client, []) == []
    await redis.delete(f"test:{sub}")


async def test_one_call_that_fails_among_many_is_raised(redis: AsyncRedis, redis_server: str, sub: str) -> None:
    await redis.set(f"test:{sub}", "text")
    calls = [server_time(), Call(("INCR", f"test:{sub}"), int)]
    with pytest.raises(RedisUnavailableError, match="not an integer"):
        await arun_all(redis, calls)
    with connect(redis_server) as client, pytest.raises(RedisUnavailableError, match="not an integer"):
        run_all(client, calls)
    await redis.delete(f"test:{sub}")


async def test_a_server_that_is_not_there_is_one_error_that_says_what_to_do() -> None:
    with connect(NOBODY) as client, pytest.raises(RedisUnavailableError, match=r"check REDIS_URL|start manage\.py up"):
        run(client, server_time())
    with connect(NOBODY) as client, pytest.raises(RedisUnavailableError):
        run_all(client, [server_time()])
    client = connect_async(NOBODY)
    try:
        with pytest.raises(RedisUnavailableError):
            await arun(client, server_time())
        with pytest.raises(RedisUnavailableError):
            await arun_all(client, [server_time()])
    finally:
        await client.aclose()


async def test_a_cancelled_task_ends_in_whatever_moment_of_a_request_it_is_cancelled(redis: AsyncRedis) -> None:
    async def ask() -> None:
        await arun(redis, server_time())

    await ask()
    ended = []
    for moments in range(12):
        for _ in range(10):
            task = asyncio.create_task(ask())
            for _ in range(moments):
                await asyncio.sleep(0)
            if task.cancel():
                await asyncio.wait([task])
                ended.append(task.cancelled())
    # How many came too late depends on the server's speed; the first moments never do.
    assert len(ended) >= 10
    assert all(ended)


async def test_what_is_asked_while_cleaning_up_after_a_cancellation_is_answered(redis: AsyncRedis) -> None:
    async def clean_up() -> int:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            return await arun(redis, server_time())
        return 0

    task = asyncio.create_task(clean_up())
    await asyncio.sleep(0)
    task.cancel()
    assert await task > 0
