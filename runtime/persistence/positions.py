"""Where positions were first seen."""

from collections.abc import Sequence

from django.db import transaction

from runtime.engine.ports import Entry
from runtime.models import PositionEntry
from runtime.persistence.database import Fence, off_loop
from settingsapp.models import Identity


class PositionBook:
    """Implements runtime.engine.ports.Positions."""

    def __init__(self, sub: str, fence: Fence) -> None:
        self._sub = sub
        self._fence = fence

    async def load(self) -> Sequence[Entry]:
        return await off_loop(self._read)()

    async def remember(self, entry: Entry) -> None:
        """Keep an entry; the first one of a symbol stays."""
        await off_loop(self._write)(entry)

    def _read(self) -> list[Entry]:
        rows = PositionEntry.objects.filter(identity__sub=self._sub)
        return [Entry(row.symbol, row.price, row.seen_at) for row in rows]

    @transaction.atomic
    def _write(self, entry: Entry) -> None:
        self._fence.check()
        PositionEntry.objects.get_or_create(
            identity=Identity.objects.get(sub=self._sub),
            symbol=entry.symbol,
            defaults={"price": entry.price, "seen_at": entry.seen_at},
        )
