"""What the engine tells: its status, its alerts, its errors; and what it told before."""

from collections.abc import Mapping, Sequence
from typing import Protocol
from uuid import UUID

from runtime.protocol.alerts import Alert
from runtime.protocol.delivery import Delivery
from runtime.protocol.status import Status


class Outbox(Protocol):
    """What the engine tells the world. All methods raise LeaseLostError once another leads."""

    async def status(self, status: Status) -> None: ...

    async def alert(self, alert: Alert, delivery: Delivery) -> None:
        """Store an alert and, unless it is late, announce it. A database that is away delays only the storing."""

    async def withdraw(self, ids: Sequence[UUID], at: int) -> None:
        """Say of alerts that they do not hold: their candles were corrected, at `at` (ms UTC).

        A database that is away delays it.
        """

    async def alerts_since(self, since: int) -> Sequence[Alert]:
        """Return the alerts that were raised since that moment (ms UTC) and not withdrawn, and of passed limits the
        last one of each symbol, however old it is.

        Raises SourceUnavailableError.
        """

    async def last_announced(self) -> int | None:
        """Return when the last alert was raised that was not late (ms UTC); None where there was none.

        Raises SourceUnavailableError.
        """

    async def entries_since(self, since: int) -> Mapping[str, int]:
        """Return how many entry alerts were due somewhere since that moment (ms UTC), by exchange.

        Raises SourceUnavailableError.
        """

    async def error(self, level: str, origin: str, message: str) -> None:
        """Announce something that the owner should see; `level` is `warning` or `error`."""
