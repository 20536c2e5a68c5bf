"""The saved settings, and the edits that commands make of them."""

from dataclasses import dataclass
from typing import Protocol

from runtime.protocol.commands import Command
from settingsapp.schema.document import SettingsDocument


@dataclass(frozen=True)
class LoadedSettings:
    """The saved document as the engine reads it."""

    version: int
    document: SettingsDocument


@dataclass(frozen=True)
class SettingsEdit:
    """What became of a change to the document: the document afterwards, and the version that the command made."""

    settings: LoadedSettings
    made: int | None
    """None where nothing had to change. A version that the command made when it was delivered before counts too."""

    @property
    def changed(self) -> bool:
        return self.made is not None


class SettingsRejectedError(Exception):
    """The settings service refused an edit; the text says why and what would be right."""


class SettingsUnusableError(Exception):
    """What is saved can't be read as a document; the text says where and why."""


class SettingsSource(Protocol):
    """The document. All methods raise SourceUnavailableError while the database can't be reached."""

    async def load(self) -> LoadedSettings:
        """Return the saved document. Raises SettingsUnusableError."""

    async def version(self) -> int:
        """Return the saved version, without its document."""

    async def waits_for_reload(self, running: int, saved: int) -> bool:
        """Tell whether all that was saved after version `running` are approved proposals that the document wants to
        count from the next reload on.
        """

    async def add_symbol(self, symbol: str, command: Command) -> SettingsEdit:
        """Put a symbol on the watchlist, with the command as cause. Raises SettingsRejectedError."""

    async def remove_symbol(self, symbol: str, command: Command) -> SettingsEdit:
        """Take a symbol off the watchlist, with the command as cause. Raises SettingsRejectedError."""

    async def put_back_symbol(self, symbol: str, version: int, command: Command) -> SettingsEdit:
        """Let a symbol (qualified) stand again where it stood before that version. Raises SettingsRejectedError."""

    async def restore(self, version: int, over: int, command: Command) -> SettingsEdit:
        """Save an earlier version's document again, in the place of version `over`.

        Raises SettingsRejectedError, also where another version than that one is saved by now.
        """
