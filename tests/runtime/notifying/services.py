"""Services on this machine, in the place of those on the internet: one that speaks https, one that takes mail."""

import asyncio
import datetime
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from runtime.notifying.guard import Edge

PUBLIC = "1.1.1.1"


@dataclass(frozen=True)
class Certificate:
    """A certificate that signs itself."""

    file: Path
    key: Path

    @classmethod
    def of(cls, directory: Path, *names: str) -> "Certificate":
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
        now = datetime.datetime.now(datetime.UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(1)
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(one) for one in names]), critical=False)
            .sign(key, hashes.SHA256())
        )
        found = cls(directory / "certificate.pem", directory / "key.pem")
        found.file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        found.key.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        return found


@dataclass
class Answered:
    """One answer of the service. `hold`: it is given once that is set."""

    status: int = 204
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    hold: threading.Event | None = None


@dataclass
class Asked:
    """One request that came in."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found


@dataclass
class Service:
    """Gives its answers one after the other, the last one again and again."""

    port: int
    answers: list[Answered]
    asked: list[Asked] = field(default_factory=list)


@contextmanager
def a_service(certificate: Certificate, *answers: Answered) -> Iterator[Service]:
    """Run an https service on loopback."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            service.asked.append(Asked(self.path, dict(self.headers), self.rfile.read(length)))
            answer = service.answers.pop(0) if len(service.answers) > 1 else service.answers[0]
            if answer.hold is not None:
                answer.hold.wait(20)
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.file, certificate.key)

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """Clients of these tests break off on purpose."""

        def get_request(self) -> tuple[Any, Any]:
            accepted, address = super().get_request()
            # The handshake is the handler's: one that fails must not keep others waiting.
            secured = context.wrap_socket(accepted, server_side=True, do_handshake_on_connect=False)
            return secured, address

    server = Server(("127.0.0.1", 0), Handler)
    service = Service(server.server_port, list(answers) or [Answered()])
    thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.01), daemon=True)
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def edge_to(
    port: int,
    certificate: Certificate | None = None,
    resolve: Callable[[str, int], Sequence[str]] = lambda host, port: [PUBLIC],
    timeout: float = 5.0,
) -> Edge:
    """Return an edge at which every checked address is the service on this machine."""
    return Edge(
        resolve=resolve,
        connect=lambda address, seconds: socket.create_connection(("127.0.0.1", port), seconds),
        certificates=str(certificate.file) if certificate else True,
        timeout=timeout,
    )


@dataclass
class Mailbox:
    """A mail server's memory.

    `answers` holds what it says to a command in the place of its usual answer; to END, the end of a letter, it may
    say nothing at all.
    """

    port: int = 0
    answers: dict[str, str] = field(default_factory=dict)
    letters: list[str] = field(default_factory=list)


@contextmanager
def a_mail_server(**answers: str) -> Iterator[Mailbox]:
    """Run a mail server on loopback, in a thread with a loop of its own."""
    mailbox = Mailbox(answers=answers)
    started = threading.Event()
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        def say(line: str) -> None:
            writer.write(line.encode() + b"\r\n")

        say("220 here")
        while line := (await reader.readline()).decode().strip():
            word = line.split(" ")[0].split(":")[0].upper()
            say(mailbox.answers.get(word, {"DATA": "354 go on", "QUIT": "221 bye"}.get(word, "250 fine")))
            if word == "DATA" and word not in mailbox.answers:
                mailbox.letters.append((await reader.readuntil(b"\r\n.\r\n")).decode())
                if last := mailbox.answers.get("END", "250 taken"):
                    say(last)
            if word == "QUIT":
                break
        writer.close()

    async def serve() -> None:
        server = await asyncio.start_server(talk, "127.0.0.1", 0)
        mailbox.port = server.sockets[0].getsockname()[1]
        started.set()
        async with server:
            await stop.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()), daemon=True)
    thread.start()
    started.wait(10)
    try:
        yield mailbox
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()
