"""What is too large is refused at once and kept nowhere: by the application, and by the server before it."""

import http.client
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from runtime.launch import processes
from runtime.live.body_limit import MOST_BYTES, BodyLimit
from tests.running import ROOT, a_free_port, wait_until

FIFTY_MEGABYTES = 50_000_000
A_MILLION_ROWS = 1_000_000
IMPORT = "/api/v1/symbols/import"
PART = b"BTC-USD\n" * 8_192


async def answered(parts: list[bytes], length: int | None = None) -> tuple[int, bytes, int]:
    """Return the status and the body that an echoing application answers behind the limit, and how much was read."""
    waiting = [
        {"type": "http.request", "body": part, "more_body": place < len(parts)} for place, part in enumerate(parts, 1)
    ]
    sent: list[Any] = []
    read = 0

    async def receive() -> Any:
        nonlocal read
        message = waiting.pop(0)
        read += len(message["body"])  # type: ignore[arg-type]
        return message

    async def send(message: Any) -> None:
        sent.append(message)

    async def echo(scope: Any, receive: Any, send: Any) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message["body"], message["more_body"]
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": body})

    headers = [] if length is None else [(b"content-length", str(length).encode())]
    await BodyLimit(echo)({"type": "http", "headers": headers}, receive, send)
    return sent[0]["status"], sent[1]["body"], read


async def test_a_body_within_the_limit_comes_to_the_application_as_it_was() -> None:
    assert await answered([b""]) == (200, b"", 0)
    assert await answered([b"ab", b"", b"c"], 3) == (200, b"abc", 3)
    status, body, _ = await answered([b"x" * 1024**2] * 4)
    assert (status, len(body)) == (200, MOST_BYTES)


async def test_a_body_that_says_how_large_it_is_is_not_read() -> None:
    status, body, read = await answered([b"x"], MOST_BYTES + 1)
    assert (status, json.loads(body)["error"], read) == (413, "too_large", 0)


async def test_a_body_that_does_not_say_is_read_as_far_as_the_limit() -> None:
    status, _, read = await answered([b"x" * 1024**2] * 50)
    assert (status, read) == (413, MOST_BYTES + 1024**2)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, int]]:
    """The port and the process number of the product's web server, without any stores behind it."""
    port = a_free_port()
    dropped = ("DATABASE_URL", "REDIS_URL", "DJANGO_", "LIVERMORE_")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
    environment |= {"LIVERMORE_DATA_DIR": str(tmp_path_factory.mktemp("data")), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "runtime.live.web_server", "-b", "127.0.0.1", "-p", str(port), "-v", "0"]
    process = subprocess.Popen([*command, "livermore.asgi:application"], env=environment, cwd=ROOT)
    try:
        wait_until(lambda: _status(port, b"BTC-USD\n")[0] == 403, 60, "the web server")
        yield port, process.pid
    finally:
        processes.stop(process, 20)


def _status(port: int, body: Any, **headers: str) -> tuple[int, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        # Without a cookie: the application refuses it before it needs its stores.
        told = {"Content-Type": "text/csv"} | headers
        connection.request("POST", IMPORT, body, told, encode_chunked="Transfer-Encoding" in headers)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    except OSError:
        return 0, None
    finally:
        connection.close()


def _peak_kilobytes(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


def _seconds_worked(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _parts(size: int) -> Iterator[bytes]:
    for _ in range(size // len(PART) + 1):
        yield PART


@pytest.mark.parametrize("chunked", [False, True], ids=["with its length", "in chunks"])
@pytest.mark.parametrize("size", [FIFTY_MEGABYTES, A_MILLION_ROWS * 8], ids=["50 MB", "a million rows"])
def test_the_server_refuses_what_is_too_large_within_two_seconds_and_keeps_nothing_of_it(
    server: tuple[int, int], size: int, chunked: bool
) -> None:
    port, pid = server
    # The server's own time: on a machine that does other things as well, the clock says little about it.
    before, begun = _peak_kilobytes(pid), _seconds_worked(pid)
    told = {"Transfer-Encoding": "chunked"} if chunked else {}
    status, body = _status(port, _parts(size) if chunked else b"".join(_parts(size)), **told)
    assert (status, body["error"]) == (413, "too_large")
    assert _seconds_worked(pid) - begun < 2
    assert _peak_kilobytes(pid) - before < 10_000
    assert _status(port, b"BTC-USD\n")[0] == 403


def test_who_asks_first_is_refused_before_sending_anything(server: tuple[int, int]) -> None:
    with socket.create_connection(("127.0.0.1", server[0]), timeout=20) as client:
        head = f"POST {IMPORT} HTTP/1.1\r\nHost: x\r\nContent-Length: {FIFTY_MEGABYTES}\r\nExpect: 100-continue\r\n\r\n"
        client.sendall(head.encode())
        answer = b"".join(iter(lambda: client.recv(65_536), b""))
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"100 Continue" not in answer


def test_who_never_stops_sending_is_cut_off(server: tuple[int, int]) -> None:
    status, _ = _status(server[0], _parts(200_000_000), **{"Transfer-Encoding": "chunked"})
    assert status in {0, 413}
    assert _status(server[0], b"BTC-USD\n")[0] == 403
