"""An identity on stores that may be broken, and engines that may be killed: what every fault test starts from."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from django.db import connection
from redis import Redis

from runtime import services
from runtime.bus.calls import run
from runtime.bus.commands import record
from runtime.bus.keys import GROUP, Keys
from runtime.launch import processes
from runtime.launch.installation import Installation
from runtime.protocol.records import CommandRecord
from runtime.services import Order
from settingsapp import audit
from settingsapp.models import UserSettings
from tests.own_redis import OwnRedis
from tests.running import ROOT, a_free_port, wait_until

LONG_ENOUGH_MS = 20 * 60_000
"""A deadline for commands that are to outlive many restarts."""
START_SECONDS = 30.0


def database_url() -> str:
    """The address of the test's own database, for programs."""
    found = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{Path(found['NAME']).resolve()}"
    secret = f":{found['PASSWORD']}" if found["PASSWORD"] else ""
    return f"postgres://{found['USER']}{secret}@{found['HOST']}:{found['PORT'] or 5432}/{found['NAME']}"


@dataclass
class Engine:
    """One `manage.py runengine`."""

    sub: str
    environment: Mapping[str, str]
    log: Path
    process: "subprocess.Popen[bytes]" = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.start()

    def start(self) -> None:
        """Start it (again) and return at once."""
        with self.log.open("ab") as output:
            self.process = processes.spawn(
                [sys.executable, str(ROOT / "manage.py"), "runengine", "--sub", self.sub],
                output=output,
                environment=self.environment,
            )

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def lives(self) -> bool:
        return self.process.poll() is None

    @property
    def resident_bytes(self) -> int:
        """Its memory, as the kernel counts it."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")

    def kill(self) -> None:
        """`kill -9`."""
        processes.end_group(self.process)
        self.process.wait()

    def freeze(self) -> None:
        processes.end_group(self.process, signal.SIGSTOP)

    def thaw(self) -> None:
        processes.end_group(self.process, signal.SIGCONT)


class Heard:
    """Every message of an identity's channels of one kind, from entering on; it may be left and entered once."""

    def __init__(self, url: str, channel: str) -> None:
        self.messages: list[dict[str, Any]] = []
        self._client = Redis.from_url(url)
        self._channel = channel
        self._subscribed = threading.Event()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._listen, daemon=True)

    def __enter__(self) -> "Heard":
        self._thread.start()
        assert self._subscribed.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._thread.join(10)
        self._client.close()

    def _listen(self) -> None:
        with self._client.pubsub() as pubsub:
            pubsub.subscribe(self._channel)
            while not self._stopped.is_set():
                heard = pubsub.get_message(timeout=0.2)
                if heard is None:
                    continue
                if heard["type"] == "subscribe":
                    self._subscribed.set()
                elif heard["type"] == "message":
                    self.messages.append(json.loads(heard["data"]))


