"""A start takes a moment: what comes in meanwhile waits for the settings instead of failing for want of them."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Final

from runtime.engine.executor import Ending, Handler
from runtime.engine.ports.commands import QueuedCommand
from runtime.protocol.payloads import CommandName

WORK_WITHOUT: Final = frozenset({CommandName.PAUSE, CommandName.RESUME, CommandName.STATUS})


class Readiness:
    """Whether the engine has begun to work by its settings.

    Commands are waited for once, at the start: where the settings can't be read by then, each is told so at once.
    """

    def __init__(self, patience: float) -> None:
        self._begun = asyncio.Event()
        self._patience = patience
        self._until = 0.0

    def start(self) -> None:
        """The engine begins to lead."""
        self._until = asyncio.get_running_loop().time() + self._patience

    def begun(self) -> None:
        """The settings are in force."""
        self._begun.set()

    async def wait(self) -> None:
        """Wait until the engine has begun or the patience is over."""
        with suppress(TimeoutError):
            async with asyncio.timeout_at(self._until):
                await self._begun.wait()

    def awaited(self, handlers: Mapping[CommandName, Handler]) -> Mapping[CommandName, Handler]:
        """Return handlers that wait first, but for what works without settings."""
        return {name: handler if name in WORK_WITHOUT else self._waiting(handler) for name, handler in handlers.items()}

    def _waiting(self, handler: Handler) -> Handler:
        async def handle(queued: QueuedCommand) -> Ending:
            await self.wait()
            return await handler(queued)

        return handle
