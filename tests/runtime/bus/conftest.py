"""A Redis connection and a leader for each test; and a server of its own for tests that empty it."""

import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from runtime.bus.connections import AsyncRedis, RedisUnavailableError, connect_async
from runtime.bus.probe import ping
from runtime.launch import processes, valkey
from tests.runtime.bus.leading import Leader, a_leader


@pytest.fixture
async def redis(redis_server: str) -> AsyncIterator[AsyncRedis]:
    client = connect_async(redis_server)
    try:
        yield client
    finally:
        await client.aclose()


@pytest.fixture
async def leader(redis: AsyncRedis, sub: str) -> Leader:
    return await a_leader(redis, sub)


@pytest.fixture(scope="module")
def own_server() -> Iterator[str]:
    """A Valkey server that no other test uses: it may be emptied."""
    with tempfile.TemporaryDirectory(prefix="lv-") as place:
        socket = Path(place) / "own.sock"
        process = processes.spawn(valkey.server_command(Path(place), socket))
        url = f"unix://{socket}"
        try:
            deadline = time.monotonic() + 10
            while True:
                try:
                    ping(url)
                    break
                except RedisUnavailableError:
                    assert time.monotonic() < deadline
                    time.sleep(0.01)
            yield url
        finally:
            processes.stop(process, patience=5)


@pytest.fixture
async def own_redis(own_server: str) -> AsyncIterator[AsyncRedis]:
    client = connect_async(own_server)
    try:
        await client.flushall()
        yield client
    finally:
        await client.aclose()
