"""A crowd of clients in a process of its own, which notes when each of them has got what was sent.

`python -m tests.live_viewers.clients CROWD` (a Crowd as JSON). Prints `ready` when all have connected, and, when its
input is closed, a line of JSON: Heard. What is timed carries `sent:` and the monotonic clock's nanoseconds in it.
"""

import asyncio
import json
import re
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from tests.running import ROOT

SENT: Final = re.compile(rb"sent:(\d+)")
KNOCKING: Final = 50
"""So many connect at once."""
END_SECONDS: Final = 30.0


@dataclass(frozen=True)
class Crowd:
    """`readers` websockets at `url` that read and `silent` ones that never do, or else subscribers of Redis alone."""

    url: str
    readers: int
    cookie: str = ""
    silent: int = 0
    channel: str = ""
    """Of Redis, where `url` is its server's."""


@dataclass
class Heard:
    """What the readers got."""

    lasts_ms: list[float] = field(default_factory=list)
    """For each thing that was sent and that all got, how long it took to the last of them; in order."""
    incomplete: int = 0
    """How many things not all of them got."""
    p50_ms: float = 0.0
    p95_ms: float = 0.0
    """Of all that each of them got."""
    closed: int = 0
    """How many readers lost their connection."""


def moment() -> str:
    """Return the text that makes a message one that is timed."""
    return f"sent:{time.monotonic_ns()}"


class Listening:
    """A crowd that was started and is connected."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        self.heard = Heard()

    def end(self) -> Heard:
        """Let them go, and return what they got."""
        if self._process.poll() is None:
            told, _ = self._process.communicate(timeout=END_SECONDS)
            self.heard = Heard(**json.loads(told.splitlines()[-1]))
        return self.heard


@contextmanager
def listening(crowd: Crowd) -> Iterator[Listening]:
    """Connect a crowd; afterwards none of it is left."""
    command = [sys.executable, "-m", "tests.live_viewers.clients", json.dumps(asdict(crowd))]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n", "the crowd could not connect"
        yield Listening(process)
    finally:
        process.kill()
        # Also those pipes that a test which failed left open.
        process.communicate()


class _Notes:
    """When what was sent arrived, by when it was sent: nanoseconds."""

    def __init__(self) -> None:
        self.arrivals: dict[int, list[int]] = {}
        self.closed = 0
        self.since = 0
        """What was sent before is not timed: it was said again to those who came."""

    def note(self, data: bytes, seen: set[int]) -> None:
        now = time.monotonic_ns()
        for found in SENT.findall(data):
            sent = int(found)
            # A status is said again now and then.
            if sent not in seen and sent > self.since > 0:
                seen.add(sent)
                self.arrivals.setdefault(sent, []).append(now)

    def heard(self, readers: int) -> Heard:
        whole = {sent: times for sent, times in self.arrivals.items() if len(times) >= readers - self.closed}
        every = sorted((at - sent) / 1e6 for sent, times in self.arrivals.items() for at in times)
        lasts = [(max(times) - sent) / 1e6 for sent, times in sorted(whole.items())]
        cuts = statistics.quantiles(every, n=20) if len(every) > 1 else [0.0] * 19
        return Heard(lasts, len(self.arrivals) - len(whole), cuts[9], cuts[18], self.closed)


async def _read(crowd: Crowd, notes: _Notes, turn: asyncio.Semaphore, connected: "asyncio.Queue[None]") -> None:
    seen: set[int] = set()
    headers = {"Cookie": crowd.cookie}
    async with turn:
        opening = connect(crowd.url, additional_headers=headers, origin=_origin(crowd.url), compression=None)
        client = await opening
        await client.recv()
    connected.put_nowait(None)
    try:
        async for text in client:
            notes.note(text.encode() if isinstance(text, str) else text, seen)
    except ConnectionClosed:
        pass
    notes.closed += 1


class _Subscriber(asyncio.Protocol):
    def __init__(self, channel: str, notes: _Notes, connected: "asyncio.Queue[None]") -> None:
        self._channel = channel
        self._notes = notes
        self._connected = connected
        self._seen: set[int] = set()
        self._greeted = False

    def connection_made(self, transport: Any) -> None:
        transport.write(f"SUBSCRIBE {self._channel}\r\n".encode())

    def data_received(self, data: bytes) -> None:
        if not self._greeted:
            self._greeted = True
            self._connected.put_nowait(None)
        self._notes.note(data, self._seen)


async def _subscribe(crowd: Crowd, notes: _Notes, turn: asyncio.Semaphore, connected: "asyncio.Queue[None]") -> None:
    loop = asyncio.get_running_loop()
    place = urlsplit(crowd.url)

    def subscriber() -> _Subscriber:
        return _Subscriber(crowd.channel, notes, connected)

    async with turn:
        if place.scheme == "unix":
            await loop.create_unix_connection(subscriber, place.path)
        else:
            await loop.create_connection(subscriber, place.hostname or "localhost", place.port or 6379)
    await loop.create_future()


def _be_silent(crowd: Crowd) -> socket.socket:
    """Shake hands and read no more than that."""
    place = urlsplit(crowd.url)
    client = socket.socket()
    # As little as possible is to fit into what the kernel keeps.
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    client.connect((place.hostname, place.port))
    client.sendall(
        f"GET {place.path} HTTP/1.1\r\nHost: {place.netloc}\r\nOrigin: {_origin(crowd.url)}\r\n"
        f"Cookie: {crowd.cookie}\r\n"
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n".encode()
    )
    answer = client.recv(16)
    assert b" 101 " in answer, answer
    return client


def _origin(url: str) -> Any:
    return f"http://{urlsplit(url).netloc}"


async def _main(crowd: Crowd) -> None:
    notes, turn = _Notes(), asyncio.Semaphore(KNOCKING)
    connected: asyncio.Queue[None] = asyncio.Queue()
    listen = _subscribe if crowd.channel else _read
    tasks = [asyncio.create_task(listen(crowd, notes, turn, connected)) for _ in range(crowd.readers)]
    failed = asyncio.gather(*tasks)
    for _ in range(crowd.readers):
        waiting = asyncio.ensure_future(connected.get())
        await asyncio.wait((waiting, failed), return_when=asyncio.FIRST_COMPLETED)
        if failed.done():
            failed.result()
    silent = [await asyncio.to_thread(_be_silent, crowd) for _ in range(crowd.silent)]
    notes.since = time.monotonic_ns()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.read)
    sys.stdout.write(json.dumps(asdict(notes.heard(crowd.readers))) + "\n")
    sys.stdout.flush()
    for client in silent:
        client.close()
    failed.cancel()
    await asyncio.gather(failed, return_exceptions=True)


if __name__ == "__main__":
    asyncio.run(_main(Crowd(**json.loads(sys.argv[1]))))
