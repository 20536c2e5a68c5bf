"""Commands that concern the document: reload, the mode, the watchlist."""

from typing import cast

from runtime.engine.convergence import Convergence
from runtime.engine.executor import Ending
from runtime.engine.modes import MODES
from runtime.engine.ports import QueuedCommand, SettingsSource, UnknownInstrumentError
from runtime.engine.state import State
from runtime.engine.watching import Watching
from runtime.protocol.answers import Outcome, Result
from runtime.protocol.commands import SwitchModePayload, SymbolPayload
from settingsapp.schema.effective import qualified
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
        text = f"already running version {now}" if now == before else f"running version {now}, before it {before}"
        return Ending(Result(Outcome.SUCCEEDED, text, {"settingsVersion": now}))

    async def switch_mode(self, queued: QueuedCommand) -> Ending:
        mode = cast("SwitchModePayload", queued.command.payload).mode
        definition = MODES[mode]
        if not definition.implemented:
            return Ending(Result(Outcome.REFUSED, definition.refusal))
        self._state.require_settings()
        already = self._state.mode is mode
        await self._convergence.switch_mode(mode)
        text = f"already in mode {mode.value}" if already else f"now in mode {mode.value}"
        return Ending(Result(Outcome.SUCCEEDED, text), changes_intent=True)

    async def add_symbol(self, queued: QueuedCommand) -> Ending:
        symbol = cast("SymbolPayload", queued.command.payload).symbol
        full = qualified(self._state.require_settings().document, symbol)
        if queued.command.settings_version is None:
            await self._check(full)
            edit = await self._source.add_symbol(symbol, queued.command)
            await self._convergence.take_over(edit.settings)
            text = f"{full} added to the watchlist" if edit.changed else f"{full} was on the watchlist already"
        else:
            await self._convergence.catch_up()
            text = f"{full} is on the watchlist"
        await self._watching.loaded(full)
        data = {"symbol": full, "settingsVersion": self._state.require_settings().version}
        if full in self._state.unavailable:
            return Ending(Result(Outcome.FAILED, f"{full}: {self._state.unavailable[full]}", data))
        if full in self._state.warming:
            text += "; its history is still being loaded"
        elif full not in self._state.market.tracked:
            text += f", but {self._state.require_mode().value} does not watch it"
        return Ending(Result(Outcome.SUCCEEDED, text, data))

    async def remove_symbol(self, queued: QueuedCommand) -> Ending:
        symbol = cast("SymbolPayload", queued.command.payload).symbol
        full = qualified(self._state.require_settings().document, symbol)
        if queued.command.settings_version is None:
            edit = await self._source.remove_symbol(symbol, queued.command)
            await self._convergence.take_over(edit.settings)
            text = f"{full} removed from the watchlist" if edit.changed else f"{full} was not on the watchlist"
        else:
            await self._convergence.catch_up()
            text = f"{full} is no longer on the watchlist"
        if full in self._state.market.tracked:
            text += f", but {self._state.require_mode().value} still watches it"
        data = {"symbol": full, "settingsVersion": self._state.require_settings().version}
        return Ending(Result(Outcome.SUCCEEDED, text, data))

    async def _check(self, full: str) -> None:
        exchange, symbol = split_qualified(full)
        feed = self._state.feeds.get(exchange)
        if feed is None:
            connected = ", ".join(self._state.feeds) or "none"
            raise UnknownInstrumentError(f"{exchange} is not connected; connected exchanges: {connected}")
        await feed.check(symbol)
