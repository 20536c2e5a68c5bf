"""The queue of commands, and what the owner last asked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from runtime.protocol.answers import Result
from runtime.protocol.commands import Command
from runtime.protocol.records import CommandRecord
from runtime.protocol.undo import Undo
from settingsapp.schema.vocabulary import Mode


@dataclass(frozen=True)
class QueuedCommand:
    """A command that this engine has acknowledged and must end. `entry` is its id in the stream."""

    entry: str
    command: Command

    @property
    def order(self) -> tuple[int, int]:
        """Its place in the stream: an entry's id is two numbers, and compares as such."""
        milliseconds, _, sequence = self.entry.partition("-")
        return int(milliseconds), int(sequence or 0)


@dataclass(frozen=True)
class Intent:
    """What the owner last asked for, kept outside the engine.

    `mode`: None where none was ever asked for; the document's start mode counts then. `paused_until`: ms, None without
    a time box.
    """

    paused: bool
    mode: Mode | None
    paused_until: int | None = None
    revision: int = 0


class Start(Enum):
    """May an acknowledged command begin?"""

    GO = "go"
    EXPIRED = "expired"
    FINISHED = "finished"
    """It has its result already: nothing is left to do."""


@dataclass(frozen=True)
class CommandEnd:
    """All that is kept when a command ends."""

    result: Result
    intent: Intent | None = None
    """The intent to write; None where it did not change."""
    undo: Undo | None = None
    """How to undo what the command has changed; None where there is nothing to undo."""
    undone: tuple[str, ...] = ()
    """Ids of the commands that this one has undone."""


class CommandQueue(Protocol):
    """The command path as the leader sees it. Every method raises LeaseLostError once another leads."""

    async def receive(self, wait_seconds: float) -> Sequence[QueuedCommand]:
        """Take what has come in, at most `wait_seconds` later. What can't be read as a command has been refused."""

    async def start(self, queued: QueuedCommand) -> Start:
        """Ask, by Redis's clock, whether the command may begin, and note that it did."""

    async def begin_member(self, queued: QueuedCommand) -> CommandRecord | None:
        """Note that a member of a batch begins; returns its record where it has ended already."""

    async def complete(self, queued: QueuedCommand, end: CommandEnd) -> int:
        """Store and publish the one result, drop the entry, and write the intent where it changed: all in one step.

        Returns the intent's new revision, 0 where it did not change. Doing it again is harmless. The entry of a
        batch's member is the batch's, and stays.
        """

    async def record(self, command_id: str) -> CommandRecord | None:
        """Return what is known of a command, None where its id is not known (any more)."""

    async def last_undoable(self) -> CommandRecord | None:
        """Return the command that ended last of those that changed something and were not undone yet."""

    async def progress(self, queued: QueuedCommand, done: int, total: int, message: str) -> None:
        """Tell how far a long command is."""


class Intents(Protocol):
    """The intent outside of commands."""

    async def load(self) -> Intent | None:
        """Return the last intent, None where there never was one."""

    async def store(self, intent: Intent) -> Intent:
        """Write an intent that no command brought (a time box that ran out); returns it with its revision."""

    async def restore(self, intent: Intent) -> None:
        """Write an intent again, under its own revision, where it has vanished."""

    async def remember(self, intent: Intent) -> None:
        """Keep a second copy where a lost Redis can't reach it. Raises SourceUnavailableError."""
