"""The Redis server that tests and benchmarks run on."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from runtime.bus.connections import RedisUnavailableError
from runtime.bus.probe import ping
from runtime.launch import processes, valkey


@contextmanager
def a_redis_server() -> Iterator[str]:
    """Give the URL of the server that REDIS_URL names, else of an embedded Valkey that runs for as long as this."""
    url: str = settings.REDIS_URL
    if not settings.REDIS_IS_EMBEDDED:
        ping(url)
        yield url
        return
    process = processes.spawn(valkey.server_command(settings.DATA_DIR, Path(url.removeprefix("unix://"))))
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
                text = f"the embedded Valkey server does not answer ({process.returncode}): {error}"
                raise RuntimeError(text) from error
            time.sleep(0.01)
