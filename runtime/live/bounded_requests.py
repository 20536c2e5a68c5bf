"""Requests of which no more is kept than the application takes.

daphne itself takes every body whole before the application hears of it: first into a file, then into memory. Here a
body that is too large is answered as soon as that is known, and what still comes of it is thrown away, so that a client
which sends all before it reads can read the answer.
"""

from typing import Any, Final

from daphne.http_protocol import HTTPFactory, WebRequest

from runtime.live.body_limit import MOST_BYTES, REFUSAL, REFUSAL_BODY

MOST_DISCARDED: Final = 64 * 1024 * 1024
"""Who goes on sending beyond it is cut off."""


class BoundedRequest(WebRequest):  # type: ignore[misc]
    """One request."""

    _received = 0
    _refused = False

    def gotLength(self, length: int | None) -> None:  # noqa: N802
        """Twisted's: the headers are read; `length` is None where the body comes in chunks."""
        super().gotLength(length)
        if length is not None and length > MOST_BYTES:
            waits = self.requestHeaders.getRawHeaders(b"Expect") is not None
            # Else it would be told to go on, after the refusal.
            self.requestHeaders.removeHeader(b"Expect")
            self._refuse()
            if waits:
                self.channel.loseConnection()

    def handleContentChunk(self, data: bytes) -> None:  # noqa: N802
        """Twisted's: a part of the body has come."""
        self._received += len(data)
        if not self._refused and self._received > MOST_BYTES:
            self._refuse()
        if not self._refused:
            super().handleContentChunk(data)
        elif self._received > MOST_DISCARDED:
            self.channel.forceAbortClient()

    def requestReceived(self, *line: Any) -> None:  # noqa: N802
        """Twisted's: the body has come whole."""
        if self._refused:
            self.channel.loseConnection()
        else:
            super().requestReceived(*line)

    def _refuse(self) -> None:
        self._refused = True
        self.channel.writeHeaders(b"HTTP/1.1", b"413", b"Content Too Large", REFUSAL)
        self.channel.write(REFUSAL_BODY)


class BoundedRequestFactory(HTTPFactory):  # type: ignore[misc]
    """Makes such requests."""

    def buildProtocol(self, addr: Any) -> Any:  # noqa: N802
        """Twisted's: somebody has connected."""
        protocol = super().buildProtocol(addr)
        protocol.requestFactory = BoundedRequest
        return protocol
