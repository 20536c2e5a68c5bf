"""The scanner, which proposes what a person approves."""

from dataclasses import dataclass
from typing import Protocol

from runtime.protocol.commands import Command


@dataclass(frozen=True)
class Scanned:
    """What a scan came to: so many symbols to add, to remove and to keep. `proposal` is its id."""

    proposal: str
    exchange: str
    add: int
    remove: int
    keep: int
    expires_at: int
    """Until then it can be approved, ms UTC."""
    notes: tuple[str, ...] = ()
    """What should be known before anybody approves, in whole sentences."""


class ScanRejectedError(Exception):
    """A scan can't be made as it was asked for; the text says why."""


class Scanner(Protocol):
    """The scanner. It proposes, a person approves: nothing of it touches the watchlist."""

    async def prepare(self, exchange: str) -> None:
        """Read what the exchange trades, where what is known of it is old. Raises as `propose` does; that the exchange
        can't be asked is no error here, but told by what `propose` then says.
        """

    async def propose(self, exchange: str, command: Command) -> Scanned:
        """Scan by the saved criteria and keep the proposal; the same command makes one, however often it comes.

        Without an exchange it is the one that the settings name. Raises ScanRejectedError, SourceUnavailableError,
        LeaseLostError.
        """
