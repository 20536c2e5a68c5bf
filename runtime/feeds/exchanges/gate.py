"""What an exchange asks of its callers: to wait after too many requests; and answers that are none."""

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, Final

log = logging.getLogger(__name__)

TOO_MANY: Final = frozenset({418, HTTPStatus.TOO_MANY_REQUESTS})
"""418: so Binance calls it when one goes on in spite of a 429."""
_WITH_A_TIME: Final = frozenset({*TOO_MANY, HTTPStatus.SERVICE_UNAVAILABLE})


class Gate:
    """Shut until an exchange may be called again. Times in seconds of `monotonic`."""

    def __init__(self, unnamed_wait: float, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._unnamed_wait = unnamed_wait
        self._monotonic = monotonic
        self._opens_at = 0.0
        self.last_latency_ms: float | None = None
        """How long the last answer took."""

    @property
    def shut_for(self) -> float:
        """Return the seconds until the exchange may be called; 0 where it may."""
        return max(0.0, self._opens_at - self._monotonic())

    def heed(self, status: int, headers: Mapping[str, str]) -> None:
        """Take in what an answer says about the next one."""
        if status not in _WITH_A_TIME:
            return
        asked = _seconds({name.lower(): value for name, value in headers.items()}.get("retry-after", ""))
        if asked is None:
            if status not in TOO_MANY:
                return
            asked = self._unnamed_wait
        self.shut(asked)

    def shut(self, seconds: float) -> None:
        """Be shut for at least so long from now on."""
        self._opens_at = max(self._opens_at, self._monotonic() + seconds)


def _seconds(retry_after: str) -> float | None:
    """Read Retry-After as RFC 9110 has it: seconds or a date; None for anything else."""
    if retry_after.strip().isdecimal():
        return float(retry_after)
    try:
        date = parsedate_to_datetime(retry_after)
    except ValueError:
        return None
    if date.tzinfo is None:
        date = date.replace(tzinfo=UTC)
    return max(0.0, (date - datetime.now(UTC)).total_seconds())


_AHEAD: ContextVar[bool] = ContextVar("ahead", default=False)


@contextmanager
def going_ahead() -> Iterator[None]:
    """Let calls that are made meanwhile pass those that wait within the exchange's rate: they must not come late."""
    token = _AHEAD.set(True)
    try:
        yield
    finally:
        _AHEAD.reset(token)


class ShutError(Exception):
    """The exchange may not be called yet, for so many seconds."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"it asks us to wait for {seconds:.0f} s")
        self.seconds = seconds


class NoAnswerError(Exception):
    """What came is not what was asked for; the text says what it is."""


class BrokenStreamError(Exception):
    """Something came over a websocket that makes no sense: what else is missing nobody knows."""


class SilentError(Exception):
    """A stream is open and does not tell what happens. `alone`: the symbol, where it tells of others."""

    def __init__(self, message: str, alone: str | None = None) -> None:
        super().__init__(message)
        self.alone = alone


def gated(base: type[Any]) -> type[Any]:
    """Return a ccxt class whose calls heed `gate`, and which notes what its websockets say.

    After making one, set `gate` (a Gate), `heard` (called with each message) and `broken` (called with an error).
    """

    class Gated(base):  # type: ignore[misc]
        gate: Gate
        heard: Callable[[Any], None] = staticmethod(lambda message: None)
        broken: Callable[[Exception], None] = staticmethod(lambda error: None)

        async def throttle(self, cost: Any = None) -> Any:
            # A start queues up hundreds of calls. Whether a connection is still alive can't wait for them.
            waiting, queue = self.throttler(cost), self.throttler.queue
            if _AHEAD.get():
                queue.appendleft(queue.pop())
            return await waiting

        async def fetch(self, url: str, method: str = "GET", headers: Any = None, body: Any = None) -> Any:
            # Asked here, after the library's own rate limit: what waited there must not go out any more.
            if (wait := self.gate.shut_for) > 0:
                raise ShutError(wait)
            begun = time.monotonic()
            answer = await super().fetch(url, method, headers, body)
            if not isinstance(answer, (dict, list)):
                raise NoAnswerError("it answered with something else than JSON")
            self.gate.last_latency_ms = (time.monotonic() - begun) * 1_000
            return answer

        def on_rest_response(self, code: int, reason: Any, url: Any, method: Any, headers: Any, *rest: Any) -> Any:
            self.gate.heed(code, headers or {})
            return super().on_rest_response(code, reason, url, method, headers, *rest)

        def client(self, url: str) -> Any:
            # A websocket's handshake is a request like others, and the library opens one anew by itself after a cut.
            if url not in (self.clients or {}) and (wait := self.gate.shut_for) > 0:
                raise ShutError(wait)
            client = super().client(url)
            if "handle_message" not in vars(client):
                client.handle_message = self._unbroken(client.handle_message)
            return client

        def on_error(self, client: Any, error: Any) -> None:
            if (wait := getattr(client, "last_retry_after", None)) is not None:
                self.gate.shut(wait)
            super().on_error(client, error)

        def _unbroken(self, handle: Callable[[Any], None]) -> Callable[[Any], None]:
            def handle_message(frame: Any) -> None:
                # Raised here it would end the reading of that websocket without a word.
                try:
                    handle(frame)
                except Exception as error:
                    log.info("%s: a frame can't be read: %r", self.id, error)
                    self.broken(BrokenStreamError("something that can't be read came over its websocket"))

            return handle_message

        def handle_message(self, client: Any, message: Any) -> None:
            if not isinstance(message, (dict, list)) and str(message).lower() not in {"ping", "pong"}:
                self.broken(BrokenStreamError("something else than JSON came over its websocket"))
                return
            self.heard(message)
            super().handle_message(client, message)

    return Gated
