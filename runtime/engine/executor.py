"""Carrying out commands: by urgency, each ending exactly once.

Three lanes: pause at once, whatever else runs; long commands beside the queue, a few at a time; all others one by one
in order of priority. A batch's members go one after the other, each with an end of its own.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import Final, TypeVar, cast

from runtime.engine.lanes import LONG, URGENT, Kind, Lane, kind_of
from runtime.engine.ports.availability import LeaseLostError, SourceUnavailableError
from runtime.engine.ports.commands import CommandEnd, CommandQueue, QueuedCommand, Start
from runtime.engine.ports.feeds import UnknownInstrumentError
from runtime.engine.ports.settings import SettingsRejectedError, SettingsUnusableError
from runtime.engine.state import NotReadyError, State
from runtime.engine.superseding import SUPERSEDES, superseded_by
from runtime.protocol.answers import Outcome, Result
from runtime.protocol.commands import members_of
from runtime.protocol.payloads import BatchPayload, CommandName
from runtime.protocol.undo import Undo, UndoBatch

log = logging.getLogger(__name__)

T = TypeVar("T")

RECEIVE_SECONDS: Final = 1.0
RETRY_SECONDS: Final = 0.5
LONG_AT_ONCE: Final = 2
"""So many long commands run beside each other: they share the exchanges' rate limits."""

_EXPIRED: Final = Result(Outcome.EXPIRED, "it waited past its deadline and was not carried out")
_NOT_REACHED: Final = Result(
    Outcome.REFUSED, "not carried out: an earlier command of the batch did not succeed, and stopOnFailure was asked for"
)
_HARMLESS: Final = frozenset({Outcome.SUCCEEDED, Outcome.SUPERSEDED})


@dataclass(frozen=True)
class Ending:
    """How a handler ended a command, and what is to be kept of it."""

    result: Result
    changes_intent: bool = False
    """Whether the intent that the engine now has is to be written."""
    undo: Undo | None = None
    """How to undo what it has changed."""
    undone: tuple[str, ...] = ()
    """Ids of the commands that it has undone."""


Handler = Callable[[QueuedCommand], Awaitable[Ending]]


