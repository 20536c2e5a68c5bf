"""The web server: daphne, but for sockets that do not take what they are sent, and for requests that are too large.
Run as `python -m`, with its options.

daphne keeps in memory whatever a consumer sends until the other end has read it, without a bound. Here a socket that
leaves too much unread is dropped; its page comes back and asks for what came since. One that reads nothing and is sent
little is dropped by daphne itself, as it answers no ping.
"""

from typing import Any, Final

from daphne.cli import CommandLineInterface
from daphne.server import Server
from daphne.ws_protocol import WebSocketFactory, WebSocketProtocol
from twisted.internet.interfaces import IPushProducer
from zope.interface import implementer

from runtime.live.bounded_requests import BoundedRequestFactory

MOST_UNREAD: Final = 8 * 1024 * 1024
"""Bytes. More than all events that are kept, which a page that comes back is sent at once."""


@implementer(IPushProducer)
class BoundedProtocol(WebSocketProtocol):  # type: ignore[misc]
    """One socket. Its transport tells it when it has more to send than the other end takes, and when that is over."""

    most_unread = MOST_UNREAD

    def onOpen(self) -> None:  # noqa: N802
        """The handshake is done."""
        super().onOpen()
        self._is_full = False
        self._unread = 0
        # The request that this was before still listens; it would stop reading, and so never hear a pong.
        self.unregisterProducer()
        self.registerProducer(self, True)

    def pauseProducing(self) -> None:  # noqa: N802
        self._is_full = True

    def resumeProducing(self) -> None:  # noqa: N802
        self._is_full = False
        self._unread = 0

    def stopProducing(self) -> None:  # noqa: N802
        """The connection is lost; `onClose` follows."""

    def serverSend(self, content: Any, binary: bool = False) -> None:  # noqa: N802
        """Send, or drop the connection where too much waits already."""
        if self.state == self.STATE_OPEN and self._is_full:
            self._unread += len(content)
            if self._unread > self.most_unread:
                self.dropConnection(abort=True)
                return
        super().serverSend(content, binary)


class BoundedFactory(WebSocketFactory):  # type: ignore[misc]
    protocol = BoundedProtocol


class BoundedServer(Server):  # type: ignore[misc]
    """daphne's server, whose sockets and requests are bounded."""

    @property
    def http_factory(self) -> BoundedRequestFactory:
        return self._http_factory

    @http_factory.setter
    def http_factory(self, _: Any) -> None:
        self._http_factory = BoundedRequestFactory(self)

    @property
    def ws_factory(self) -> WebSocketFactory:
        return self._ws_factory

    @ws_factory.setter
    def ws_factory(self, _: WebSocketFactory) -> None:
        # daphne offers no other place to say which protocol it is to speak.
        self._ws_factory = BoundedFactory(self, server=self.server_name)


class WebServer(CommandLineInterface):  # type: ignore[misc]
    server_class = BoundedServer


if __name__ == "__main__":
    WebServer.entrypoint()
