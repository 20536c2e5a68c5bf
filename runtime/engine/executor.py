"""Carrying out commands: by urgency, one at a time, each ending exactly once.

Three lanes: pause at once, whatever else runs; long commands beside the queue; all others in order of priority.
"""

import asyncio
import heapq
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final, TypeVar

from runtime.engine.ports import (
    CommandQueue,
    LeaseLostError,
    QueuedCommand,
    SettingsRejectedError,
    SettingsUnusableError,
    SourceUnavailableError,
    Start,
    UnknownInstrumentError,
)
from runtime.engine.state import NotReadyError, State
from runtime.engine.superseding import superseded_by
from runtime.protocol.answers import Outcome, Result
from runtime.protocol.commands import CommandName

log = logging.getLogger(__name__)

T = TypeVar("T")

URGENT: Final = frozenset({CommandName.PAUSE})
LONG: Final = frozenset({CommandName.FORCE_BACKFILL})
RECEIVE_SECONDS: Final = 1.0
RETRY_SECONDS: Final = 0.5


@dataclass(frozen=True)
class Ending:
    """How a handler ended a command, and whether the intent that the engine now has is to be kept."""

    result: Result
    changes_intent: bool = False


Handler = Callable[[QueuedCommand], Awaitable[Ending]]


class Executor:
    """Takes commands from the queue and ends them."""

    def __init__(
        self,
        state: State,
        queue: CommandQueue,
        handlers: Mapping[CommandName, Handler],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._state = state
        self._queue = queue
        self._handlers = handlers
        self._sleep = sleep
        self._waiting: list[tuple[int, tuple[int, int], QueuedCommand]] = []
        """A heap: by priority, then by the order of the stream."""
        self._something_waits = asyncio.Event()

    async def run(self) -> None:
        """Run until cancelled. Raises LeaseLostError."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._work(), name="commands in order")
            while True:
                try:
                    received = await self._queue.receive(RECEIVE_SECONDS)
                except SourceUnavailableError as error:
                    log.warning("commands can't be read: %s", error)
                    await self._sleep(RETRY_SECONDS)
                    continue
                for queued in received:
                    await self._supersede(queued)
                    if queued.command.name in URGENT or queued.command.name in LONG:
                        tasks.create_task(self._carry_out(queued), name=f"command {queued.command.name}")
                    else:
                        heapq.heappush(self._waiting, (queued.command.priority, queued.order, queued))
                        self._something_waits.set()
                self._count()

    async def _work(self) -> None:
        while True:
            await self._something_waits.wait()
            while self._waiting:
                _, _, queued = heapq.heappop(self._waiting)
                self._count()
                await self._carry_out(queued)
            self._something_waits.clear()

    def _count(self) -> None:
        self._state.waiting_commands = len(self._waiting)

    async def _supersede(self, newer: QueuedCommand) -> None:
        pointless = [
            item
            for item in self._waiting
            if superseded_by(newer.command.name, item[2].command.name) and item[1] < newer.order
        ]
        for item in pointless:
            self._waiting.remove(item)
        heapq.heapify(self._waiting)
        for _, _, queued in pointless:
            text = f"a newer {newer.command.name} ({newer.command.id}) made it pointless"
            await self._end(queued, Ending(Result(Outcome.SUPERSEDED, text)))

    async def _carry_out(self, queued: QueuedCommand) -> None:
        start = await self._until_reachable(lambda: self._queue.start(queued))
        if start is Start.FINISHED:
            return
        if start is Start.EXPIRED:
            result = Result(Outcome.EXPIRED, "it waited past its deadline and was not carried out")
            await self._end(queued, Ending(result))
            return
        await self._end(queued, await self._handle(queued))

    async def _handle(self, queued: QueuedCommand) -> Ending:
        try:
            return await self._handlers[queued.command.name](queued)
        except LeaseLostError:
            raise
        except SettingsRejectedError as error:
            return Ending(Result(Outcome.REFUSED, str(error)))
        except UnknownInstrumentError as error:
            return Ending(Result(Outcome.REFUSED, str(error)))
        except (SourceUnavailableError, SettingsUnusableError, NotReadyError) as error:
            return Ending(Result(Outcome.FAILED, str(error)))
        except Exception as error:
            # The sender gets an end whatever happens; the log gets the whole story.
            log.exception("%s failed", queued.command.name)
            text = f"the engine stumbled over it ({type(error).__name__}); its log says where"
            return Ending(Result(Outcome.FAILED, text))

    async def _end(self, queued: QueuedCommand, ending: Ending) -> None:
        if not ending.changes_intent:
            await self._until_reachable(lambda: self._queue.complete(queued, ending.result))
            return
        async with self._state.intent_lock:
            # The intent as it is now: another command may have changed it since this one's handler ended.
            revision = await self._until_reachable(
                lambda: self._queue.complete(queued, ending.result, self._state.intent)
            )
            if revision:
                self._state.intent = replace(self._state.intent, revision=revision)

    async def _until_reachable(self, attempt: Callable[[], Awaitable[T]]) -> T:
        while True:
            try:
                return await attempt()
            except SourceUnavailableError as error:
                log.warning("Redis is away, trying again: %s", error)
                await self._sleep(RETRY_SECONDS)
