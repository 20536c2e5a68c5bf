"""The command queue without Redis."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from runtime.engine.ports.commands import CommandEnd, Intent, QueuedCommand, Start
from runtime.protocol.answers import CommandState, Result
from runtime.protocol.commands import Command, parse_command
from runtime.protocol.payloads import CommandName
from runtime.protocol.records import CommandRecord
from runtime.protocol.undo import Undo


@dataclass(frozen=True)
class Completed:
    """One end of one command, with the intent that was written with it."""

    id: str
    result: Result
    intent: Intent | None
    undo: Undo | None = None
    undone: tuple[str, ...] = ()


class FakeQueue:
    """Hands out what is put in and remembers what became of it. `failures` are raised first, by method."""

    def __init__(self) -> None:
        self.completed: list[Completed] = []
        self.commands: dict[str, Command] = {}
        self.told: list[tuple[str, int, int, str]] = []
        self.asked: list[str] = []
        """Ids for which `start` was asked, answered or not."""
        self.started: list[str] = []
        self.failures: dict[str, list[Exception]] = {}
        self.starts: dict[str, Start] = {}
        """Answers to `start` by command id; GO where nothing is said."""
        self.gates: dict[str, asyncio.Event] = {}
        """A `start` of that id is answered once its gate is open."""
        self.revision = 0
        self._coming: asyncio.Queue[list[QueuedCommand]] = asyncio.Queue()
        self._entries = 1_763_856_000_000
        self._changed = asyncio.Condition()

    def queued(self, name: CommandName | str, payload: Mapping[str, Any] | None = None, **more: Any) -> QueuedCommand:
        """Return a command as the stream would give it, each later than the one before."""
        self._entries += 1
        message = {"id": f"{name}-{self._entries}", "command": str(name), "payload": payload or {}, **more}
        command = parse_command(message)
        self.commands[command.id] = command
        return QueuedCommand(f"{self._entries}-0", command)

    def put(self, *commands: QueuedCommand) -> None:
        """Let these come in together."""
        self._coming.put_nowait(list(commands))

    async def receive(self, wait_seconds: float) -> Sequence[QueuedCommand]:
        self._fail("receive")
        return await self._coming.get()

    async def start(self, queued: QueuedCommand) -> Start:
        self._fail("start")
        self.asked.append(queued.command.id)
        gate = self.gates.get(queued.command.id)
        if gate is not None:
            await gate.wait()
        self.started.append(queued.command.id)
        await self._tell()
        return self.starts.get(queued.command.id, Start.GO)

    async def begin_member(self, queued: QueuedCommand) -> CommandRecord | None:
        self._fail("begin_member")
        self.commands[queued.command.id] = queued.command
        found = await self.record(queued.command.id)
        return found if found is not None and found.state.is_final else None

    async def complete(self, queued: QueuedCommand, end: CommandEnd) -> int:
        self._fail("complete")
        await asyncio.sleep(0)
        if end.intent is not None:
            self.revision = max(self.revision, end.intent.revision) + 1
        async with self._changed:
            self.completed.append(Completed(queued.command.id, end.result, end.intent, end.undo, end.undone))
            self._changed.notify_all()
        return self.revision if end.intent is not None else 0

    async def record(self, command_id: str) -> CommandRecord | None:
        command = self.commands.get(command_id)
        if command is None:
            return None
        end = next((c for c in self.completed if c.id == command_id), None)
        return CommandRecord(
            id=command_id,
            command=command.name,
            payload=command.payload.model_dump(mode="json", by_alias=True, exclude_none=True),
            source=command.source,
            issued_by=command.issued_by,
            state=CommandState(end.result.outcome.value) if end else CommandState.ACKNOWLEDGED,
            queued_at=0,
            message=end.result.message if end else "",
            undo=end.undo if end else None,
            undone_by=next((c.id for c in self.completed if command_id in c.undone), ""),
            batch_id=command.batch_id or "",
        )

    async def last_undoable(self) -> CommandRecord | None:
        for end in reversed(self.completed):
            found = await self.record(end.id)
            if found is not None and end.undo is not None and not found.undone_by:
                return found
        return None

    async def progress(self, queued: QueuedCommand, done: int, total: int, message: str) -> None:
        self._fail("progress")
        self.told.append((queued.command.id, done, total, message))
        await self._tell()

    async def until(self, holds: Callable[[], object]) -> None:
        """Wait until something holds, looking whenever a command begins, gets on or ends."""
        async with self._changed:
            await self._changed.wait_for(lambda: bool(holds()))

    async def end_of(self, queued: QueuedCommand) -> Completed:
        """Wait for a command's end."""
        async with self._changed:
            await self._changed.wait_for(lambda: any(c.id == queued.command.id for c in self.completed))
        return next(c for c in self.completed if c.id == queued.command.id)

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    def _fail(self, method: str) -> None:
        if self.failures.get(method):
            raise self.failures[method].pop(0)
