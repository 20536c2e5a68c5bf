"""An engine as the live side sees it: it writes status and events as the contract says, and nothing else."""

import asyncio
import json
from contextlib import suppress
from typing import Any

from redis.asyncio import Redis

from runtime.protocol.status import Desired, EngineState, ExchangeStatus, Status

STREAM_LENGTH = 10_000


class FakeEngine:
    """Speaks for one identity. `beat` once, or `start` to beat every second."""

    def __init__(self, url: str, sub: str) -> None:
        self.sub = sub
        self.redis: Redis = Redis.from_url(url)
        self.state = EngineState.RUNNING
        self.settings_version = 1
        self.paused_until: int | None = None
        self._beating: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "FakeEngine":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.fall_silent()
        await self.redis.aclose()

    def status(self) -> Status:
        return Status(
            engine_id="engine-1",
            host="desk-7",
            state=self.state,
            desired=Desired(self.state is EngineState.PAUSED, self.paused_until, "scalper-macdv"),
            mode="scalper-macdv",
            started_at=1_700_000_000_000,
            uptime_seconds=4_210,
            settings_version=self.settings_version,
            exchanges=(ExchangeStatus("simulated", "connected", 0.4, 1_700_000_000_000),),
            active_symbols=("simulated:BTC-USD", "simulated:ETH-USD"),
            last_signal_at=1_700_000_000_000,
            warmup_done=12,
            warmup_total=12,
        )

    async def beat(self) -> None:
        """Say the status once, with Redis's time."""
        body = json.dumps(self.status().body() | {"timestamp": await self.now_ms()})
        name = f"livermore:status:{self.sub}"
        await self.redis.set(name, body, ex=86_400)
        await self.redis.publish(name, body)

    async def start(self, every: float = 1.0) -> None:
        async def beat_on() -> None:
            while True:
                await self.beat()
                await asyncio.sleep(every)

        self._beating = asyncio.create_task(beat_on())

    async def fall_silent(self) -> None:
        if self._beating is not None:
            self._beating.cancel()
            with suppress(asyncio.CancelledError):
                await self._beating
            self._beating = None

    async def tell(self, body: dict[str, Any], limit: int = STREAM_LENGTH) -> str:
        """Add an event and return its id."""
        message = json.dumps(body | {"timestamp": await self.now_ms()})
        name = f"livermore:events:{self.sub}"
        entry = await self.redis.xadd(name, {"message": message}, maxlen=limit, approximate=False)
        seq = entry.decode() if isinstance(entry, bytes) else entry
        if body["type"] == "error":
            await self.redis.xadd(f"livermore:errors:{self.sub}", {"message": message}, id=seq)
        return seq

    async def result(self, command_id: str) -> str:
        return await self.tell(
            {"type": "result", "commandId": command_id, "success": True, "outcome": "succeeded", "message": "done"}
        )

    async def now_ms(self) -> int:
        seconds, micros = await self.redis.time()
        return seconds * 1000 + micros // 1000
