"""A Redis server that one test may kill, stop and start again."""

import signal
import subprocess
import time
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError

from runtime.launch import processes, valkey


class OwnRedis:
    """Listens on a socket in `directory`."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._socket = directory / "redis.sock"
        self.url = f"unix://{self._socket}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = processes.spawn(valkey.server_command(self._directory, self._socket))
        deadline = time.monotonic() + 10
        with Redis.from_url(self.url) as client:
            while True:
                try:
                    client.ping()
                except (RedisError, OSError):
                    assert time.monotonic() < deadline, "the server did not start"
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
