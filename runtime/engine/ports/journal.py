"""How much is logged."""

from collections.abc import Sequence
from typing import Protocol

from settingsapp.schema.running import LoggingSettings


class Journal(Protocol):
    """The engine's log."""

    async def follow(self, wanted: LoggingSettings) -> Sequence[str]:
        """Write as wanted from now on; return what of it can't be done on this machine, in words."""
