"""Which role may send which command."""

from collections.abc import Mapping
from typing import Any, Final

from runtime.protocol.payloads import CommandName
from settingsapp.accounts import Role

ROLE_NEEDED: Final[Mapping[CommandName, Role]] = {
    CommandName.STATUS: Role.VIEWER,
    CommandName.PAUSE: Role.OPERATOR,
    CommandName.RESUME: Role.OPERATOR,
    CommandName.TEST_CONNECTION: Role.ADMIN,
    CommandName.TEST_NOTIFICATION: Role.ADMIN,
    CommandName.FORCE_BACKFILL: Role.OPERATOR,
    CommandName.SCAN_SYMBOLS: Role.ADMIN,
    CommandName.RELOAD_SETTINGS: Role.ADMIN,
    CommandName.SWITCH_MODE: Role.ADMIN,
    CommandName.ADD_SYMBOL: Role.ADMIN,
    CommandName.REMOVE_SYMBOL: Role.ADMIN,
    CommandName.CLEAR_CACHE: Role.ADMIN,
    # A batch takes what its members take.
    CommandName.BATCH: Role.VIEWER,
    # It may bring back the mode, the watchlist and whole versions of the settings.
    CommandName.ROLLBACK: Role.ADMIN,
}


def role_needed(command: str, payload: Mapping[str, Any] | None = None) -> Role:
    """Return the role that a command needs, a batch with all that it holds.

    What is no command is refused for what it is, not for who sends it.
    """
    own = ROLE_NEEDED[CommandName(command)] if command in list(CommandName) else Role.VIEWER
    held = (payload or {}).get("commands") if command == CommandName.BATCH else None
    members = held if isinstance(held, list) else []
    needed = [role_needed(str(member.get("command"))) for member in members if isinstance(member, Mapping)]
    return max((own, *needed), key=list(Role).index)
