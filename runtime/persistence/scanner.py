"""The scanner as the engine asks for it."""

from collections.abc import Iterator
from contextlib import contextmanager

from runtime.engine.ports.availability import SourceUnavailableError
from runtime.engine.ports.clock import Clock
from runtime.engine.ports.scanner import Scanned, ScanRejectedError
from runtime.persistence.database import Fence, off_loop
from runtime.protocol.commands import Command
from settingsapp.identities import UnknownIdentityError
from settingsapp.schema.validation import InvalidSettingsError
from symbols import scanner
from symbols.scanner import Asked, ScanRefusedError
from symbols.scanning import NothingToScanError


class SavedScanner:
    """Implements runtime.engine.ports.scanner.Scanner."""

    def __init__(self, sub: str, fence: Fence, clock: Clock) -> None:
        self._sub = sub
        self._fence = fence
        self._clock = clock

    async def prepare(self, exchange: str) -> None:
        await off_loop(self._prepare, beside_writes=True)(exchange)

    async def propose(self, exchange: str, command: Command) -> Scanned:
        # Beside the writes of candles' alerts and intents: reading a whole catalogue takes its time.
        return await off_loop(self._propose, beside_writes=True)(exchange, command)

    def _prepare(self, exchange: str) -> None:
        with _told():
            scanner.prepare(self._sub, exchange, self._clock.now_ms())

    def _propose(self, exchange: str, command: Command) -> Scanned:
        asked = Asked(command.issued_by, command.source, exchange, command.id)
        with _told():
            made = scanner.propose(self._sub, asked, self._clock.now_ms(), guard=self._fence.check)
        return Scanned(
            proposal=str(made.pk),
            exchange=made.exchange,
            add=len(made.add),
            remove=len(made.remove),
            keep=len(made.keep),
            expires_at=made.expires_at,
            notes=tuple(made.notes),
        )


@contextmanager
def _told() -> Iterator[None]:
    """Tell what a scan refuses as the engine knows it."""
    try:
        yield
    except (ScanRefusedError, NothingToScanError, InvalidSettingsError) as error:
        raise ScanRejectedError(str(error)) from error
    except UnknownIdentityError as error:
        raise SourceUnavailableError(str(error)) from error
