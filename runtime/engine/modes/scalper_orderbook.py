"""Order book imbalances: named, so that it can be configured and refused; not implemented."""

from typing import Final

from runtime.engine.modes.contract import ModeDefinition
from settingsapp.schema.vocabulary import Mode

DEFINITION: Final = ModeDefinition(
    mode=Mode.SCALPER_ORDERBOOK, purpose="Detects bid and ask imbalances in the order book.", create=None
)