class Executor:
    """Takes commands from the queue and ends them."""

    def __init__(
        self,
        state: State,
        queue: CommandQueue,
        handlers: Mapping[CommandName, Handler],
        tell_status: Callable[[], Awaitable[None]],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._state = state
        self._queue = queue
        self._handlers = handlers
        self._tell_status = tell_status
        self._sleep = sleep
        self._lanes = {Kind.ORDERED: Lane(), Kind.LONG: Lane()}
        self._turn = asyncio.Lock()
        """Held by the one ordered command that is being carried out, by itself or as a member of a batch."""

    async def run(self) -> None:
        """Run until cancelled. Raises LeaseLostError."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._work(self._lanes[Kind.ORDERED]), name="commands in order")
            for number in range(LONG_AT_ONCE):
                tasks.create_task(self._work(self._lanes[Kind.LONG]), name=f"long commands {number}")
            while True:
                try:
                    received = await self._queue.receive(RECEIVE_SECONDS)
                except SourceUnavailableError as error:
                    log.warning("commands can't be read: %s", error)
                    await self._sleep(RETRY_SECONDS)
                    continue
                for queued in received:
                    for pointless in self._superseded(queued):
                        # Beside: telling that many have lost their point must not keep a pause waiting.
                        tasks.create_task(self._end_superseded(pointless, queued))
                    kind = kind_of(queued.command)
                    if kind is Kind.URGENT:
                        tasks.create_task(self._carry_out(queued), name=f"command {queued.command.name}")
                    else:
                        self._lanes[kind].put(queued)
                self._count()

    async def _work(self, lane: Lane) -> None:
        while True:
            queued = await lane.take()
            self._count()
            await self._carry_out(queued)

    def _count(self) -> None:
        self._state.waiting_commands = sum(map(len, self._lanes.values()))

    def _superseded(self, newer: QueuedCommand) -> list[QueuedCommand]:
        if newer.command.name not in SUPERSEDES:
            return []
        return [
            pointless
            for lane in self._lanes.values()
            for pointless in lane.drop(
                lambda waiting: waiting.order < newer.order and superseded_by(newer.command, waiting.command)
            )
        ]

    async def _end_superseded(self, pointless: QueuedCommand, newer: QueuedCommand) -> None:
        text = f"a newer {newer.command.name} ({newer.command.id}) made it pointless"
        await self._end(pointless, Ending(Result(Outcome.SUPERSEDED, text)))

    async def _carry_out(self, queued: QueuedCommand) -> None:
        if queued.command.name is CommandName.BATCH:
            if await self._may_start(queued):
                await self._end(queued, await self._carry_out_members(queued))
            return
        async with self._turn_for(queued):
            if await self._may_start(queued):
                await self._end(queued, await self._handle(queued))

    def _turn_for(self, queued: QueuedCommand) -> AbstractAsyncContextManager[object]:
        return nullcontext() if queued.command.name in URGENT | LONG else self._turn

    async def _may_start(self, queued: QueuedCommand) -> bool:
        start = await self._until_reachable(lambda: self._queue.start(queued))
        if start is Start.EXPIRED:
            await self._end(queued, Ending(_EXPIRED))
        return start is Start.GO

    async def _carry_out_members(self, batch: QueuedCommand) -> Ending:
        """Carry out a batch's members in order; what had ended before a crash is not done again."""
        payload = cast("BatchPayload", batch.command.payload)
        members = [QueuedCommand(batch.entry, command) for command in members_of(batch.command)]
        endings: list[Ending] = []
        for number, member in enumerate(members):
            stopped = payload.stop_on_failure and any(e.result.outcome not in _HARMLESS for e in endings)
            endings.append(await self._carry_out_member(member, Ending(_NOT_REACHED) if stopped else None))
            told = f"{member.command.name} {endings[-1].result.outcome}"
            await self._progress(batch, number + 1, len(members), told)
        results = [ending.result for ending in endings]
        each = [
            {"id": m.command.id, "command": m.command.name.value, "outcome": r.outcome.value, "message": r.message}
            for m, r in zip(members, results, strict=True)
        ]
        outcome = Outcome.SUCCEEDED if all(r.outcome in _HARMLESS for r in results) else Outcome.FAILED
        changed = tuple(m.command.id for m, e in zip(members, endings, strict=True) if e.undo is not None)
        undo = UndoBatch(members=changed) if changed else None
        return Ending(Result(outcome, _counted(results), {"results": each}), undo=undo)

    async def _carry_out_member(self, member: QueuedCommand, foregone: Ending | None) -> Ending:
        async with self._turn_for(member):
            ended = await self._until_reachable(lambda: self._queue.begin_member(member))
            if ended is not None:
                return Ending(Result(Outcome(ended.state.value), ended.message, ended.data), undo=ended.undo)
            ending = foregone or await self._handle(member)
            await self._end(member, ending)
            return ending

    async def _progress(self, queued: QueuedCommand, done: int, total: int, message: str) -> None:
        try:
            await self._queue.progress(queued, done, total, message)
        except SourceUnavailableError as error:
            # Progress is for the eye.
            log.info("progress could not be told: %s", error)

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
        if ending.changes_intent or ending.undo or ending.undone:
            # Before the result: whoever has read "paused" must not meet a status that still says "running".
            with contextlib.suppress(SourceUnavailableError):
                await self._tell_status()
        end = CommandEnd(ending.result, undo=ending.undo, undone=ending.undone)
        if not ending.changes_intent:
            await self._until_reachable(lambda: self._queue.complete(queued, end))
            return
        async with self._state.intent_lock:
            # The intent as it is now: another command may have changed it since this one's handler ended.
            revision = await self._until_reachable(
                lambda: self._queue.complete(queued, replace(end, intent=self._state.intent))
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


def _counted(results: list[Result]) -> str:
    """Say how a batch's members ended: `2 of 3 succeeded, 1 failed`."""
    outcomes = [result.outcome for result in results]
    others = [f"{outcomes.count(o)} {o}" for o in Outcome if o is not Outcome.SUCCEEDED and o in outcomes]
    return ", ".join([f"{outcomes.count(Outcome.SUCCEEDED)} of {len(outcomes)} succeeded", *others])
