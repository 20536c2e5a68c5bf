"""Alerts in the database: each once, and none lost while the database is away."""

import asyncio
import logging
from collections import deque
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final, NamedTuple

from django.db import transaction
from django.db.models import Count

from runtime.engine.delivery import ENTRY_KINDS
from runtime.engine.ports import SourceUnavailableError
from runtime.models import Alert
from runtime.persistence.database import Fence, off_loop
from runtime.protocol.alerts import Alert as AlertMessage
from runtime.protocol.delivery import Delivery
from settingsapp.models import Identity

log = logging.getLogger(__name__)

MOST_WAITING: Final = 10_000


class _Raised(NamedTuple):
    alert: AlertMessage
    delivery: Delivery


class AlertStore:
    """Stores alerts in order; what can't be stored now waits and goes first the next time."""

    def __init__(self, sub: str, fence: Fence) -> None:
        self._sub = sub
        self._fence = fence
        self._waiting: deque[_Raised] = deque(maxlen=MOST_WAITING)
        self._writing = asyncio.Lock()

    @property
    def waiting(self) -> int:
        """How many alerts are not stored yet."""
        return len(self._waiting)

    async def store(self, alert: AlertMessage, delivery: Delivery) -> bool:
        """Store an alert and all that wait before it; False where the database is away. Raises LeaseLostError."""
        self._waiting.append(_Raised(alert, delivery))
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
            written = {id(raised) for raised in batch}
            while self._waiting and id(self._waiting[0]) in written:
                self._waiting.popleft()
            return True

    async def entries_since(self, since: int) -> Mapping[str, int]:
        """See runtime.engine.ports.Outbox."""
        return await off_loop(self._count_entries)(since)

    def _count_entries(self, since: int) -> dict[str, int]:
        rows = Alert.objects.filter(
            identity__sub=self._sub,
            kind__in=[kind.value for kind in ENTRY_KINDS],
            created_at__gte=datetime.fromtimestamp(since / 1000, UTC),
        ).exclude(channels=[])
        # Without an order of its own: the model's would count each row apart.
        return dict(rows.order_by().values_list("exchange").annotate(Count("id")))

    @transaction.atomic
    def _write(self, batch: list[_Raised]) -> None:
        self._fence.check()
        identity = Identity.objects.get(sub=self._sub)
        # An alert's id is its content: one that was stored before is the same alert.
        Alert.objects.bulk_create([_row(identity, *raised) for raised in batch], ignore_conflicts=True)


def _row(identity: Identity, alert: AlertMessage, delivery: Delivery) -> Alert:
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
        channels=list(delivery.channels),
        held_back=delivery.held_back,
        trading_mode=delivery.trading_mode,
    )
