"""Hunts MACD-V signals across the watchlist."""

from collections.abc import Iterable, Mapping
from typing import Final

from runtime.engine.alerting import SignalAlerts
from runtime.engine.market import Bar
from runtime.engine.modes.contract import ModeContext, ModeDefinition
from runtime.engine.raised import Raised
from runtime.protocol.alerts import Alert
from settingsapp.schema.document import SettingsDocument
from settingsapp.schema.effective import mode_config, positions, scanner_symbols, watched_symbols
from settingsapp.schema.vocabulary import Mode


def symbols(document: SettingsDocument) -> tuple[str, ...]:
    """The watchlist, the part of it that the scanner brought, or the positions, as the configuration says."""
    match mode_config(document, Mode.SCALPER_MACDV).symbol_source:
        case "positions":
            return positions(document)
        case "scanner":
            return scanner_symbols(document)
        case "watchlist":
            return watched_symbols(document)


class ScalperMacdv:
    """Every MACD-V signal of every symbol."""

    mode: Final = Mode.SCALPER_MACDV

    def __init__(self) -> None:
        self._signals = SignalAlerts()

    def alerts(self, bar: Bar, context: ModeContext) -> tuple[Alert, ...]:
        return self._signals.of(bar, context.mode, context.settings_version, context.document)

    def recall(self, raised: Iterable[Raised], context: ModeContext, closes: Mapping[str, float]) -> None:
        self._signals.recall(raised)


DEFINITION: Final = ModeDefinition(
    mode=Mode.SCALPER_MACDV,
    purpose="Hunts MACD-V signals across the watchlist.",
    symbols=symbols,
    create=ScalperMacdv,
)
