"""A real `manage.py up` for tests: in a data directory and on a port of its own, with stores of its own."""

import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest

from runtime.launch import processes

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 60.0
PASSWORD = "correct-horse-battery"


def unavailable(what: str) -> None:
    """Skip the test for a reason that a user can do something about; in CI, where all is to be there, fail it."""
    if os.environ.get("CI", "").lower() == "true":
        pytest.fail(what)
    pytest.skip(what)


def chromium() -> str:
    """The browser's path; skips or fails the test where there is none."""
    path = Path("/usr/bin/chromium")
    if not path.exists():
        unavailable(f"needs Debian's Chromium at {path}: apt-get install chromium")
    return str(path)


def wait_until(condition: Callable[[], Any], patience: float = 15.0, what: str = "the condition") -> None:
    """Return as soon as it holds; fail when it does not within `patience` seconds."""
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not come true within {patience} s"
        time.sleep(0.02)


def a_free_port() -> int:
    """A port on loopback that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def own_stores() -> Iterator[dict[str, str]]:
    """The variables of an installation's own stores: embedded, or a new database on the served ones.

    Redis is shared: identities are random, so that no two installations meet there.
    """
    variables = {name: os.environ[name] for name in ("REDIS_URL",) if os.environ.get(name)}
    served = os.environ.get("DATABASE_URL", "")
    if not served.startswith("postgres"):
        yield variables
        return
    parts = urlsplit(served)
    name = f"livermore_up_{secrets.token_hex(6)}"
    _on_postgres(served, f"CREATE DATABASE {name}")
    try:
        yield variables | {"DATABASE_URL": urlunsplit(parts._replace(path=f"/{name}"))}
    finally:
        _on_postgres(served, f"DROP DATABASE {name} WITH (FORCE)")


def _on_postgres(url: str, statement: str) -> None:
    maintenance = urlunsplit(urlsplit(url)._replace(path="/postgres"))
    with psycopg.connect(maintenance, autocommit=True) as connection:
        connection.execute(statement.encode())


@dataclass
class RunningLivermore:
    """One `manage.py up` and what it takes to talk to it."""

    data_dir: Path
    port: int
    environment: Mapping[str, str]
    options: tuple[str, ...] = ()
    username: str = "admin"
    password: str = PASSWORD
    process: "subprocess.Popen[bytes] | None" = field(default=None, repr=False)

    @property
    def base_url(self) -> str:
        """Without a slash at its end."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def output(self) -> str:
        """All that it has printed so far."""
        path = self.data_dir / "up.output"
        return path.read_text() if path.exists() else ""

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def start(self) -> "RunningLivermore":
        """Start it and wait until it says that it is up; fails with its output where it does not."""
        before = self.output.count("Livermore is up")
        self.launch()
        wait_until(lambda: self.output.count("Livermore is up") > before or self.ended, START_SECONDS, "manage.py up")
        assert not self.ended, f"manage.py up ended:\n{self.output}\n{self.logs}"
        return self

    def launch(self) -> None:
        """Start it and return at once."""
        with (self.data_dir / "up.output").open("ab") as output:
            # Tied to this process, so that a suite that is killed leaves no product running.
            self.process = processes.spawn(
                [sys.executable, str(ROOT / "manage.py"), "up", "--port", str(self.port), *self.options],
                output=output,
                environment=self.environment,
            )

    @property
    def ended(self) -> bool:
        return self.process is None or self.process.poll() is not None

    @property
    def logs(self) -> str:
        """The ends of its programs' logs, for a failing test's message."""
        found = sorted((self.data_dir / "logs").glob("*.log"))
        return "\n".join(f"--- {path.name}\n{path.read_text(errors='replace')[-3000:]}" for path in found)

    def stop(self, patience: float = 40.0) -> int:
        """Stop it as Ctrl-C or a service manager would, and return its exit status."""
        assert self.process is not None
        self.process.terminate()
        return self.process.wait(patience)

    def manage(self, *arguments: str, timeout: float = 60.0) -> "subprocess.CompletedProcess[str]":
        """Run another `manage.py` command on the same installation."""
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            check=False,
            capture_output=True,
            text=True,
            cwd=ROOT,
            env=dict(self.environment),
            stdin=subprocess.DEVNULL,
            timeout=timeout,
        )

    def answers(self, path: str = "/healthz") -> int:
        """The HTTP status of a page; 0 where nobody answers."""
        try:
            with urllib.request.urlopen(self.base_url + path, timeout=5) as response:
                return int(response.status)
        except urllib.error.HTTPError as error:
            with error:
                return error.code
        except OSError:
            return 0


@contextmanager
def an_installation(*options: str, **variables: str) -> Iterator[RunningLivermore]:
    """An installation that is not started yet; afterwards nothing of it is left."""
    dropped = ("DATABASE_URL", "REDIS_URL", "DJANGO_", "LIVERMORE_")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
    with own_stores() as stores, tempfile.TemporaryDirectory(prefix="lv-", ignore_cleanup_errors=True) as place:
        own = {"LIVERMORE_DATA_DIR": place, "LIVERMORE_ADMIN_PASSWORD": PASSWORD, **stores}
        installation = RunningLivermore(Path(place), a_free_port(), environment | own | variables, options)
        try:
            yield installation
        finally:
            if not installation.ended and installation.process is not None:
                installation.process.terminate()
                try:
                    installation.process.wait(40)
                except subprocess.TimeoutExpired:
                    installation.process.kill()
                    installation.process.wait()
