"""Taking over a saved document: tried first, in force only if it can be, and never at the engine's cost."""

import asyncio
import logging
from dataclasses import replace

from runtime.engine.lifecycle import Moment
from runtime.engine.ports import Intent, Journal, LoadedSettings, SettingsSource
from runtime.engine.state import NOTHING_ASKED, State
from runtime.engine.watching import Watching
from settingsapp.schema.vocabulary import Mode

log = logging.getLogger(__name__)


class Convergence:
    """The one way by which a document or a mode comes into force."""

    def __init__(self, state: State, source: SettingsSource, watching: Watching, journal: Journal) -> None:
        self._state = state
        self._source = source
        self._watching = watching
        self._journal = journal
        self._journal_turn = asyncio.Lock()
        self._told: frozenset[str] = frozenset()
        """What the journal can't do, as its owner was told it."""

    async def begin(self, settings: LoadedSettings) -> None:
        """Start with the first document. The last intent decides; what nobody asked for, the document decides."""
        state, running = self._state, settings.document.livermore_runtime
        state.settings = settings
        await self._log_as_wanted()
        if state.intent == NOTHING_ASKED:
            state.intent = Intent(paused=not running.auto_start, mode=None)
        state.work_in(state.intent.mode or running.start_mode)
        state.move(Moment.PAUSED if state.paused else Moment.LOADED)
        await self._watching.converge()

    async def catch_up(self) -> LoadedSettings:
        """Read the saved document and bring it into force if it is newer. Raises SourceUnavailableError."""
        loaded = await self._source.load()
        await self.take_over(loaded)
        return loaded

    async def take_over(self, loaded: LoadedSettings) -> None:
        """Bring a document into force, unless a newer one is already."""
        async with self._state.market_lock:
            present = self._state.settings
            if present is not None and loaded.version <= present.version:
                return
            self._state.settings = loaded
            self._state.settings_problem = ""
        await self._log_as_wanted()
        await self._watching.converge()
        log.info("settings version %s is in force", loaded.version)

    async def switch_mode(self, mode: Mode) -> None:
        """Exchange the mode between two candles; the pause state stays as it is."""
        async with self._state.market_lock:
            if self._state.mode is not mode:
                self._state.work_in(mode)
            self._state.intent = replace(self._state.intent, mode=mode)
        await self._watching.converge()

    async def _log_as_wanted(self) -> None:
        """Log as the document in force wants it; what can't be done is told once."""
        async with self._journal_turn:
            wanted = self._state.require_settings().document.livermore_runtime.logging
            problems = frozenset(await self._journal.follow(wanted))
            told, self._told = self._told, problems
        for problem in sorted(problems - told):
            await self._watching.tell("warning", "settings", problem)
