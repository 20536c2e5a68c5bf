"""The lanes in which commands wait: by urgency, and within one urgency in the order of the stream."""

import asyncio
import heapq
from collections.abc import Callable
from enum import Enum
from typing import Final

from runtime.engine.ports.commands import QueuedCommand
from runtime.protocol.commands import Command, members_of
from runtime.protocol.payloads import CommandName

URGENT: Final = frozenset({CommandName.PAUSE})
LONG: Final = frozenset(
    {
        CommandName.FORCE_BACKFILL,
        CommandName.TEST_CONNECTION,
        CommandName.TEST_NOTIFICATION,
        CommandName.SCAN_SYMBOLS,
    }
)
"""What waits for somebody outside, an exchange or a service that takes messages, or takes its time by itself."""


class Kind(Enum):
    """Where a command is carried out."""

    URGENT = "at once, whatever else runs"
    ORDERED = "one at a time"
    LONG = "beside the others, a few at a time"


def kind_of(command: Command) -> Kind:
    """Return where a command is carried out; a batch is as long as the longest that it holds."""
    if command.name in URGENT:
        return Kind.URGENT
    if command.name in LONG or any(member.name in LONG for member in members_of(command)):
        return Kind.LONG
    return Kind.ORDERED


class Lane:
    """Commands that wait for their turn."""

    def __init__(self) -> None:
        self._waiting: list[tuple[int, tuple[int, int], QueuedCommand]] = []
        self._something_waits = asyncio.Event()

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, queued: QueuedCommand) -> None:
        heapq.heappush(self._waiting, (queued.command.priority, queued.order, queued))
        self._something_waits.set()

    async def take(self) -> QueuedCommand:
        """Return the command whose turn it is, once there is one."""
        while not self._waiting:
            self._something_waits.clear()
            await self._something_waits.wait()
        return heapq.heappop(self._waiting)[2]

    def drop(self, is_pointless: Callable[[QueuedCommand], bool]) -> list[QueuedCommand]:
        """Take out what need not run any more, and return it in the order of the stream."""
        dropped = sorted((item for item in self._waiting if is_pointless(item[2])), key=lambda item: item[1])
        if dropped:
            self._waiting = [item for item in self._waiting if not is_pointless(item[2])]
            heapq.heapify(self._waiting)
        return [item[2] for item in dropped]
