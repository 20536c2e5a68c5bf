"""What the engine tells the world: its status each second, alerts and troubles as they come."""

import asyncio
import logging
from collections.abc import Mapping

from runtime.bus import leader_calls
from runtime.bus.calls import arun
from runtime.bus.clock import RedisClock
from runtime.bus.connections import AsyncRedis, RedisUnavailableError
from runtime.persistence.alerts import AlertStore
from runtime.protocol.alerts import Alert
from runtime.protocol.answers import error_body
from runtime.protocol.delivery import Delivery
from runtime.protocol.status import Status

log = logging.getLogger(__name__)


class Reporter:
    """Implements runtime.engine.ports.Outbox for one lease."""

    def __init__(self, redis: AsyncRedis, sub: str, token: str, clock: RedisClock, alerts: AlertStore) -> None:
        self._redis = redis
        self._sub = sub
        self._token = token
        self._clock = clock
        self._alerts = alerts
        self._flushing: asyncio.Task[bool] | None = None

    async def status(self, status: Status) -> None:
        self._clock.set(await arun(self._redis, leader_calls.status(self._sub, self._token, status.body())))
        await self._flush_beside()

    async def _flush_beside(self) -> None:
        """Store the alerts that wait, without keeping the status waiting: a database that is away answers slowly."""
        if self._flushing is not None:
            if not self._flushing.done():
                return
            flushed, self._flushing = self._flushing, None
            await flushed
        if self._alerts.waiting:
            self._flushing = asyncio.create_task(self._alerts.flush(), name="store waiting alerts")

    async def alert(self, alert: Alert, delivery: Delivery) -> None:
        """Store first, so that what is announced can be found again; announce it even where storing has to wait."""
        await self._alerts.store(alert, delivery)
        if alert.late:
            return
        try:
            await arun(
                self._redis, leader_calls.emit(self._sub, self._token, alert.body() | {"delivery": delivery.body()})
            )
        except RedisUnavailableError as error:
            log.warning("an alert could not be announced, pages show it when they load again: %s", error)

    async def entries_since(self, since: int) -> Mapping[str, int]:
        return await self._alerts.entries_since(since)

    async def error(self, level: str, origin: str, message: str) -> None:
        await arun(self._redis, leader_calls.emit(self._sub, self._token, error_body(level, origin, message)))
