"""What the engine tells the world, kept for a test to read."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from uuid import UUID

from runtime.protocol.alerts import Alert
from runtime.protocol.delivery import Delivery
from runtime.protocol.status import EngineState, Status


class FakeOutbox:
    """Keeps every message; `trouble` is raised while it is set."""

    def __init__(self) -> None:
        self.statuses: list[Status] = []
        self.alerts: list[Alert] = []
        self.deliveries: list[Delivery] = []
        """One for each of the alerts."""
        self.alerts_before: list[Alert] = []
        """What was raised before the engine began."""
        self.entries_before: Mapping[str, int] = {}
        """What counts against the day's limit from before the engine began."""
        self.announced_before: int | None = None
        """When the last alert was announced before the engine began."""
        self.withdrawn: list[tuple[UUID, int]] = []
        """Ids of alerts that hold no longer, each with when that was said."""
        self.errors: list[tuple[str, str, str]] = []
        self.trouble: Exception | None = None
        self._changed = asyncio.Condition()

    async def status(self, status: Status) -> None:
        self._fail()
        self.statuses.append(status)
        await self._tell()

    async def alert(self, alert: Alert, delivery: Delivery) -> None:
        self._fail()
        self.alerts.append(alert)
        self.deliveries.append(delivery)
        await self._tell()

    async def withdraw(self, ids: Sequence[UUID], at: int) -> None:
        self._fail()
        self.withdrawn += [(one, at) for one in ids]
        await self._tell()

    async def alerts_since(self, since: int) -> Sequence[Alert]:
        gone = {one for one, _ in self.withdrawn}
        return [*self.alerts_before, *(alert for alert in self.alerts if alert.id not in gone)]

    async def last_announced(self) -> int | None:
        return self.announced_before

    async def entries_since(self, since: int) -> Mapping[str, int]:
        return self.entries_before

    async def error(self, level: str, origin: str, message: str) -> None:
        self._fail()
        self.errors.append((level, origin, message))
        await self._tell()

    @property
    def states(self) -> list[EngineState]:
        """Every state that was ever shown, in order."""
        return [status.state for status in self.statuses]

    async def until(self, holds: Callable[[], object], patience: float = 10.0) -> None:
        """Wait until something holds, looking after every message."""
        async with asyncio.timeout(patience), self._changed:
            await self._changed.wait_for(lambda: bool(holds()))

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    def _fail(self) -> None:
        if self.trouble is not None:
            raise self.trouble
