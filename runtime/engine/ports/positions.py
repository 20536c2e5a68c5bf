"""Positions' entries and accounts, remembered across restarts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from runtime.engine.holdings import Account


@dataclass(frozen=True)
class Entry:
    """The price of a position that stop-loss and take-profit count from: what it cost where the exchange tells, else
    where it was first seen.
    """

    symbol: str
    """Qualified."""
    price: float
    seen_at: int
    """Since when this price counts, ms."""
    is_cost: bool = False


class Positions(Protocol):
    """Entries and what accounts hold, remembered across restarts. Raises SourceUnavailableError."""

    async def load(self) -> Sequence[Entry]: ...

    async def remember(self, entry: Entry) -> None:
        """Keep an entry: a first sight only where there is none yet, a cost in any case."""

    async def forget(self, symbol: str) -> None:
        """Drop the entry of a symbol (qualified) that is not held any more."""

    async def accounts(self) -> Sequence[Account]:
        """Return what was last known of each exchange."""

    async def keep_accounts(self, accounts: Sequence[Account]) -> None:
        """Keep what is known of the exchanges, these and no others, and show it as observed in the settings."""
