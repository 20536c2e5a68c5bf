"""What the engine tells the world: its status each second, alerts and troubles as they come."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import Protocol
from uuid import UUID

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


class Listener(Protocol):
    """Hears what is told, to send it on. Nothing of it may wait for anybody."""

    def hear_alert(self, alert: Alert, delivery: Delivery, *, stored: bool) -> None: ...

    def hear_status(self, status: Status) -> None: ...

    def hear_error(self, level: str, origin: str, message: str) -> None: ...


class Reporter:
    """Implements runtime.engine.ports.outbox.Outbox for one lease."""

    def __init__(
        self, redis: AsyncRedis, sub: str, token: str, clock: RedisClock, alerts: AlertStore, listener: Listener
    ) -> None:
        self._redis = redis
        self._sub = sub
        self._token = token
        self._clock = clock
        self._alerts = alerts
        self._listener = listener
        self._flushing: asyncio.Task[bool] | None = None

    async def status(self, status: Status) -> None:
        self._clock.set(await arun(self._redis, leader_calls.status(self._sub, self._token, status.body())))
        self._listener.hear_status(status)
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
        stored = await self._alerts.store(alert, delivery)
        if alert.late:
            return
        self._listener.hear_alert(alert, delivery, stored=stored)
        try:
            await arun(
                self._redis, leader_calls.emit(self._sub, self._token, alert.body() | {"delivery": delivery.body()})
            )
        except RedisUnavailableError as error:
            log.warning("an alert could not be announced, pages show it when they load again: %s", error)

    async def withdraw(self, ids: Sequence[UUID], at: int) -> None:
        """Mark alerts as withdrawn, and announce each once more, now with `withdrawnAt`.

        While the database is away nobody is told: pages show it when they load again.
        """
        for body in await self._alerts.withdraw(ids, at):
            told = {name: value for name, value in body.items() if name != "timestamp"}
            try:
                await arun(self._redis, leader_calls.emit(self._sub, self._token, told))
            except RedisUnavailableError as error:
                log.warning("a withdrawal could not be announced, pages show it when they load again: %s", error)

    async def alerts_since(self, since: int) -> Sequence[Alert]:
        return await self._alerts.alerts_since(since)

    async def last_announced(self) -> int | None:
        return await self._alerts.last_announced()

    async def entries_since(self, since: int) -> Mapping[str, int]:
        return await self._alerts.entries_since(since)

    async def error(self, level: str, origin: str, message: str) -> None:
        self._listener.hear_error(level, origin, message)
        await arun(self._redis, leader_calls.emit(self._sub, self._token, error_body(level, origin, message)))
