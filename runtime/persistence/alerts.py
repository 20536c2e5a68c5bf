"""Alerts in the database: each once, and none lost while the database is away."""

import asyncio
import logging
from collections import deque
from typing import Final

from django.db import transaction

from runtime.engine.ports import SourceUnavailableError
from runtime.models import Alert
from runtime.persistence.database import Fence, off_loop
from runtime.protocol.alerts import Alert as AlertMessage
from settingsapp.models import Identity

log = logging.getLogger(__name__)

MOST_WAITING: Final = 10_000


class AlertStore:
    """Stores alerts in order; what can't be stored now waits and goes first the next time."""

    def __init__(self, sub: str, fence: Fence) -> None:
        self._sub = sub
        self._fence = fence
        self._waiting: deque[AlertMessage] = deque(maxlen=MOST_WAITING)
        self._writing = asyncio.Lock()

    @property
    def waiting(self) -> int:
        """How many alerts are not stored yet."""
        return len(self._waiting)

    async def store(self, alert: AlertMessage) -> bool:
        """Store an alert and all that wait before it; False where the database is away. Raises LeaseLostError."""
        self._waiting.append(alert)
        return await self.flush()

    async def flush(self) -> bool:
        """Try to store what waits. Raises LeaseLostError."""
        async with self._writing:
            batch = list(self._waiting)
            if not batch:
                return True
            try:
                await off_loop(self._write)(batch)
            except SourceUnavailableError as error:
                log.warning("%s alerts wait for the database: %s", len(batch), error)
                return False
            # By identity: when more wait than are kept, the oldest have fallen out while these were being written.
            written = {id(alert) for alert in batch}
            while self._waiting and id(self._waiting[0]) in written:
                self._waiting.popleft()
            return True

    @transaction.atomic
    def _write(self, alerts: list[AlertMessage]) -> None:
        self._fence.check()
        identity = Identity.objects.get(sub=self._sub)
        # An alert's id is its content: one that was stored before is the same alert.
        Alert.objects.bulk_create([_row(identity, alert) for alert in alerts], ignore_conflicts=True)


def _row(identity: Identity, alert: AlertMessage) -> Alert:
    return Alert(
        id=alert.id,
        identity=identity,
        exchange=alert.exchange,
        symbol=alert.symbol,
        timeframe=alert.timeframe,
        open_time=alert.open_time,
        kind=alert.kind.value,
        level=alert.level,
        mode=alert.mode,
        settings_version=alert.settings_version,
        first_bar=alert.first_bar,
        indicators=dict(alert.indicators),
        late=alert.late,
    )
