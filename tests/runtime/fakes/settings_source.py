"""The settings document without a database."""

from collections.abc import Mapping
from typing import Any

from runtime.engine.ports.availability import SourceUnavailableError
from runtime.engine.ports.settings import LoadedSettings, SettingsEdit, SettingsRejectedError
from runtime.protocol.commands import Command
from settingsapp.schema.document import SettingsDocument
from settingsapp.schema.validation import validate


def a_document(**fields: Any) -> SettingsDocument:
    """A document that watches BTC-USD on the simulated exchange in scalper-macdv, changed by `fields`."""
    runtime = {"start_mode": "scalper-macdv", "auto_start": True} | dict(fields.pop("livermore_runtime", {}))
    return validate({"symbols": ["BTC-USD"], "livermore_runtime": runtime} | fields)


class FakeSettingsSource:
    """Serves and edits one document; `trouble` is raised while it is set, `load_trouble` by loading alone."""

    def __init__(self, document: SettingsDocument | None = None) -> None:
        self.saved = LoadedSettings(1, document or a_document())
        self.versions = {1: self.saved.document}
        self.trouble: Exception | None = None
        self.load_trouble: Exception | None = None
        self.refusal = ""
        self.loads = 0
        self.looked_at: int | None = None
        """The version that the engine's own looks find, whatever is saved."""
        self.waiting = False
        """Whether what is saved is to wait for a reload."""
        self.edits: list[tuple[str, str]] = []
        """What was done, with the id of the command that caused it."""
        self._made: list[tuple[int, str, str]] = []

    def save(self, **fields: Any) -> None:
        """Save another document, as its owner would."""
        merged: Mapping[str, Any] = self.saved.document.as_json() | fields
        self.saved = LoadedSettings(self.saved.version + 1, validate(merged))
        self.versions[self.saved.version] = self.saved.document

    def go_away(self) -> None:
        """Be a database that does not answer."""
        self.trouble = SourceUnavailableError("the database does not answer")

    async def load(self) -> LoadedSettings:
        self._fail()
        if self.load_trouble is not None:
            raise self.load_trouble
        self.loads += 1
        return self.saved

    async def version(self) -> int:
        self._fail()
        return self.looked_at or self.saved.version

    async def waits_for_reload(self, running: int, saved: int) -> bool:
        self._fail()
        return self.waiting

    async def add_symbol(self, symbol: str, command: Command) -> SettingsEdit:
        return self._edit("add", symbol, command, [*self._without(symbol), symbol])

    async def remove_symbol(self, symbol: str, command: Command) -> SettingsEdit:
        return self._edit("remove", symbol, command, self._without(symbol))

    async def put_back_symbol(self, symbol: str, version: int, command: Command) -> SettingsEdit:
        earlier = [listed for listed in self.versions[version - 1].symbols if symbol.endswith(f":{listed}")]
        name = symbol.partition(":")[2]
        return self._edit("put back", name, command, [*earlier, *self._without(name)])

    async def restore(self, version: int, over: int, command: Command) -> SettingsEdit:
        self._fail()
        if self.saved.version != over:
            raise SettingsRejectedError(f"version {self.saved.version} is saved by now")
        self.save(**self.versions[version].as_json())
        self.edits.append((f"restore {version}", command.id))
        return SettingsEdit(self.saved, self.saved.version)

    def _without(self, symbol: str) -> list[str]:
        return [listed for listed in self.saved.document.symbols if listed != symbol]

    def _edit(self, what: str, symbol: str, command: Command, symbols: list[str]) -> SettingsEdit:
        self._fail()
        if self.refusal:
            raise SettingsRejectedError(self.refusal)
        changed = set(symbols) != set(self.saved.document.symbols)
        if changed:
            self.save(symbols=symbols)
            self.edits.append((f"{what} {symbol}", command.id))
            self._made.append((self.saved.version, symbol, command.id))
        made = [version for version, _, cause in self._made if cause == command.id]
        return SettingsEdit(self.saved, self.saved.version if changed else made[-1] if made else None)

    def _fail(self) -> None:
        if self.trouble is not None:
            raise self.trouble
