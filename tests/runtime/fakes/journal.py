"""The engine's log settings without a log."""

from collections.abc import Sequence

from settingsapp.schema.running import LoggingSettings


class FakeJournal:
    """Keeps what it was asked for; `problems` is what it answers."""

    def __init__(self) -> None:
        self.followed: list[LoggingSettings] = []
        self.problems: list[str] = []

    async def follow(self, wanted: LoggingSettings) -> Sequence[str]:
        self.followed.append(wanted)
        return tuple(self.problems)
