"""A leader on a real Redis, and what tests look at there."""

import asyncio
import json
from dataclasses import dataclass
from typing import Any, cast

from runtime.bus import lease
from runtime.bus.calls import arun, text
from runtime.bus.commands import Submitted, record, submit
from runtime.bus.connections import AsyncRedis
from runtime.bus.keys import GROUP, Keys
from runtime.bus.leader_queue import LeaderQueue
from runtime.engine.ports.commands import QueuedCommand
from runtime.protocol.answers import Outcome, Result
from runtime.protocol.records import CommandRecord
from settingsapp.schema import strict_json

DAY_MS = 24 * 3_600_000
ENGINE = "engine-1"
DONE = Result(Outcome.SUCCEEDED, "done", {"n": 1})


def a_message(command: str = "status", **more: Any) -> dict[str, Any]:
    """A command as the protocol writes it, by hand."""
    return {"id": "c1", "command": command, "timestamp": 1, "source": "admin"} | more


@dataclass
class Leader:
    """One identity's leader."""

    redis: AsyncRedis
    sub: str
    token: str
    queue: LeaderQueue

    @property
    def keys(self) -> Keys:
        return Keys(self.sub)

    async def send(self, *, from_channel: bool = False, limit: int = 10_000, **message: Any) -> Submitted:
        """Submit a message as our own clients do."""
        written = a_message(**message)
        return await arun(
            self.redis,
            submit(
                self.sub,
                written["id"],
                strict_json.encode(written),
                is_pause=written["command"] == "pause",
                from_channel=from_channel,
                limit=limit,
            ),
        )

    async def add_raw(self, raw: bytes | str | None = None, entry: str = "*", **message: Any) -> str:
        """XADD as anybody could."""
        body = raw if raw is not None else strict_json.encode(a_message(**message))
        return text(await self.redis.xadd(self.keys.commands, {"message": body}, id=entry))

    async def receive(self) -> list[QueuedCommand]:
        """What there is now, without waiting."""
        return list(await self.queue.receive(0.001))

    async def take(self) -> QueuedCommand:
        """The one command that is there."""
        found: list[QueuedCommand] = []
        while not found:
            found = await self.receive()
        (queued,) = found
        return queued

    async def record(self, command_id: str = "c1") -> CommandRecord | None:
        return await arun(self.redis, record(self.sub, command_id))

    async def ended(self, command_id: str = "c1") -> CommandRecord:
        """The record of a command that has ended."""
        found = await self.record(command_id)
        assert found is not None
        assert found.state.is_final, found
        return found

    async def events(self) -> list[dict[str, Any]]:
        """All events, oldest first."""
        return [json.loads(fields[b"message"]) for fields in await self._fields()]

    async def _fields(self) -> list[dict[bytes, bytes]]:
        entries: list[Any] = cast("list[Any]", await self.redis.xrange(self.keys.events))
        return [fields for _, fields in entries]

    async def length(self) -> int:
        return int(await self.redis.xlen(self.keys.commands))

    async def pending(self) -> int:
        return int((await self.redis.xpending(self.keys.commands, GROUP))["pending"])

    async def dropped(self) -> int:
        return int(await self.redis.get(self.keys.dropped) or 0)

    async def replaced_by(self, engine_id: str = "engine-2") -> "Leader":
        """Let another engine of the same slot take over."""
        return await a_leader(self.redis, self.sub, engine_id)


async def a_leader(redis: AsyncRedis, sub: str, engine_id: str = ENGINE) -> Leader:
    """Take the lease for an engine of slot `a`."""
    acquired = await arun(redis, lease.acquire(sub, lease.Candidate(engine_id, "host-1", "a"), 60_000))
    assert acquired.token is not None
    return Leader(redis, sub, acquired.token, LeaderQueue(redis, sub, acquired.token, engine_id, sweep_seconds=0))


async def now_ms(leader: Leader) -> int:
    seconds, micros = await leader.redis.time()
    return int(seconds) * 1000 + int(micros) // 1000


async def until_past(leader: Leader, moment: int | None) -> None:
    """Wait until Redis's clock says so."""
    assert moment is not None
    async with asyncio.timeout(10):
        while await now_ms(leader) <= moment:
            continue
