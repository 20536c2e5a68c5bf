"""Order book imbalances: named, so that it can be configured and refused; not implemented."""

from typing import Final

from runtime.engine.modes.contract import ModeDefinition
from settingsapp.schema.document import SettingsDocument
from settingsapp.schema.vocabulary import Mode


def symbols(_document: SettingsDocument) -> tuple[str, ...]:
    """It watches nothing."""
    return ()


DEFINITION: Final = ModeDefinition(
    mode=Mode.SCALPER_ORDERBOOK,
    purpose="Detects bid and ask imbalances in the order book.",
    symbols=symbols,
    create=None,
)
