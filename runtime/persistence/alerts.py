"""Alerts in the database: each once, and none lost while the database is away."""

import asyncio
import logging
from collections import deque
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import groupby
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Max, Q

from runtime.engine.delivery import ENTRY_KINDS
from runtime.engine.ports.availability import SourceUnavailableError
from runtime.engine.raised import LIMITS
from runtime.models import Alert, AlertSending
from runtime.persistence.database import Fence, off_loop
from runtime.protocol.alerts import Alert as AlertMessage
from runtime.protocol.delivery import Delivery, SendingState
from settingsapp.models import Identity

log = logging.getLogger(__name__)

MOST_WAITING: Final = 10_000
WITHDRAWN_BEFORE: Final = "it was withdrawn before it was sent"


class _Raised(NamedTuple):
    alert: AlertMessage
    delivery: Delivery
    delayed: bool = False
    """It could not be stored at once, so it was sent without being noted: it must never be sent again."""


class _Withdrawn(NamedTuple):
    id: UUID
    at: datetime


class AlertStore:
    """Stores alerts, and that some were withdrawn, in order; what can't be stored now waits and goes first the next
    time.
    """

    def __init__(self, sub: str, fence: Fence) -> None:
        self._sub = sub
        self._fence = fence
        self._waiting: deque[_Raised | _Withdrawn] = deque(maxlen=MOST_WAITING)
        self._writing = asyncio.Lock()

    @property
    def waiting(self) -> int:
        """How many alerts and withdrawals are not stored yet."""
        return len(self._waiting)

    async def store(self, alert: AlertMessage, delivery: Delivery) -> bool:
        """Store an alert and all that wait before it; False where the database is away. Raises LeaseLostError."""
        self._waiting.append(_Raised(alert, delivery))
        return await self.flush()

    async def withdraw(self, ids: Sequence[UUID], at: int) -> Sequence[Mapping[str, Any]]:
        """Mark alerts as withdrawn at that moment (ms UTC), after all that waits.

        Returns them as the API shows them from now on; none where the database is away, for it has to wait then. Raises
        LeaseLostError.
        """
        moment = datetime.fromtimestamp(at / 1000, UTC)
        self._waiting.extend(_Withdrawn(one, moment) for one in ids)
        if not await self.flush():
            return ()
        try:
            return await off_loop(self._bodies)(ids)
        except SourceUnavailableError as error:
            log.warning("alerts that were withdrawn can't be read: %s", error)
            return ()

    async def alerts_since(self, since: int) -> Sequence[AlertMessage]:
        """See runtime.engine.ports.outbox.Outbox."""
        return await off_loop(self._since)(since)

    async def last_announced(self) -> int | None:
        """See runtime.engine.ports.outbox.Outbox."""
        return await off_loop(self._last_announced)()

    async def flush(self) -> bool:
        """Try to store what waits. Raises LeaseLostError."""
        async with self._writing:
            batch = list(self._waiting)
            if not batch:
                return True
            try:
                await off_loop(self._write)(batch)
            except SourceUnavailableError as error:
                log.warning("%s alerts or withdrawals wait for the database: %s", len(batch), error)
                tried = {id(one) for one in batch}
                self._waiting = deque(
                    (_delayed(one) if id(one) in tried else one for one in self._waiting), maxlen=MOST_WAITING
                )
                return False
            # By identity: when more wait than are kept, the oldest have fallen out while these were being written.
            written = {id(raised) for raised in batch}
            while self._waiting and id(self._waiting[0]) in written:
                self._waiting.popleft()
            return True

    async def entries_since(self, since: int) -> Mapping[str, int]:
        """See runtime.engine.ports.outbox.Outbox."""
        return await off_loop(self._count_entries)(since)

    def _count_entries(self, since: int) -> dict[str, int]:
        rows = Alert.objects.filter(
            identity__sub=self._sub,
            kind__in=[kind.value for kind in ENTRY_KINDS],
            created_at__gte=datetime.fromtimestamp(since / 1000, UTC),
        ).exclude(channels=[])
        # Without an order of its own: the model's would count each row apart.
        return dict(rows.order_by().values_list("exchange").annotate(Count("id")))

    def _since(self, since: int) -> list[AlertMessage]:
        standing = Alert.objects.filter(identity__sub=self._sub, withdrawn_at=None).order_by("open_time")
        limits = standing.filter(kind__in=[kind.value for kind in LIMITS])
        last = limits.order_by().values("exchange", "symbol", "kind").annotate(open_time=Max("open_time"))
        wanted = Q(created_at__gte=datetime.fromtimestamp(since / 1000, UTC))
        for one in last:
            wanted |= Q(**one)
        return [row.message() for row in standing.filter(wanted)]

    def _last_announced(self) -> int | None:
        announced = Alert.objects.filter(identity__sub=self._sub, late=False).order_by("-created_at")
        moment = announced.values_list("created_at", flat=True).first()
        return None if moment is None else int(moment.timestamp() * 1000)

    def _bodies(self, ids: Sequence[UUID]) -> list[Mapping[str, Any]]:
        rows = Alert.objects.filter(identity__sub=self._sub, id__in=ids).prefetch_related("sendings")
        return [row.body() for row in rows.order_by("open_time", "id")]

    @transaction.atomic
    def _write(self, batch: Sequence[_Raised | _Withdrawn]) -> None:
        self._fence.check()
        identity = Identity.objects.get(sub=self._sub)
        for _, group in groupby(batch, type):
            self._write_alike(identity, list(group))

    def _write_alike(self, identity: Identity, alike: Sequence[_Raised | _Withdrawn]) -> None:
        raised = [one for one in alike if isinstance(one, _Raised)]
        if raised:
            # An alert's id is its content: one that was stored before is the same alert, and one that comes up again
            # stands again.
            rows = [_row(identity, one.alert, one.delivery) for one in raised]
            Alert.objects.bulk_create(rows, ignore_conflicts=True)
            sendings = [row for one in raised for row in _sendings(one)]
            AlertSending.objects.bulk_create(sendings, ignore_conflicts=True)
            again = Alert.objects.filter(identity=identity, id__in=[one.alert.id for one in raised])
            again.exclude(withdrawn_at=None).update(withdrawn_at=None)
        withdrawn = [one for one in alike if isinstance(one, _Withdrawn)]
        for at, group in groupby(withdrawn, lambda one: one.at):
            ids = [one.id for one in group]
            Alert.objects.filter(identity=identity, id__in=ids, withdrawn_at=None).update(withdrawn_at=at)
            unsent = AlertSending.objects.filter(
                alert__identity=identity, alert__in=ids, state=SendingState.WAITING.value
            )
            unsent.update(
                state=SendingState.SKIPPED.value, changed_at=int(at.timestamp() * 1000), error=WITHDRAWN_BEFORE
            )


def _delayed(one: _Raised | _Withdrawn) -> _Raised | _Withdrawn:
    return one._replace(delayed=True) if isinstance(one, _Raised) else one


def _sendings(raised: _Raised) -> list[AlertSending]:
    state = SendingState.SENDING if raised.delayed else SendingState.WAITING
    return [
        AlertSending(alert_id=raised.alert.id, channel=channel, state=state.value)
        for channel in raised.delivery.channels
    ]


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
