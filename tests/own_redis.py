"""A Redis server that one test may kill, freeze, empty and start again.

It is of the kind that the run is about: with REDIS_URL set, Debian's Redis, else the embedded Valkey. The server that
REDIS_URL names is other tests' too, so it is never touched.
"""

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError

from runtime.launch import processes, valkey
from tests.running import unavailable


class OwnRedis:
    """Listens on a socket in `directory`."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self.socket = directory / "redis.sock"
        self.url = f"unix://{self.socket}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = processes.spawn(_server_command(self._directory, self.socket))
        deadline = time.monotonic() + 10
        with Redis.from_url(self.url) as client:
            while True:
                try:
                    client.ping()
                except (RedisError, OSError):
                    assert time.monotonic() < deadline, "the server did not start"
                    time.sleep(0.01)
                else:
                    return

    def kill(self) -> None:
        if self._process is not None:
            processes.end_group(self._process)
            self._process.wait()
            self._process = None

    def freeze(self) -> None:
        assert self._process is not None
        processes.end_group(self._process, signal.SIGSTOP)

    def thaw(self) -> None:
        assert self._process is not None
        processes.end_group(self._process, signal.SIGCONT)

    def forget(self) -> None:
        """Throw away what it kept; it has to be dead."""
        for file in self._directory.rglob("appendonlydir/*"):
            file.unlink()


def _server_command(directory: Path, socket: Path) -> list[str]:
    if not os.environ.get("REDIS_URL"):
        return valkey.server_command(directory, socket)
    binary = shutil.which("redis-server")
    if binary is None:
        unavailable("needs Debian's Redis server: apt-get install redis-server")
    return [
        str(binary),
        *("--port", "0", "--unixsocket", str(socket), "--unixsocketperm", "700"),
        *("--dir", str(directory), "--save", "", "--appendonly", "yes", "--appendfsync", "everysec"),
        *("--loglevel", "warning", "--daemonize", "no"),
    ]
