"""A wire between a program and a server that the test can hold, or cut, at a moment of its choice."""

import select
import socket
import threading
from contextlib import suppress
from pathlib import Path
from types import TracebackType

Address = tuple[str, int] | str
"""Of TCP, or the path of a unix socket."""


class Proxy:
    """Passes everything on between those who connect to `address` and a server, from entering on.

    `hold_at(pattern)`: from the moment in which a client sends that, nothing passes any more, itself included.
    `cut()`: every connection is closed and none is accepted; `stall()`: connections stay, but nothing passes.
    """

    def __init__(self, listen_at: Address, server: Address) -> None:
        self._server = server
        self._listener = _listening(listen_at)
        self._lock = threading.Lock()
        self._pattern = b""
        self._passing = True
        self._accepting = True
        self.held = threading.Event()
        self._sockets: dict[socket.socket, socket.socket] = {}
        self._from_clients: set[socket.socket] = set()
        self._tails: dict[socket.socket, bytes] = {}
        self._withheld: tuple[socket.socket, bytes] | None = None
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "Proxy":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopped.set()
        self._thread.join(10)
        self._close_all()
        self._listener.close()

    def hold_at(self, pattern: bytes) -> None:
        """Hold everything as soon as a client sends `pattern`; `held` is set then."""
        with self._lock:
            self.held.clear()
            self._pattern = pattern

    def stall(self) -> None:
        """Pass nothing on, as a host does that vanished from the network."""
        with self._lock:
            self._passing = False

    def cut(self) -> None:
        """Close every connection, and at once each new one, as a server does that is shutting down."""
        with self._lock:
            self._accepting = False
            self._close_all()

    def release(self) -> None:
        """Pass on what was held, however late, and all that came after it."""
        with self._lock:
            withheld, self._withheld = self._withheld, None
            self._pattern = b""
            self._passing = True
            if withheld is not None and withheld[0] in self._sockets:
                self._sockets[withheld[0]].sendall(withheld[1])

    def restore(self) -> None:
        """Pass on what comes from now on. Connections whose messages were held are closed: those are lost."""
        with self._lock:
            self._pattern = b""
            self._withheld = None
            if not self._passing:
                self._close_all()
            self._passing = self._accepting = True

    def _run(self) -> None:
        while not self._stopped.is_set():
            with self._lock:
                watched = [self._listener, *(self._sockets if self._passing else ())]
            try:
                ready, _, _ = select.select(watched, [], [], 0.02)
            except (OSError, ValueError):
                continue
            for one in ready:
                with self._lock:
                    if one is self._listener:
                        self._accept()
                    elif self._passing and one in self._sockets:
                        self._pass_on(one)

    def _accept(self) -> None:
        client, _ = self._listener.accept()
        if not self._accepting:
            client.close()
            return
        server = _connected(self._server)
        if server is None:
            client.close()
            return
        self._sockets |= {client: server, server: client}
        self._from_clients.add(client)

    def _pass_on(self, source: socket.socket) -> None:
        try:
            data = source.recv(65_536)
        except OSError:
            data = b""
        if not data:
            self._close(source)
            return
        if source in self._from_clients and self._pattern:
            # A pattern may come in two pieces.
            seen = self._tails.get(source, b"") + data
            if self._pattern in seen:
                self._passing = False
                self._withheld = source, data
                self.held.set()
                return
            self._tails[source] = seen[-len(self._pattern) :]
        try:
            self._sockets[source].sendall(data)
        except OSError:
            self._close(source)

    def _close(self, one: socket.socket) -> None:
        other = self._sockets.pop(one, None)
        self._from_clients.discard(one)
        self._tails.pop(one, None)
        one.close()
        if other is not None:
            self._close(other)

    def _close_all(self) -> None:
        for one in tuple(self._sockets):
            self._close(one)


def _listening(address: Address) -> socket.socket:
    family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
    listener = socket.socket(family)
    if isinstance(address, str):
        Path(address).unlink(missing_ok=True)
    else:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(address)
    listener.listen(128)
    return listener


def _connected(address: Address) -> socket.socket | None:
    server = socket.socket(socket.AF_UNIX if isinstance(address, str) else socket.AF_INET)
    with suppress(OSError):
        server.connect(address)
        return server
    server.close()
    return None
