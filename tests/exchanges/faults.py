"""What can go wrong between us and an exchange, switched on and off by the test.

Every method returns the fault it has switched on: it ends by `off()`, at the end of a `with` block, or after `times`.
`path` is a part of the path, in which the exchange's name comes first: `/kraken/`, `/api/v3/klines`; empty: all.
"""

import asyncio
import socket
import time
from collections.abc import Collection
from dataclasses import dataclass, field
from enum import Enum
from types import TracebackType
from typing import TYPE_CHECKING, NamedTuple, Self

if TYPE_CHECKING:
    from tests.exchanges.sessions import Session


class Kind(Enum):
    ERROR = "error"
    TOO_MANY = "too many requests"
    HTML = "html"
    TRUNCATED = "truncated"
    EMPTY = "empty"
    SLOW = "slow"
    STALL = "stall"
    FRAME = "frame"


@dataclass(eq=False)
class Fault:
    """One thing that goes wrong, for `left` more times (None: until it is switched off). `hits`: how often it has."""

    kind: Kind
    path: str = ""
    left: int | None = None
    status: int = 200
    seconds: float = 0.0
    """How long to wait before answering, or after which to come again."""
    frame: str | None = None
    """What comes instead of a frame; None: its first half."""
    symbol: str = ""
    """It happens to this one alone (`BTC/USDT`); empty: to all."""
    hits: int = 0

    @property
    def on(self) -> bool:
        return self.left is None or self.left > 0

    def off(self) -> None:
        self.left = 0

    def hit(self) -> None:
        self.hits += 1
        if self.left is not None:
            self.left -= 1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.off()


class _Wait(NamedTuple):
    """A Retry-After: seconds of the monotonic clock."""

    told_at: float
    until: float


@dataclass
class Faults:
    """All that goes wrong at the moment."""

    sessions: "set[Session]" = field(default_factory=set)
    """The open websockets, which the server keeps here."""
    _faults: list[Fault] = field(default_factory=list)
    _come_again: dict[str, _Wait] = field(default_factory=dict)

    # -- requests ------------------------------------------------------------------------------------------------

    def server_errors(self, path: str = "", times: int | None = None, status: int = 500) -> Fault:
        """Answer with a bare error; a websocket's handshake is a request, too."""
        return self._switched_on(Fault(Kind.ERROR, path, times, status=status))

    def too_many_requests(self, retry_after: float, path: str = "", times: int | None = 1) -> Fault:
        """Answer with 429 and Retry-After. Who comes back before that gets another, and is recorded as too early."""
        return self._switched_on(Fault(Kind.TOO_MANY, path, times, status=429, seconds=retry_after))

    def html_pages(self, path: str = "", times: int | None = None) -> Fault:
        """Answer with a web page and status 200."""
        return self._switched_on(Fault(Kind.HTML, path, times))

    def truncated_json(self, path: str = "", times: int | None = None) -> Fault:
        """Answer with the first half of the right answer."""
        return self._switched_on(Fault(Kind.TRUNCATED, path, times))

    def empty(self, path: str = "", times: int | None = None) -> Fault:
        """Answer in the right form with nothing in it."""
        return self._switched_on(Fault(Kind.EMPTY, path, times))

    def slow(self, seconds: float, path: str = "", times: int | None = None) -> Fault:
        """Answer right, but only after `seconds`."""
        return self._switched_on(Fault(Kind.SLOW, path, times, seconds=seconds))

    def of_request(self, path: str) -> Fault | None:
        """Return what goes wrong with a request now, and count it."""
        for fault in self._faults:
            if fault.on and fault.kind not in {Kind.STALL, Kind.FRAME} and fault.path in path:
                fault.hit()
                if fault.kind is Kind.TOO_MANY:
                    now = time.monotonic()
                    self._come_again[fault.path] = _Wait(now, now + fault.seconds)
                return fault
        return None

    def seconds_too_early(self, path: str) -> float:
        """Return how many seconds are left of a Retry-After for that path; 0 where there is none."""
        now = time.monotonic()
        return max([0.0, *(wait.until - now for part, wait in self._come_again.items() if part in path)])

    def was_told(self, path: str, sent_at: float) -> bool:
        """Tell whether somebody had been asked to wait with that path before `sent_at` (seconds, monotonic)."""
        return any(part in path and wait.told_at < sent_at for part, wait in self._come_again.items())

    # -- websockets ----------------------------------------------------------------------------------------------

    async def cut(self, path: str = "", abruptly: bool = False) -> int:
        """End all open websockets, with a closing frame or abruptly by a TCP reset; returns how many there were."""
        sessions = self._open(path)
        if abruptly:
            for session in sessions:
                _reset(session)
        else:
            # The other side's answer is not waited for: a client that hangs must not make the test hang.
            await asyncio.gather(*(session.end() for session in sessions))
        return len(sessions)

    def half_open(self, path: str = "") -> int:
        """Never again say anything on the websockets that are open now, not even pong; returns how many there were.

        New ones work.
        """
        sessions = self._open(path)
        for session in sessions:
            session.mute = True
        return len(sessions)

    def stall(self, path: str = "", symbol: str = "") -> Fault:
        """Push nothing any more, on old and new websockets, while subscriptions and pings are answered."""
        return self._switched_on(Fault(Kind.STALL, path, symbol=symbol))

    def malformed_frames(self, path: str = "", times: int | None = None, frame: str = "upstream went away") -> Fault:
        """Push `frame` in the place of what would be pushed."""
        return self._switched_on(Fault(Kind.FRAME, path, times, frame=frame))

    def truncated_frames(self, path: str = "", times: int | None = None) -> Fault:
        """Push the first half of what would be pushed."""
        return self._switched_on(Fault(Kind.FRAME, path, times))

    def stalled(self, path: str, symbol: str) -> bool:
        stalls = (fault for fault in self._faults if fault.on and fault.kind is Kind.STALL and fault.path in path)
        return any(stall.symbol in ("", symbol) for stall in stalls)

    def pushed(self, path: str, frame: str) -> str:
        """Return what really comes when `frame` is pushed."""
        for fault in self._faults:
            if fault.on and fault.kind is Kind.FRAME and fault.path in path:
                fault.hit()
                return frame[: len(frame) // 2] if fault.frame is None else fault.frame
        return frame

    def all_off(self) -> None:
        """Let everything work again, but what is half-open."""
        for fault in self._faults:
            fault.off()
        self._come_again.clear()

    def _switched_on(self, fault: Fault) -> Fault:
        self._faults = [*(kept for kept in self._faults if kept.on), fault]
        return fault

    def _open(self, path: str) -> "Collection[Session]":
        return [session for session in self.sessions if path in session.path]


def _reset(session: "Session") -> None:
    transport = session.transport
    if transport is None:
        return
    # Lingering for no time means that closing sends a reset instead of a polite end.
    connection = transport.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
    transport.abort()
