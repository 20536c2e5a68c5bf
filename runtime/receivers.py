"""What follows from the facts that other apps state."""

import logging
from typing import Any

from runtime import services
from runtime.bus.connections import RedisUnavailableError
from runtime.protocol.payloads import CommandName
from runtime.services import Order, QueueFullError
from settingsapp.events import settings_saved
from settingsapp.schema.diff import watchlist_changes
from settingsapp.services import Cause, SavedSettings

log = logging.getLogger(__name__)

MOST_SYMBOL_COMMANDS = 20
"""Above this one reload is less work than a command for each symbol."""


def connect() -> None:
    """Listen to the facts; called once, when the app is ready."""
    settings_saved.connect(nudge_engine, dispatch_uid="runtime.nudge_engine")


def nudge_engine(*, sub: str, before: SavedSettings | None, after: SavedSettings, cause: Cause, **_: Any) -> None:
    """Tell the engine what has changed. A nudge that is lost costs seconds: the engine looks by itself, too."""
    if cause.kind == "command":
        # The engine wrote it and converges on it already.
        return
    if cause.kind == "proposal" and not after.document.scanner_auto_restart_services:
        # Its owner wants it to count from the next reload on.
        return
    try:
        for order in orders_after(before, after):
            services.send(sub, order, source="system", issued_by=cause.username)
    except (RedisUnavailableError, QueueFullError) as error:
        log.warning("version %s is saved, but the engine could not be told: %s", after.version, error)


def orders_after(before: SavedSettings | None, after: SavedSettings) -> list[Order]:
    """Return the commands by which an engine follows from one saved document to the next."""
    if before is None:
        return [Order(CommandName.RELOAD_SETTINGS, settings_version=after.version)]
    change = watchlist_changes(before.document, after.document)
    touched = [*change.gained, *change.lost]
    if change.anything_else or not touched or len(touched) > MOST_SYMBOL_COMMANDS:
        return [Order(CommandName.RELOAD_SETTINGS, settings_version=after.version)]
    return [
        *(_about(CommandName.ADD_SYMBOL, symbol, after) for symbol in change.gained),
        *(_about(CommandName.REMOVE_SYMBOL, symbol, after) for symbol in change.lost),
    ]


def _about(name: CommandName, symbol: str, after: SavedSettings) -> Order:
    # With the version the engine only follows the document. Without it a nudge that comes late would write the
    # watchlist again, against what its owner has decided since.
    return Order(name, {"symbol": symbol}, settings_version=after.version)
