"""The modes by name, found among the files of this package."""

import sys
from collections.abc import Mapping
from typing import Final

from runtime.engine.discovery import defined_in
from runtime.engine.modes.contract import ModeContext, ModeDefinition, ModeNotImplementedError, ModeRun
from settingsapp.schema.vocabulary import Mode

__all__ = ["MODES", "ModeContext", "ModeDefinition", "ModeNotImplementedError", "ModeRun"]

MODES: Final[Mapping[Mode, ModeDefinition]] = {
    definition.mode: definition for definition in defined_in(sys.modules[__name__], "DEFINITION", ModeDefinition)
}
