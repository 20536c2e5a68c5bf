"""Which role may send which command."""

from collections.abc import Mapping
from typing import Final

from runtime.protocol.commands import CommandName
from settingsapp.accounts import Role

ROLE_NEEDED: Final[Mapping[CommandName, Role]] = {
    CommandName.STATUS: Role.VIEWER,
    CommandName.PAUSE: Role.OPERATOR,
    CommandName.RESUME: Role.OPERATOR,
    CommandName.TEST_CONNECTION: Role.ADMIN,
    CommandName.FORCE_BACKFILL: Role.OPERATOR,
    CommandName.RELOAD_SETTINGS: Role.ADMIN,
    CommandName.SWITCH_MODE: Role.ADMIN,
    CommandName.ADD_SYMBOL: Role.ADMIN,
    CommandName.REMOVE_SYMBOL: Role.ADMIN,
    CommandName.CLEAR_CACHE: Role.ADMIN,
}


def role_needed(command: str) -> Role:
    """Return the role that a command needs; what is no command is refused for what it is, not for who sends it."""
    return ROLE_NEEDED[CommandName(command)] if command in list(CommandName) else Role.VIEWER
