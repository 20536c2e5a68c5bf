"""Undoing what an earlier command has changed."""

from collections.abc import Mapping
from typing import Final, cast

from runtime.engine.executor import Ending
from runtime.engine.handlers.pausing import PausingHandlers
from runtime.engine.handlers.settings import SettingsHandlers
from runtime.engine.ports.availability import SourceUnavailableError
from runtime.engine.ports.commands import CommandQueue, QueuedCommand
from runtime.engine.ports.settings import SettingsRejectedError
from runtime.protocol.answers import Outcome, Result
from runtime.protocol.payloads import CommandName, RollbackPayload
from runtime.protocol.records import CommandRecord
from runtime.protocol.undo import Undo, UndoBatch, UndoMode, UndoPausing, UndoSettings, UndoWatchlist

_NEVER: Final[Mapping[str, str]] = {
    CommandName.CLEAR_CACHE: "what it cleared has been loaded again since",
    CommandName.FORCE_BACKFILL: "what the exchange says of its candles stays",
    CommandName.STATUS: "it only asked",
    CommandName.TEST_CONNECTION: "it only asked",
    CommandName.TEST_NOTIFICATION: "what was sent can't be taken back",
    CommandName.SCAN_SYMBOLS: "it only proposed; what was approved of it is undone on the scanner's page",
    CommandName.ROLLBACK: "send what is wanted now as a command of its own",
}
"""Commands that have nothing to undo, whatever they did, with the reason."""


class RollbackHandlers:
    """Knows of each command how it is undone. Undoing twice is undoing once."""

    def __init__(self, queue: CommandQueue, pausing: PausingHandlers, settings: SettingsHandlers) -> None:
        self._queue = queue
        self._pausing = pausing
        self._settings = settings

    async def rollback(self, queued: QueuedCommand) -> Ending:
        wanted = cast("RollbackPayload", queued.command.payload).command_id
        if wanted is None:
            record = await self._queue.last_undoable()
            if record is None:
                return _refused("there is nothing to undo: no command of the last seven days has changed anything")
        else:
            record = await self._queue.record(wanted)
            if record is None:
                return _refused(f"no command {wanted} is known in the last seven days")
        if record.undone_by:
            text = f"already undone: {_named(record)}, by {record.undone_by}"
            return Ending(Result(Outcome.SUCCEEDED, text, _data(record)))
        if not record.state.is_final:
            return _refused(f"{_named(record)} has not ended yet")
        if record.undo is None:
            return _refused(f"{_named(record)} can't be undone: {_why_not(record)}")
        return await self._roll_back(queued, record, record.undo)

    async def _roll_back(self, queued: QueuedCommand, record: CommandRecord, undo: Undo) -> Ending:
        match undo:
            case UndoBatch():
                return await self._roll_back_members(queued, record, undo)
            case UndoPausing():
                ending = await self._pausing.undo(queued, undo)
            case UndoMode():
                ending = await self._settings.undo_mode(queued, undo)
            case UndoWatchlist():
                ending = await self._settings.undo_watchlist(queued, undo)
            case UndoSettings():
                ending = await self._settings.undo_settings(queued, undo)
        said = f"{record.command} {'undone' if ending.result.success else 'not undone'}: {ending.result.message}"
        result = Result(ending.result.outcome, said, {**ending.result.data, **_data(record)})
        undone = (record.id,) if ending.result.success else ()
        return Ending(result, changes_intent=ending.changes_intent, undone=undone)

    async def _roll_back_members(self, queued: QueuedCommand, batch: CommandRecord, undo: UndoBatch) -> Ending:
        """Undo a batch's members, the last one first; one that can't be undone costs the others nothing."""
        endings: list[Ending] = []
        for member_id in reversed(undo.members):
            record = await self._queue.record(member_id)
            if record is None or record.undo is None or record.undone_by:
                continue
            try:
                endings.append(await self._roll_back(queued, record, record.undo))
            except (SettingsRejectedError, SourceUnavailableError) as error:
                endings.append(_refused(f"{record.command} not undone: {error}"))
        undone = tuple(other for ending in endings for other in ending.undone)
        complete = all(ending.result.success for ending in endings)
        said = "; ".join(ending.result.message for ending in endings) or "all that it changed was undone before"
        return Ending(
            Result(Outcome.SUCCEEDED if complete else Outcome.FAILED, f"{batch.command}: {said}", _data(batch)),
            changes_intent=any(ending.changes_intent for ending in endings),
            undone=(*undone, batch.id) if complete else undone,
        )


def _refused(text: str) -> Ending:
    return Ending(Result(Outcome.REFUSED, text))


def _named(record: CommandRecord) -> str:
    return f"{record.command} ({record.id})"


def _data(record: CommandRecord) -> dict[str, object]:
    return {"commandId": record.id, "command": record.command}


def _why_not(record: CommandRecord) -> str:
    if record.command in _NEVER:
        return _NEVER[record.command]
    return "it changed nothing" if record.state.value == Outcome.SUCCEEDED else f"it ended {record.state.value}"
