"""What each command does: one function a command, one module a subject.

A handler's effects converge: carrying a command out twice is carrying it out once.
"""

from collections.abc import Mapping

from runtime.engine.executor import Handler
from runtime.engine.handlers.connection import ConnectionHandlers
from runtime.engine.handlers.market import MarketHandlers
from runtime.engine.handlers.notification import NotificationHandlers
from runtime.engine.handlers.pausing import PausingHandlers
from runtime.engine.handlers.rollback import RollbackHandlers
from runtime.engine.handlers.scanning import ScanningHandlers
from runtime.engine.handlers.settings import SettingsHandlers
from runtime.engine.handlers.status import StatusHandlers
from runtime.protocol.payloads import CommandName


def handlers(
    pausing: PausingHandlers,
    settings: SettingsHandlers,
    market: MarketHandlers,
    status: StatusHandlers,
    connection: ConnectionHandlers,
    notification: NotificationHandlers,
    scanning: ScanningHandlers,
    rollback: RollbackHandlers,
) -> Mapping[CommandName, Handler]:
    """Return the handler of every command but batch, whose members the executor hands to theirs."""
    return {
        CommandName.PAUSE: pausing.pause,
        CommandName.RESUME: pausing.resume,
        CommandName.RELOAD_SETTINGS: settings.reload_settings,
        CommandName.SWITCH_MODE: settings.switch_mode,
        CommandName.ADD_SYMBOL: settings.add_symbol,
        CommandName.REMOVE_SYMBOL: settings.remove_symbol,
        CommandName.FORCE_BACKFILL: market.force_backfill,
        CommandName.CLEAR_CACHE: market.clear_cache,
        CommandName.STATUS: status.status,
        CommandName.TEST_CONNECTION: connection.test_connection,
        CommandName.TEST_NOTIFICATION: notification.test_notification,
        CommandName.SCAN_SYMBOLS: scanning.scan_symbols,
        CommandName.ROLLBACK: rollback.rollback,
    }
