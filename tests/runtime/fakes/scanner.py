"""The scanner without a catalogue."""

from runtime.engine.ports.scanner import Scanned, ScanRejectedError
from runtime.protocol.commands import Command


class FakeScanner:
    """Proposes `found`, or refuses with `refusal` while that is set."""

    def __init__(self) -> None:
        self.found = Scanned("proposal-1", "simulated", add=2, remove=1, keep=3, expires_at=9_000)
        self.refusal = ""
        self.asked: list[tuple[str, str]] = []
        """Which exchange was asked for, with the id of the command."""

        self.prepared: list[str] = []

    async def prepare(self, exchange: str) -> None:
        self.prepared.append(exchange)

    async def propose(self, exchange: str, command: Command) -> Scanned:
        self.asked.append((exchange, command.id))
        if self.refusal:
            raise ScanRejectedError(self.refusal)
        return self.found
