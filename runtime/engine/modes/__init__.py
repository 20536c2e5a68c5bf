"""The modes by name."""

from collections.abc import Mapping
from typing import Final

from runtime.engine.modes import position_monitor, scalper_macdv, scalper_orderbook
from runtime.engine.modes.contract import ModeContext, ModeDefinition, ModeNotImplementedError, ModeRun
from settingsapp.schema.vocabulary import Mode

__all__ = ["MODES", "ModeContext", "ModeDefinition", "ModeNotImplementedError", "ModeRun"]

MODES: Final[Mapping[Mode, ModeDefinition]] = {
    module.DEFINITION.mode: module.DEFINITION for module in (position_monitor, scalper_macdv, scalper_orderbook)
}
