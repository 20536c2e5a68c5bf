"""Positions' entries without a database."""

from collections.abc import Sequence

from runtime.engine.ports import Entry


class FakePositions:
    """Remembers entries; `trouble` is raised while it is set."""

    def __init__(self, *entries: Entry) -> None:
        self.entries = list(entries)
        self.trouble: Exception | None = None

    async def load(self) -> Sequence[Entry]:
        self._fail()
        return tuple(self.entries)

    async def remember(self, entry: Entry) -> None:
        self._fail()
        self.entries.append(entry)

    def _fail(self) -> None:
        if self.trouble is not None:
            raise self.trouble
