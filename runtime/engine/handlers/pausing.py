"""Pause and resume: nothing alerts meanwhile, but feeds stay connected and candles are stored."""

from dataclasses import replace
from typing import cast

from runtime.engine.executor import Ending
from runtime.engine.lifecycle import Moment
from runtime.engine.ports.clock import Clock
from runtime.engine.ports.commands import Intent, QueuedCommand
from runtime.engine.state import State
from runtime.engine.watching import Watching
from runtime.protocol.answers import Outcome, Result
from runtime.protocol.payloads import PausePayload
from runtime.protocol.status import EngineState
from runtime.protocol.undo import Pausing, UndoPausing

MINUTE_MS = 60_000

_OUTDATED = Ending(Result(Outcome.SUPERSEDED, "a pause or resume that was sent later has been carried out already"))


class PausingHandlers:
    """Work without the database, and even before the settings could be read."""

    def __init__(self, state: State, watching: Watching, clock: Clock) -> None:
        self._state = state
        self._watching = watching
        self._clock = clock
        self._last_word = (0, 0)

    async def pause(self, queued: QueuedCommand) -> Ending:
        minutes = cast("PausePayload", queued.command.payload).minutes
        before = self._state.intent
        # A repeated delivery must not push the end of the pause further away, so it counts from the entry's time.
        sent_at = int(queued.entry.partition("-")[0])
        until = None if minutes is None else sent_at + round(minutes * MINUTE_MS)
        if self._is_outdated(queued):
            return _OUTDATED
        if before.paused and before.paused_until == until:
            # What only the document said so far is now somebody's word, and outlives the document.
            first_word = before.revision == 0
            return Ending(Result(Outcome.SUCCEEDED, "already paused", _data(until)), changes_intent=first_word)
        self._state.intent = replace(before, paused=True, paused_until=until)
        self._state.move(Moment.PAUSED)
        if not before.paused:
            text = "paused" if minutes is None else f"paused for {_minutes(minutes)}, then it resumes by itself"
        elif minutes is None:
            text = "already paused; it no longer resumes by itself"
        else:
            text = f"already paused; it now resumes by itself {_minutes(minutes)} after this command was sent"
        return Ending(Result(Outcome.SUCCEEDED, text, _data(until)), changes_intent=True, undo=self._undo(before))

    async def resume(self, queued: QueuedCommand) -> Ending:
        if self._is_outdated(queued):
            return _OUTDATED
        if not self._state.paused:
            first_word = self._state.intent.revision == 0
            text = f"already {_doing(self._state)}: it was not paused"
            return Ending(Result(Outcome.SUCCEEDED, text), changes_intent=first_word)
        before = self._state.intent
        self.end_pause()
        return Ending(Result(Outcome.SUCCEEDED, self._resumed()), changes_intent=True, undo=self._undo(before))

    async def undo(self, queued: QueuedCommand, undo: UndoPausing) -> Ending:
        """Pause or resume as it was before a command, for a rollback."""
        if self._is_outdated(queued):
            return _OUTDATED
        if _pausing(self._state.intent) != undo.after:
            told = "somebody has paused or resumed since" if undo.after.until is None else "it is over, or was changed"
            return Ending(Result(Outcome.REFUSED, f"{told}: send pause or resume, whichever is wanted now"))
        if undo.before.paused:
            self._state.intent = replace(self._state.intent, paused=True, paused_until=undo.before.until)
            self._state.move(Moment.PAUSED)
            text = "paused again"
            if self.pause_is_over():
                text += "; its time has run out meanwhile, so it resumes by itself"
        else:
            self.end_pause()
            text = self._resumed()
        return Ending(Result(Outcome.SUCCEEDED, text, _data(undo.before.until)), changes_intent=True)

    def _resumed(self) -> str:
        return "running again" if self._state.phase is EngineState.RUNNING else f"resumed: {_doing(self._state)}"

    def _undo(self, before: Intent) -> UndoPausing:
        return UndoPausing(before=_pausing(before), after=_pausing(self._state.intent))

    def _is_outdated(self, queued: QueuedCommand) -> bool:
        """Tell whether a later pause or resume was carried out already; the two run beside each other."""
        if queued.order < self._last_word:
            return True
        self._last_word = queued.order
        return False

    def end_pause(self) -> None:
        """Resume, by a command or because the time box ran out."""
        self._state.intent = replace(self._state.intent, paused=False, paused_until=None)
        if self._state.phase is EngineState.PAUSED:
            self._state.move(Moment.RESUMED)
            self._watching.settle()

    def pause_is_over(self) -> bool:
        """Tell whether a time-boxed pause has run out."""
        intent = self._state.intent
        return intent.paused and intent.paused_until is not None and intent.paused_until <= self._clock.now_ms()


def _pausing(intent: Intent) -> Pausing:
    return Pausing(paused=intent.paused, until=intent.paused_until)


def _minutes(number: float) -> str:
    return "1 minute" if number == 1 else f"{number:g} minutes"


def _data(until: int | None) -> dict[str, object]:
    return {} if until is None else {"pausedUntil": until}


def _doing(state: State) -> str:
    return "warming up" if state.phase is EngineState.WARMING else state.phase.value
