"""The settings document as the engine reads and edits it."""

from collections.abc import Callable
from typing import Any

from runtime.engine.ports import (
    LoadedSettings,
    SettingsRejectedError,
    SettingsUnusableError,
    SourceUnavailableError,
    WatchlistEdit,
)
from runtime.persistence.database import Fence, off_loop
from runtime.protocol.commands import Command
from settingsapp import services
from settingsapp.schema.validation import InvalidSettingsError


class SavedDocument:
    """Implements runtime.engine.ports.SettingsSource."""

    def __init__(self, sub: str, fence: Fence) -> None:
        self._sub = sub
        self._fence = fence

    async def load(self) -> LoadedSettings:
        return await off_loop(self._load)()

    async def version(self) -> int:
        return await off_loop(self._version)()

    async def add_symbol(self, symbol: str, command: Command) -> WatchlistEdit:
        return await off_loop(self._edit)(services.add_symbol, symbol, command)

    async def remove_symbol(self, symbol: str, command: Command) -> WatchlistEdit:
        return await off_loop(self._edit)(services.remove_symbol, symbol, command)

    def _version(self) -> int:
        try:
            return services.saved_version(self._sub)
        except services.UnknownIdentityError as error:
            raise SourceUnavailableError(str(error)) from error

    def _load(self) -> LoadedSettings:
        try:
            saved = services.read(self._sub)
        except InvalidSettingsError as error:
            raise SettingsUnusableError(f"what is saved is not a valid document: {error}") from error
        except services.UnknownIdentityError as error:
            # Not for ever, perhaps: an engine may be started before its identity.
            raise SourceUnavailableError(str(error)) from error
        return LoadedSettings(saved.version, saved.document)

    def _edit(self, edit: Callable[..., Any], symbol: str, command: Command) -> WatchlistEdit:
        cause = services.Cause(kind="command", user_id=None, username=command.issued_by, command_id=command.id)
        try:
            saved, changed = edit(self._sub, symbol, cause=cause, guard=self._fence.check)
        except InvalidSettingsError as error:
            raise SettingsRejectedError(str(error)) from error
        except services.UnknownIdentityError as error:
            raise SourceUnavailableError(str(error)) from error
        return WatchlistEdit(LoadedSettings(saved.version, saved.document), changed)
