"""Positions' entries without a database."""

from collections.abc import Sequence

from runtime.engine.holdings import Account
from runtime.engine.ports.positions import Entry


class FakePositions:
    """Remembers entries; `trouble` is raised while it is set."""

    def __init__(self, *entries: Entry) -> None:
        self.entries = list(entries)
        self.kept: tuple[Account, ...] = ()
        self.trouble: Exception | None = None

    async def load(self) -> Sequence[Entry]:
        self._fail()
        return tuple(self.entries)

    async def remember(self, entry: Entry) -> None:
        self._fail()
        known = [one for one in self.entries if one.symbol == entry.symbol]
        if entry.is_cost or not known:
            self.entries = [one for one in self.entries if one.symbol != entry.symbol] + [entry]

    async def forget(self, symbol: str) -> None:
        self._fail()
        self.entries = [one for one in self.entries if one.symbol != symbol]

    async def accounts(self) -> Sequence[Account]:
        self._fail()
        return self.kept

    async def keep_accounts(self, accounts: Sequence[Account]) -> None:
        self._fail()
        self.kept = tuple(accounts)

    def _fail(self) -> None:
        if self.trouble is not None:
            raise self.trouble