@dataclass
class Desk:
    """One identity, its own Redis, the test's database, and the engines that were started for it."""

    sub: str
    server: OwnRedis
    directory: Path
    engines: list[Engine] = field(default_factory=list)
    others: "list[subprocess.Popen[bytes]]" = field(default_factory=list)

    def __post_init__(self) -> None:
        self.redis = Redis.from_url(self.server.url)
        self.keys = Keys(self.sub)

    # -- programs --------------------------------------------------------------------------------------------------

    def environment(self, **variables: str) -> dict[str, str]:
        """What a program of this desk is started with."""
        dropped = ("DATABASE_URL", "REDIS_URL", "DJANGO_", "LIVERMORE_")
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
        return inherited | {
            "DATABASE_URL": database_url(),
            "REDIS_URL": self.server.url,
            "LIVERMORE_DATA_DIR": str(self.directory),
            "DJANGO_SECRET_KEY": "of-these-tests-alone-" * 3,
            "PYTHONUNBUFFERED": "1",
            **variables,
        }

    def engine(self, slot: str = "desk", **variables: str) -> Engine:
        """Start an engine and return at once. Those of one slot take over from each other at once."""
        log = self.directory / f"engine-{len(self.engines)}.log"
        started = Engine(self.sub, self.environment(LIVERMORE_ENGINE_SLOT=slot, **variables), log)
        self.engines.append(started)
        return started

    def web(self, **variables: str) -> str:
        """Start a web server as `manage.py up` does, and wait until it answers; returns its address."""
        environment = self.environment(**variables)
        port = a_free_port()
        program = Installation(ROOT, self.directory, self.server.url, environment).web("127.0.0.1", port, "localhost")
        log = (self.directory / "web.log").open("ab")
        with log:
            process = processes.spawn(program.command, output=log, environment=program.environment)
        self.others.append(process)
        begun = time.monotonic()
        self.wait_until(lambda: program.is_ready(time.monotonic() - begun), START_SECONDS, "a web server")
        return f"http://127.0.0.1:{port}"

    def manage(self, *arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
        """Run a `manage.py` command to its end."""
        return subprocess.run(
            [sys.executable, str(ROOT / "manage.py"), *arguments],
            check=False,
            capture_output=True,
            text=True,
            env=self.environment(**variables),
            stdin=subprocess.DEVNULL,
            timeout=60,
        )

    def leading_engine(self, slot: str = "desk", **variables: str) -> Engine:
        """Start an engine and wait until it has loaded its symbols."""
        started = self.engine(slot, **variables)
        self.wait_until_ready()
        return started

    def wait_until_ready(self) -> None:
        """Wait until the engine that leads does what it is there for."""

        def ready() -> bool:
            leader, status = self.leader(), self.status()
            states = ("running", "paused")
            return bool(leader) and status.get("engine", {}).get("id") == leader and status["state"] in states

        self.wait_until(ready, START_SECONDS, "an engine that leads and is ready")

    def wait_until(self, condition: Any, patience: float, what: str) -> None:
        """As tests.running.wait_until, with the engines' last words."""
        try:
            wait_until(condition, patience, what)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.logs}") from None

    @property
    def logs(self) -> str:
        found = sorted(self.directory.glob("*.log"))
        return "\n".join(f"--- {log.name}\n{log.read_text(errors='replace')[-3000:]}" for log in found)

    def close(self) -> None:
        for engine in self.engines:
            engine.kill()
        for process in self.others:
            processes.end_group(process)
            process.wait()
        self.redis.close()

    # -- what is to be seen in Redis -------------------------------------------------------------------------------

    def leader(self) -> str:
        """The id of the engine that holds the lease, empty without one."""
        return cast("bytes", self.redis.hget(self.keys.lease, "engine") or b"").decode()

    def status(self) -> dict[str, Any]:
        """The last status, empty where there is none."""
        raw = cast("bytes | None", self.redis.get(self.keys.status))
        return json.loads(raw) if raw else {}

    def intent(self) -> dict[str, str]:
        found = cast("dict[bytes, bytes]", self.redis.hgetall(self.keys.intent))
        return {name.decode(): value.decode() for name, value in found.items()}

    def queue_length(self) -> int:
        return int(self.redis.xlen(self.keys.commands))

    def pending(self) -> int:
        """How many entries the group has taken and not ended."""
        return int(cast("dict[str, int]", self.redis.xpending(self.keys.commands, GROUP))["pending"])

    def record(self, command_id: str) -> CommandRecord | None:
        return run(self.redis, record(self.sub, command_id))

    def events(self) -> list[dict[str, Any]]:
        """All events, oldest first."""
        entries = cast("list[tuple[bytes, dict[bytes, bytes]]]", self.redis.xrange(self.keys.events))
        return [json.loads(fields[b"message"]) for _, fields in entries]

    def hearing_responses(self) -> Heard:
        return Heard(self.server.url, self.keys.responses)

    def hearing_statuses(self) -> Heard:
        return Heard(self.server.url, self.keys.status)

    # -- sending and judging ---------------------------------------------------------------------------------------

    def send(self, command: str, payload: Mapping[str, Any] | None = None, **more: Any) -> str:
        """Send a command as our own clients do; returns its id."""
        return services.send(self.sub, Order(command, payload, **more), source="test", issued_by="ada").id

    def ask(
        self, command: str, payload: Mapping[str, Any] | None = None, seconds: float = 30.0, **more: Any
    ) -> Mapping[str, Any]:
        """Send a command and return its result."""
        order = Order(command, payload, **more)
        _, result = services.send_and_wait(self.sub, order, source="test", issued_by="ada", seconds=seconds)
        assert result is not None, f"{command} had no result within {seconds} s\n{self.logs}"
        return result

    def wait_until_drained(self, patience: float) -> None:
        """Wait until no command is left in the queue."""
        self.wait_until(lambda: self.queue_length() == 0, patience, "an empty queue")

    def assert_each_ended_once(self, ids: Sequence[str], heard: Heard | None = None) -> dict[str, dict[str, Any]]:
        """Assert that each command has one result in its record, among the events and on the channel; return them."""
        records = {command_id: self.record(command_id) for command_id in ids}
        without = [c for c, found in records.items() if found is None or found.result is None]
        assert without == [], f"{len(without)} of {len(ids)} have no result\n{self.logs}"
        if heard is not None:
            # Who listens may hear of a result later than who reads its record.
            self.wait_until(lambda: set(ids) <= _results(heard.messages).keys(), 10.0, "every result on the channel")
        places = {"events": self.events()} | ({"responses": heard.messages} if heard else {})
        for place, messages in places.items():
            results = _results(messages)
            wrong = {c: results[c] for c in ids if results[c] != 1}
            assert wrong == {}, f"not one result each among the {place}: {wrong}"
        assert self.queue_length() == 0
        assert self.pending() == 0
        return {c: dict(cast("CommandRecord", found).result or {}) for c, found in records.items()}

    # -- what is to be seen in the database ------------------------------------------------------------------------

    def saved(self) -> UserSettings:
        return UserSettings.objects.select_related("identity").get(identity__sub=self.sub)

    def versions_by_command(self) -> Counter[str]:
        """How many versions each command has made."""
        row = self.saved()
        logged = audit.entries(row, range(1, row.version + 1))
        assert len(logged) == row.version
        assert all(entry.link is not None for entry in logged.values())
        return Counter(e.link.command_id for e in logged.values() if e.link is not None and e.link.command_id)


@contextmanager
def services_on(url: str, settings: Any) -> Iterator[None]:
    """Let this process's own clients use another Redis server meanwhile. `settings`: pytest-django's."""
    from runtime.bus import connections, waiting

    def forget() -> None:
        if waiting.listener.cache_info().currsize:
            waiting.listener().close()
        if connections.client.cache_info().currsize:
            connections.client().close()
        waiting.listener.cache_clear()
        connections.client.cache_clear()

    forget()
    settings.REDIS_URL = url
    try:
        yield
    finally:
        forget()


def _results(messages: Sequence[Mapping[str, Any]]) -> Counter[str]:
    """Count the results among messages, by the command's id."""
    return Counter(message["commandId"] for message in messages if message["type"] == "result")
