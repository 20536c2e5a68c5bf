"""A database that the test can take away from the programs that use it, while they run."""

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit, urlunsplit

from django.db import connection

from tests.faults.desk import database_url
from tests.faults.proxy import Proxy
from tests.running import a_free_port

# Where and how many they are: https://www.sqlite.org/walformat.html, "WAL locks".
FIRST_LOCK = 120
LOCKS = 8


class TakenAway(Protocol):
    """`url` is for programs alone: the test itself keeps its own way to the database."""

    url: str

    def vanish(self) -> None:
        """Fail every use at once."""

    def hang(self) -> None:
        """Let every use wait without an answer."""

    def come_back(self) -> None: ...


class SqliteCopy:
    """A copy of the test's database: the original stays where it is."""

    def __init__(self, directory: Path) -> None:
        self._there = directory / "database"
        self._away = directory / "database-away"
        self._there.mkdir()
        self._path = self._there / "copy.sqlite3"
        self.url = f"sqlite:///{self._path}"
        with connection.cursor() as cursor:
            cursor.execute("VACUUM INTO %s", [str(self._path)])
        # A connection that stays: the file in which SQLite keeps its locks is there as long as one is open.
        self._open = sqlite3.connect(self._path, isolation_level=None)
        self._open.execute("PRAGMA journal_mode = WAL")
        self._open.execute("SELECT count(*) FROM sqlite_master").fetchone()
        self._locks = Path(f"{self._path}-shm").open("r+b")  # noqa: SIM115

    def vanish(self) -> None:
        os.rename(self._there, self._away)  # noqa: PTH104

    def hang(self) -> None:
        """Hold all of SQLite's locks, those of readers too, as soon as nobody else has one."""
        fcntl.lockf(self._locks, fcntl.LOCK_EX, LOCKS, FIRST_LOCK)

    def close(self) -> None:
        self.come_back()
        self._open.close()
        self._locks.close()

    def come_back(self) -> None:
        fcntl.lockf(self._locks, fcntl.LOCK_UN, LOCKS, FIRST_LOCK)
        if self._away.exists():
            os.rename(self._away, self._there)  # noqa: PTH104


class PostgresBehindProxy:
    """The test's database, over a wire that can be cut."""

    def __init__(self, proxy: Proxy, url: str) -> None:
        self._proxy = proxy
        self.url = url

    def vanish(self) -> None:
        self._proxy.cut()

    def hang(self) -> None:
        self._proxy.stall()

    def come_back(self) -> None:
        self._proxy.restore()


@contextmanager
def a_database_to_take_away(directory: Path) -> Iterator[TakenAway]:
    if connection.vendor == "sqlite":
        copy = SqliteCopy(directory)
        try:
            yield copy
        finally:
            copy.close()
        return
    parts = urlsplit(database_url())
    port = a_free_port()
    server = (parts.hostname or "127.0.0.1", parts.port or 5432)
    behind = parts._replace(netloc=parts.netloc.replace(f":{server[1]}", f":{port}"))
    with Proxy(("127.0.0.1", port), server) as proxy:
        yield PostgresBehindProxy(proxy, urlunsplit(behind))
