"""Commands that concern the document: reload, the mode, the watchlist."""

from typing import cast

from runtime.engine.convergence import Convergence
from runtime.engine.executor import Ending
from runtime.engine.modes import MODES
from runtime.engine.ports.commands import QueuedCommand
from runtime.engine.ports.feeds import UnknownInstrumentError
from runtime.engine.ports.settings import SettingsSource
from runtime.engine.state import State
from runtime.engine.watching import Watching
from runtime.protocol.answers import Outcome, Result
from runtime.protocol.payloads import SwitchModePayload, SymbolPayload
from runtime.protocol.undo import UndoMode, UndoSettings, UndoWatchlist
from settingsapp.schema.effective import qualified, tracked_symbols
from settingsapp.schema.vocabulary import split_qualified


class SettingsHandlers:
    """The engine changes the watchlist through the settings service alone, then converges on the document."""

    def __init__(self, state: State, source: SettingsSource, convergence: Convergence, watching: Watching) -> None:
        self._state = state
        self._source = source
        self._convergence = convergence
        self._watching = watching

    async def reload_settings(self, queued: QueuedCommand) -> Ending:
        before = self._state.require_settings().version
        await self._convergence.catch_up()
        now = self._state.require_settings().version
        data = {"settingsVersion": now}
        if now == before:
            # Of a saved version the engine may have heard by itself before its nudge came.
            saved = queued.command.settings_version == now and now > 1
            undo = UndoSettings(before=now - 1, after=now) if saved else None
            return Ending(Result(Outcome.SUCCEEDED, f"already running version {now}", data), undo=undo)
        text = f"running version {now}, before it {before}"
        return Ending(Result(Outcome.SUCCEEDED, text, data), undo=UndoSettings(before=before, after=now))

    async def switch_mode(self, queued: QueuedCommand) -> Ending:
        mode = cast("SwitchModePayload", queued.command.payload).mode
        definition = MODES[mode]
        if not definition.implemented:
            return Ending(Result(Outcome.REFUSED, definition.refusal))
        self._state.require_settings()
        before = self._state.require_mode()
        await self._convergence.switch_mode(mode)
        if before is mode:
            return Ending(Result(Outcome.SUCCEEDED, f"already in mode {mode.value}"), changes_intent=True)
        text = f"now in mode {mode.value}"
        return Ending(Result(Outcome.SUCCEEDED, text), changes_intent=True, undo=UndoMode(before=before, after=mode))

    async def add_symbol(self, queued: QueuedCommand) -> Ending:
        symbol = cast("SymbolPayload", queued.command.payload).symbol
        full = qualified(self._state.require_settings().document, symbol)
        if queued.command.settings_version is None:
            await self._check(full)
            edit = await self._source.add_symbol(symbol, queued.command)
            await self._convergence.take_over(edit.settings)
            made = edit.made
            text = f"{full} added to the watchlist" if edit.changed else f"{full} was on the watchlist already"
        else:
            made = queued.command.settings_version
            await self._convergence.catch_up()
            text = f"{full} is on the watchlist"
        await self._watching.loaded(full)
        data: dict[str, object] = {"symbol": full, "settingsVersion": self._state.require_settings().version}
        undo = _undo(full, made)
        if full in self._state.unavailable:
            return Ending(Result(Outcome.FAILED, f"{full}: {self._state.unavailable[full]}", data), undo=undo)
        loading = self._state.loading.get(full)
        if loading is not None and loading.trouble:
            data |= {"loaded": loading.done, "series": loading.series}
            text += (
                f", but {loading.trouble}; {loading.done} of {loading.series} series are loaded, and it is tried again"
            )
            return Ending(Result(Outcome.FAILED, text, data), undo=undo)
        if full in self._state.warming:
            text += "; its history is still being loaded"
        elif full not in self._state.market.tracked:
            text += f", but {self._state.require_mode().value} does not watch it"
        return Ending(Result(Outcome.SUCCEEDED, text, data), undo=undo)

    async def remove_symbol(self, queued: QueuedCommand) -> Ending:
        symbol = cast("SymbolPayload", queued.command.payload).symbol
        full = qualified(self._state.require_settings().document, symbol)
        if queued.command.settings_version is None:
            edit = await self._source.remove_symbol(symbol, queued.command)
            await self._convergence.take_over(edit.settings)
            made = edit.made
            text = f"{full} removed from the watchlist" if edit.changed else f"{full} was not on the watchlist"
        else:
            made = queued.command.settings_version
            await self._convergence.catch_up()
            listed = tracked_symbols(self._state.require_settings().document)
            text = f"{full} is switched off" if full in listed else f"{full} is no longer on the watchlist"
        if full in self._state.market.tracked:
            text += f", but {self._state.require_mode().value} still watches it"
        data = {"symbol": full, "settingsVersion": self._state.require_settings().version}
        return Ending(Result(Outcome.SUCCEEDED, text, data), undo=_undo(full, made))

    async def undo_mode(self, queued: QueuedCommand, undo: UndoMode) -> Ending:
        """Go back to the mode before a switch, for a rollback."""
        present = self._state.require_mode()
        if present is not undo.after:
            text = f"the mode is {present.value} by now: send switch-mode to change it"
            return Ending(Result(Outcome.REFUSED, text))
        await self._convergence.switch_mode(undo.before)
        return Ending(Result(Outcome.SUCCEEDED, f"in mode {undo.before.value} again"), changes_intent=True)

    async def undo_watchlist(self, queued: QueuedCommand, undo: UndoWatchlist) -> Ending:
        """Let a symbol stand where it stood before a command, for a rollback; the rest of the document stays."""
        edit = await self._source.put_back_symbol(undo.symbol, undo.version, queued.command)
        await self._convergence.take_over(edit.settings)
        text = f"{undo.symbol} stands on the watchlist as it did before version {undo.version}"
        if not edit.changed:
            text += " already"
        return Ending(Result(Outcome.SUCCEEDED, text, {"settingsVersion": edit.settings.version}))

    async def undo_settings(self, queued: QueuedCommand, undo: UndoSettings) -> Ending:
        """Save the version again that was in force before a reload, and run it, for a rollback."""
        edit = await self._source.restore(undo.before, undo.after, queued.command)
        await self._convergence.take_over(edit.settings)
        now = edit.settings.version
        text = f"version {undo.before} of the settings is saved again, as version {now}, and in force"
        return Ending(Result(Outcome.SUCCEEDED, text, {"settingsVersion": now}))

    async def _check(self, full: str) -> None:
        exchange, symbol = split_qualified(full)
        feed = self._state.feeds.get(exchange)
        if feed is None:
            connected = ", ".join(self._state.feeds) or "none"
            raise UnknownInstrumentError(f"{exchange} is not connected; connected exchanges: {connected}")
        await feed.check(symbol)


def _undo(full: str, made: int | None) -> UndoWatchlist | None:
    return None if made is None else UndoWatchlist(symbol=full, version=made)
