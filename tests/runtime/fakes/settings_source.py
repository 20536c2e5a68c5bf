"""The settings document without a database."""

from collections.abc import Mapping
from typing import Any

from runtime.engine.ports import LoadedSettings, SettingsRejectedError, SourceUnavailableError, WatchlistEdit
from runtime.protocol.commands import Command
from settingsapp.schema.document import SettingsDocument
from settingsapp.schema.validation import validate


def a_document(**fields: Any) -> SettingsDocument:
    """A document that watches BTC-USD on the simulated exchange in scalper-macdv, changed by `fields`."""
    runtime = {"start_mode": "scalper-macdv", "auto_start": True} | dict(fields.pop("livermore_runtime", {}))
    return validate({"symbols": ["BTC-USD"], "livermore_runtime": runtime} | fields)


class FakeSettingsSource:
    """Serves and edits one document; `trouble` is raised while it is set."""

    def __init__(self, document: SettingsDocument | None = None) -> None:
        self.saved = LoadedSettings(1, document or a_document())
        self.trouble: Exception | None = None
        self.refusal = ""
        self.edits: list[tuple[str, str]] = []
        """What was done, with the id of the command that caused it."""

    def save(self, **fields: Any) -> None:
        """Save another document, as its owner would."""
        merged: Mapping[str, Any] = self.saved.document.as_json() | fields
        self.saved = LoadedSettings(self.saved.version + 1, validate(merged))

    def go_away(self) -> None:
        """Be a database that does not answer."""
        self.trouble = SourceUnavailableError("the database does not answer")

    async def load(self) -> LoadedSettings:
        self._fail()
        return self.saved

    async def version(self) -> int:
        self._fail()
        return self.saved.version

    async def add_symbol(self, symbol: str, command: Command) -> WatchlistEdit:
        return self._edit("add", symbol, command, [*self._without(symbol), symbol])

    async def remove_symbol(self, symbol: str, command: Command) -> WatchlistEdit:
        return self._edit("remove", symbol, command, self._without(symbol))

    def _without(self, symbol: str) -> list[str]:
        return [listed for listed in self.saved.document.symbols if listed != symbol]

    def _edit(self, what: str, symbol: str, command: Command, symbols: list[str]) -> WatchlistEdit:
        self._fail()
        if self.refusal:
            raise SettingsRejectedError(self.refusal)
        changed = set(symbols) != set(self.saved.document.symbols)
        if changed:
            self.save(symbols=symbols)
            self.edits.append((f"{what} {symbol}", command.id))
        return WatchlistEdit(self.saved, changed)

    def _fail(self) -> None:
        if self.trouble is not None:
            raise self.trouble
