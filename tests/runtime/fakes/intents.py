"""The intent's store without Redis."""

from dataclasses import replace

from runtime.engine.ports.availability import SourceUnavailableError
from runtime.engine.ports.commands import Intent


class FakeIntents:
    """Keeps the intent in memory, and every copy that was remembered."""

    def __init__(self, kept: Intent | None = None) -> None:
        self.kept = kept
        self.remembered: list[Intent] = []
        self.loads_that_fail = 0
        self.stores_that_fail = 0

    async def load(self) -> Intent | None:
        if self.loads_that_fail:
            self.loads_that_fail -= 1
            raise SourceUnavailableError("Redis does not answer")
        return self.kept

    async def store(self, intent: Intent) -> Intent:
        if self.stores_that_fail:
            self.stores_that_fail -= 1
            raise SourceUnavailableError("Redis does not answer")
        self.kept = replace(intent, revision=intent.revision + 1)
        return self.kept

    async def restore(self, intent: Intent) -> None:
        if self.kept is None or intent.revision > self.kept.revision:
            self.kept = intent

    async def remember(self, intent: Intent) -> None:
        self.remembered.append(intent)
