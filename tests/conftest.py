"""What all tests share: a Redis server for the session, an identity that belongs to the test alone, a free port."""

import subprocess
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
from django.conf import settings

from runtime.bus.connections import RedisUnavailableError
from runtime.bus.probe import ping
from runtime.launch import processes, valkey
from tests.running import RunningLivermore, a_free_port, an_installation

# A busy machine is not a wrong program: no deadlines. `python -m tests.long` uses the long profile.
hypothesis.settings.register_profile("default", deadline=None)
hypothesis.settings.register_profile("long", deadline=None, max_examples=1_000)
hypothesis.settings.load_profile("default")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--only-properties", action="store_true", help="run only the tests that use hypothesis")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--only-properties"):
        return
    chosen = [item for item in items if hypothesis.is_hypothesis_test(getattr(item, "obj", None))]
    config.hook.pytest_deselected(items=[item for item in items if item not in chosen])
    items[:] = chosen


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
    return a_free_port()


@pytest.fixture(scope="module")
def livermore_up() -> Iterator[RunningLivermore]:
    """A whole product, started by `manage.py up` in a data directory of its own; for all tests of a module."""
    with an_installation() as installation:
        yield installation.start()
