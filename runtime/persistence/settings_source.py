"""The settings document as the engine reads and edits it."""

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from runtime.engine.ports.availability import SourceUnavailableError
from runtime.engine.ports.settings import LoadedSettings, SettingsEdit, SettingsRejectedError, SettingsUnusableError
from runtime.persistence.database import Fence, off_loop
from runtime.protocol.commands import Command
from settingsapp import services, versions
from settingsapp.schema.validation import InvalidSettingsError

MOST_WAITING: Final = 50
"""So many approved proposals in a row wait for a reload; nobody leaves more of them on purpose."""


class SavedDocument:
    """Implements runtime.engine.ports.settings.SettingsSource."""

    def __init__(self, sub: str, fence: Fence) -> None:
        self._sub = sub
        self._fence = fence

    async def load(self) -> LoadedSettings:
        return await off_loop(self._load)()

    async def version(self) -> int:
        return await off_loop(self._version)()

    async def waits_for_reload(self, running: int, saved: int) -> bool:
        return await off_loop(self._waits)(running, saved)

    async def add_symbol(self, symbol: str, command: Command) -> SettingsEdit:
        return await off_loop(self._edit)(partial(services.add_symbol, self._sub, symbol), command)

    async def remove_symbol(self, symbol: str, command: Command) -> SettingsEdit:
        return await off_loop(self._edit)(partial(services.remove_symbol, self._sub, symbol), command)

    async def put_back_symbol(self, symbol: str, version: int, command: Command) -> SettingsEdit:
        return await off_loop(self._put_back)(symbol, version, command)

    async def restore(self, version: int, over: int, command: Command) -> SettingsEdit:
        return await off_loop(self._restore)(version, over, command)

    def _version(self) -> int:
        try:
            return services.saved_version(self._sub)
        except services.UnknownIdentityError as error:
            raise SourceUnavailableError(str(error)) from error

    def _waits(self, running: int, saved: int) -> bool:
        count = saved - running
        if not 0 < count <= MOST_WAITING or self._load().document.scanner_auto_restart_services:
            return False
        made = versions.listed(self._sub, before=saved + 1, limit=count)
        return len(made) == count and all(one.link is not None and one.link.way == "proposal" for one in made)

    def _load(self) -> LoadedSettings:
        try:
            saved = services.read(self._sub)
        except InvalidSettingsError as error:
            raise SettingsUnusableError(f"what is saved is not a valid document: {error}") from error
        except services.UnknownIdentityError as error:
            # Not for ever, perhaps: an engine may be started before its identity.
            raise SourceUnavailableError(str(error)) from error
        return LoadedSettings(saved.version, saved.document)

    def _put_back(self, symbol: str, version: int, command: Command) -> SettingsEdit:
        earlier = self._earlier(version - 1)
        return self._edit(partial(services.put_back_symbol, self._sub, symbol, earlier), command)

    def _restore(self, version: int, over: int, command: Command) -> SettingsEdit:
        made = versions.made_by(self._sub, command.id)
        if made is not None:
            # It was done when the command was delivered before.
            return SettingsEdit(self._load(), made)

        def restore(cause: services.Cause, guard: services.Guard) -> tuple[services.SavedSettings, bool]:
            saved = versions.restore(self._sub, version, cause=cause, expected_version=over, guard=guard)
            return saved, saved.version != over

        return self._edit(restore, command)

    def _earlier(self, version: int) -> dict[str, Any]:
        try:
            return versions.show(self._sub, version).document
        except (versions.UnknownVersionError, versions.LostVersionError) as error:
            raise SettingsRejectedError(str(error)) from error

    def _edit(self, edit: Callable[..., tuple[services.SavedSettings, bool]], command: Command) -> SettingsEdit:
        cause = services.Cause(kind="command", user_id=None, username=command.issued_by, command_id=command.id)
        try:
            saved, changed = edit(cause=cause, guard=self._fence.check)
        except (InvalidSettingsError, versions.UnknownVersionError, versions.LostVersionError) as error:
            raise SettingsRejectedError(str(error)) from error
        except services.StaleVersionError as error:
            text = f"version {error.current_version} is saved by now: restore a version in the settings' history"
            raise SettingsRejectedError(text) from error
        except services.UnknownIdentityError as error:
            raise SourceUnavailableError(str(error)) from error
        # Unchanged it may be because this very command was delivered before.
        made = saved.version if changed else versions.made_by(self._sub, command.id)
        return SettingsEdit(LoadedSettings(saved.version, saved.document), made)
