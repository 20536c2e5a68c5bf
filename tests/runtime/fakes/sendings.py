"""What became of each alert on each channel, without a database."""

from collections.abc import Mapping, Sequence

from runtime.engine.ports.availability import LeaseLostError, SourceUnavailableError
from runtime.persistence.sendings import SendingKey, Unsent
from runtime.protocol.delivery import Sending, SendingState


class FakeSendings:
    """Keeps rows as the database would; `trouble` is raised while it is set."""

    def __init__(self) -> None:
        self.rows: dict[SendingKey, Sending] = {}
        self.unsent: list[Unsent] = []
        self.trouble: Exception | None = None
        self.begun: list[SendingKey] = []

    def lose(self) -> None:
        self.trouble = SourceUnavailableError("the database does not answer")

    def fence(self) -> None:
        self.trouble = LeaseLostError("another engine has written since")

    async def resume(self, begun_at: int, now_ms: int) -> tuple[Sequence[Unsent], int]:
        self._fail()
        return self.unsent, 0

    async def begin(self, keys: Sequence[SendingKey], now_ms: int) -> frozenset[SendingKey]:
        self._fail()
        mine = [key for key in keys if self.rows.get(key, Sending()).state is SendingState.WAITING]
        for key in mine:
            self.begun.append(key)
            self.rows[key] = Sending(SendingState.SENDING, self.rows.get(key, Sending()).attempts + 1, now_ms)
        return frozenset(mine)

    async def note(self, sendings: Mapping[SendingKey, Sending]) -> frozenset[SendingKey]:
        self._fail()
        self.rows |= sendings
        return frozenset(sendings)

    def _fail(self) -> None:
        if self.trouble is not None:
            raise self.trouble
