"""Taking over a saved document: tried first, in force only if it can be, and never at the engine's cost."""

import asyncio
import contextlib
import logging
from dataclasses import replace

from runtime.engine.drift import Drift
from runtime.engine.lifecycle import Moment
from runtime.engine.ports.availability import LeaseLostError, SourceUnavailableError
from runtime.engine.ports.commands import Intent
from runtime.engine.ports.journal import Journal
from runtime.engine.ports.settings import LoadedSettings, SettingsSource, SettingsUnusableError
from runtime.engine.raised import memory_ms
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
        self._turn = asyncio.Lock()
        """Held while a document or a mode comes into force: a step back must not undo somebody else's step."""
        self._refused: tuple[int, str] | None = None
        """The version that could not be applied, and why."""
        self._told: frozenset[str] = frozenset()
        """What the journal can't do, as its owner was told it."""

    async def begin(self, settings: LoadedSettings) -> None:
        """Start with the first document. The last intent decides; what nobody asked for, the document decides.

        Raises SettingsUnusableError where it can't be applied; nothing is in force then.
        """
        state, running = self._state, settings.document.livermore_runtime
        async with self._turn:
            settings = state.with_holdings(settings)
            try:
                state.settings = settings
                state.work_in(state.intent.mode or running.start_mode)
                self._rehearse(settings)
                await self._log_as_wanted()
                await self._watching.converge()
            except (LeaseLostError, SourceUnavailableError):
                state.settings = None
                raise
            except Exception as error:
                log.exception("settings version %s can't be applied", settings.version)
                state.settings = None
                raise SettingsUnusableError(_not_applied(settings, None, error)) from error
            # Only now: somebody may have asked for something meanwhile.
            if state.intent == NOTHING_ASKED:
                state.intent = Intent(paused=not running.auto_start, mode=None)
            state.move(Moment.PAUSED if state.paused else Moment.LOADED)
            self._watching.settle()

    async def follow(self, saved_version: int) -> None:
        """Bring what is saved into force where it is newer. Raises as `catch_up` does.

        A version that could not be applied is not tried again by itself: that would disturb what runs. Nor is an
        approved proposal that is to wait for a reload.
        """
        if self._refused is not None and self._refused[0] == saved_version:
            raise SettingsUnusableError(self._refused[1])
        running = self._state.require_settings().version
        if saved_version > running and not await self._source.waits_for_reload(running, saved_version):
            await self.catch_up()

    async def catch_up(self) -> LoadedSettings:
        """Read the saved document and bring it into force if it is newer.

        Raises SourceUnavailableError, SettingsUnusableError.
        """
        loaded = await self._source.load()
        await self.take_over(loaded)
        return loaded

    async def take_over(self, loaded: LoadedSettings) -> None:
        """Bring a document into force, unless a newer one is already.

        It is tried first. One that can't be applied leaves the present one in force, and its problem is told:
        SettingsUnusableError.
        """
        async with self._turn:
            present = self._state.settings
            if present is not None and loaded.version <= present.version:
                return
            loaded = self._state.with_holdings(loaded)
            try:
                self._rehearse(loaded)
                await self._put_in_force(loaded)
            except (LeaseLostError, SourceUnavailableError):
                await self._put_back(present)
                raise
            except Exception as error:
                log.exception("settings version %s can't be applied", loaded.version)
                await self._put_back(present)
                self._state.settings_problem = _not_applied(loaded, present, error)
                self._refused = loaded.version, self._state.settings_problem
                raise SettingsUnusableError(self._state.settings_problem) from error
            self._state.settings_problem = ""
            self._refused = None
        log.info("settings version %s is in force", loaded.version)

    async def hold(self) -> None:
        """Let the positions follow what the accounts hold now: under the same version, since nobody edited anything."""
        async with self._turn:
            present = self._state.require_settings()
            held = self._state.with_holdings(present)
            if held.document.position_symbols == present.document.position_symbols:
                return
            async with self._state.market_lock:
                self._state.settings = held
            try:
                await self._watching.converge()
            except BaseException:
                # Not reached: the next time tries again.
                self._state.settings = present
                raise

    def _rehearse(self, loaded: LoadedSettings) -> None:
        """Work out all that follows from a document on a copy of the engine's memory, where it can do no harm."""
        trial = replace(self._state, settings=loaded, drift=Drift())
        trial.desired_symbols()
        trial.desired_sparse()
        if trial.run is not None:
            trial.mode_context()
        trial.status(self._state.started_at).body()

    async def _put_in_force(self, loaded: LoadedSettings) -> None:
        async with self._state.market_lock:
            self._state.settings = loaded
            self._state.raised.memory_ms = memory_ms(loaded.document)
        await self._log_as_wanted()
        await self._watching.converge()

    async def _put_back(self, present: LoadedSettings | None) -> None:
        """Return to the document that was in force. What fails of that is tried again with the next document."""
        if present is None or self._state.settings is present:
            return
        try:
            await self._put_in_force(present)
        except Exception:
            log.exception("returning to settings version %s failed in part", present.version)

    async def switch_mode(self, mode: Mode) -> None:
        """Exchange the mode between two candles; the pause state stays. Where that fails, the old mode stays, too."""
        state = self._state
        async with self._turn:
            before = state.run, state.intent.mode
            try:
                async with state.market_lock:
                    if state.mode is not mode:
                        state.work_in(mode)
                    state.intent = replace(state.intent, mode=mode)
                await self._watching.converge()
            except Exception:
                async with state.market_lock:
                    state.run, state.intent = before[0], replace(state.intent, mode=before[1])
                with contextlib.suppress(Exception):
                    await self._watching.converge()
                raise

    async def _log_as_wanted(self) -> None:
        """Log as the document in force wants it; what can't be done is told once."""
        async with self._journal_turn:
            wanted = self._state.require_settings().document.livermore_runtime.logging
            problems = frozenset(await self._journal.follow(wanted))
            told, self._told = self._told, problems
        for problem in sorted(problems - told):
            await self._watching.tell("warning", "settings", problem)


def _not_applied(loaded: LoadedSettings, present: LoadedSettings | None, error: Exception) -> str:
    reason = str(error) or type(error).__name__
    stays = "nothing is in force yet"
    if present is not None:
        stays = f"version {present.version} stays in force. Save other settings, or send reload-settings to try again"
    return f"version {loaded.version} can't be applied ({reason}); {stays}"
