"""Scanning an exchange for symbols that fit the owner's criteria."""

import contextlib
from typing import Final, cast

from runtime.engine.executor import Ending
from runtime.engine.ports import schedules
from runtime.engine.ports.availability import SourceUnavailableError
from runtime.engine.ports.commands import CommandQueue, QueuedCommand
from runtime.engine.ports.scanner import Scanned, Scanner, ScanRejectedError
from runtime.engine.state import State
from runtime.protocol.answers import Outcome, Result
from runtime.protocol.payloads import ScanPayload

OFF: Final = (
    "scheduled scans are switched off: switch on scanner_to_maintain_symbols_enabled in the settings, or scan by hand"
)


class ScanningHandlers:
    """A scan proposes. It changes nothing, so there is nothing to undo."""

    def __init__(self, state: State, scanner: Scanner, queue: CommandQueue) -> None:
        self._state = state
        self._scanner = scanner
        self._queue = queue

    async def scan_symbols(self, queued: QueuedCommand) -> Ending:
        """Make a proposal and tell what is in it."""
        document = self._state.require_settings().document
        if queued.command.source == schedules.SOURCE and not document.scanner_to_maintain_symbols_enabled:
            return Ending(Result(Outcome.REFUSED, OFF))
        wanted = cast("ScanPayload", queued.command.payload).exchange or ""
        named = wanted or document.scanner_exchange or document.perseus_profile.primary_exchange
        try:
            await self._tell(queued, 0, f"reading what {named} trades")
            await self._scanner.prepare(wanted)
            await self._tell(queued, 1, f"scanning {named}")
            found = await self._scanner.propose(wanted, queued.command)
        except ScanRejectedError as error:
            return Ending(Result(Outcome.REFUSED, str(error)))
        await self._tell(queued, 2, f"{found.exchange} is scanned")
        data = {
            "proposal": found.proposal,
            "exchange": found.exchange,
            "add": found.add,
            "remove": found.remove,
            "keep": found.keep,
            "expiresAt": found.expires_at,
            "notes": list(found.notes),
        }
        return Ending(Result(Outcome.SUCCEEDED, _told(found), data))

    async def _tell(self, queued: QueuedCommand, done: int, message: str) -> None:
        # Progress is for the eye: Redis being away for a moment is no reason to give up.
        with contextlib.suppress(SourceUnavailableError):
            await self._queue.progress(queued, done, 2, message)


def _told(found: Scanned) -> str:
    counts = f"{found.add} to add, {found.remove} to remove, {found.keep} to keep"
    if not found.add and not found.remove:
        return f"{found.exchange}: {counts}; the watchlist is as the scanner would have it"
    return f"{found.exchange}: {counts}; the proposal waits for approval"
