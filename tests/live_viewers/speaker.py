"""The engine's way of saying something, without the engine: by the calls that it uses itself."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from runtime.bus import leader_calls, lease
from runtime.bus.calls import run
from runtime.bus.connections import SyncRedis, connect
from runtime.bus.keys import Keys
from runtime.protocol.status import Desired, EngineState, ExchangeStatus, Status
from tests.live_viewers.clients import moment

FOR_HOURS_MS = 10_000_000
ALERT_BYTES = 400


class Speaker:
    """Leads one identity and says what it is told to."""

    def __init__(self, redis: SyncRedis, sub: str, symbols: int) -> None:
        self.redis = redis
        self.sub = sub
        acquired = run(redis, lease.acquire(sub, lease.Candidate("speaker", "here", ""), FOR_HOURS_MS))
        assert acquired.token is not None
        self._token = acquired.token
        self._symbols = tuple(f"simulated:S{number:04}-USD" for number in range(symbols))
        self._events = 0

    def status(self) -> None:
        """Publish a status that is timed."""
        run(self.redis, leader_calls.status(self.sub, self._token, self._status()))

    def event(self, size: int = ALERT_BYTES) -> None:
        """Append an event that is timed, of about that many bytes."""
        self._events += 1
        run(self.redis, leader_calls.emit(self.sub, self._token, self._event(size)))

    def plainly(self, channel: str) -> None:
        """Publish a timed text of an event's size on a channel of Redis, and nothing else."""
        self.redis.publish(channel, str(self._event(ALERT_BYTES)))

    def _status(self) -> dict[str, Any]:
        return Status(
            engine_id="speaker",
            host=moment(),
            state=EngineState.RUNNING,
            desired=Desired(False, None, "scalper-macdv"),
            mode="scalper-macdv",
            started_at=1_700_000_000_000,
            uptime_seconds=4_210,
            settings_version=1,
            exchanges=(ExchangeStatus("simulated", "connected", 0.4, 1_700_000_000_000),),
            active_symbols=self._symbols,
            warmup_done=12,
            warmup_total=12,
        ).body()

    def _event(self, size: int) -> dict[str, Any]:
        text = f"{moment()} {'x' * size}"
        return {"type": "progress", "commandId": "c", "done": self._events, "total": 0, "message": text}


@contextmanager
def speaking(sub: str, symbols: int = 10) -> Iterator[Speaker]:
    """Lead an identity until the block ends; what it said is gone then."""
    with connect() as redis:
        yield Speaker(redis, sub, symbols)
        keys = Keys(sub)
        redis.delete(keys.commands, keys.events, keys.lease, keys.fence, keys.status)


def a_channel() -> str:
    """Return a name of a channel that nobody else listens on."""
    return f"livermore:test:{uuid.uuid4()}"
