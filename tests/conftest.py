"""What all tests share: a Redis server for the session, an identity that belongs to the test alone, a free port."""

import socket
import subprocess
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from runtime.bus.connections import RedisUnavailableError
from runtime.bus.probe import ping
from runtime.launch import processes, valkey


@pytest.fixture(scope="session")
def redis_server() -> Iterator[str]:
    """A Redis server's URL: the one that REDIS_URL names, else an embedded Valkey of this session's own."""
    url: str = settings.REDIS_URL
    if not settings.REDIS_IS_EMBEDDED:
        ping(url)
        yield url
        return
    command = valkey.server_command(settings.DATA_DIR, Path(url.removeprefix("unix://")))
    process = processes.spawn(command)
    try:
        _wait_until_answering(url, process)
        yield url
    finally:
        processes.stop(process, patience=5)


def _wait_until_answering(url: str, process: "subprocess.Popen[bytes]", patience: float = 10) -> None:
    deadline = time.monotonic() + patience
    while True:
        try:
            return ping(url)
        except RedisUnavailableError as error:
            if process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"the embedded Valkey server does not answer ({process.returncode}): {error}")
            time.sleep(0.01)


@pytest.fixture(autouse=True)
def _stores(request: pytest.FixtureRequest) -> None:
    # Sessions, throttles and the channel layer reach for Redis without asking for a fixture.
    if request.node.get_closest_marker("stores"):
        request.getfixturevalue("redis_server")


@pytest.fixture
def sub() -> str:
    """An identity's name that no other test uses: its keys are this test's alone."""
    return str(uuid.uuid4())


@pytest.fixture
def free_port() -> int:
    """A port on loopback that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
