"""Hunts MACD-V signals across the watchlist."""

from typing import Final

from runtime.engine.alerting import SignalAlerts
from runtime.engine.market import Bar
from runtime.engine.modes.contract import ModeContext, ModeDefinition
from runtime.protocol.alerts import Alert
from settingsapp.schema.document import SettingsDocument
from settingsapp.schema.effective import mode_config, positions, watched_symbols
from settingsapp.schema.vocabulary import Mode


class ScalperMacdv:
    """Every MACD-V signal of every symbol that the configuration names."""

    def __init__(self) -> None:
        self._signals = SignalAlerts()

    def symbols(self, document: SettingsDocument) -> tuple[str, ...]:
        source = mode_config(document, Mode.SCALPER_MACDV).symbol_source
        return positions(document) if source == "positions" else watched_symbols(document)

    def alerts(self, bar: Bar, context: ModeContext) -> tuple[Alert, ...]:
        return self._signals.of(bar, context.mode, context.settings_version, context.document)


DEFINITION: Final = ModeDefinition(
    mode=Mode.SCALPER_MACDV, purpose="Hunts MACD-V signals across the watchlist.", create=ScalperMacdv
)
