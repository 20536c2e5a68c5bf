"""What became of each alert on each channel: noted before it is sent and after, fenced."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, NamedTuple

from django.db import transaction
from django.db.models import F, Q

from runtime.models import AlertSending
from runtime.persistence.database import Fence, off_loop
from runtime.protocol.alerts import Alert
from runtime.protocol.delivery import Sending, SendingState
from settingsapp.schema.notations import Channel

INTERRUPTED: Final = "the engine ended while it was being sent; it may have arrived, and is not sent again"


class SendingKey(NamedTuple):
    """An alert on a channel."""

    alert_id: str
    channel: Channel


@dataclass(frozen=True)
class Unsent:
    """An alert that waits on a channel since an engine before this one. Times in ms UTC."""

    key: SendingKey
    alert: Alert
    trading_mode: str
    raised_at: int
    attempts: int


class KeptSendings:
    """The sendings of one identity. All methods raise LeaseLostError, and SourceUnavailableError without a database."""

    def __init__(self, sub: str, fence: Fence) -> None:
        self._sub = sub
        self._fence = fence

    async def resume(self, begun_at: int, now_ms: int) -> tuple[Sequence[Unsent], int]:
        """Return what waits, oldest first, and how many were being sent when their engine ended.

        Those are given up: they may have arrived, and nothing is sent twice. `begun_at`: what this engine itself has
        begun to send since, ms, is not among them.
        """
        return await off_loop(self._resume)(begun_at, now_ms)

    async def begin(self, keys: Collection[SendingKey], now_ms: int) -> frozenset[SendingKey]:
        """Note that these are about to be sent; returns those that waited. The others must not be sent."""
        return await off_loop(self._begin)(tuple(keys), now_ms)

    async def note(self, sendings: Mapping[SendingKey, Sending]) -> frozenset[SendingKey]:
        """Note what became of these; returns those that are known. An alert that is not stored yet is not."""
        return await off_loop(self._note)(dict(sendings))

    @transaction.atomic
    def _resume(self, begun_at: int, now_ms: int) -> tuple[list[Unsent], int]:
        self._fence.check()
        own = AlertSending.objects.filter(alert__identity__sub=self._sub)
        # One that has no time was stored when it had been sent already.
        stored_late = Q(changed_at=None, alert__created_at__lt=datetime.fromtimestamp(begun_at / 1000, UTC))
        earlier = Q(changed_at__lt=begun_at) | stored_late
        interrupted = own.filter(earlier, state=SendingState.SENDING.value).update(
            state=SendingState.FAILED.value, changed_at=now_ms, error=INTERRUPTED
        )
        waiting = own.filter(state=SendingState.WAITING.value).select_related("alert").order_by("alert__created_at")
        return [_unsent(row) for row in waiting], interrupted

    @transaction.atomic
    def _begin(self, keys: tuple[SendingKey, ...], now_ms: int) -> frozenset[SendingKey]:
        self._fence.check()
        begun = {
            key
            for key in keys
            if AlertSending.objects.filter(
                alert_id=key.alert_id, channel=key.channel, state=SendingState.WAITING.value
            ).update(state=SendingState.SENDING.value, attempts=F("attempts") + 1, changed_at=now_ms)
        }
        return frozenset(begun)

    @transaction.atomic
    def _note(self, sendings: Mapping[SendingKey, Sending]) -> frozenset[SendingKey]:
        self._fence.check()
        return frozenset(_updated(sendings.items()))


def _updated(sendings: Iterable[tuple[SendingKey, Sending]]) -> Iterable[SendingKey]:
    for key, sending in sendings:
        if AlertSending.objects.filter(alert_id=key.alert_id, channel=key.channel).update(
            state=sending.state.value,
            attempts=sending.attempts,
            changed_at=sending.at,
            error=sending.error[: AlertSending.LONGEST_ERROR],
        ):
            yield key


def _unsent(row: AlertSending) -> Unsent:
    channel: Channel = row.channel  # type: ignore[assignment]
    created: datetime = row.alert.created_at.astimezone(UTC)
    return Unsent(
        key=SendingKey(str(row.alert_id), channel),
        alert=row.alert.message(),
        trading_mode=row.alert.trading_mode,
        raised_at=int(created.timestamp() * 1000),
        attempts=row.attempts,
    )
