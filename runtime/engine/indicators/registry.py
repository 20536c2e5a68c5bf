"""The indicators by name, found among the files of this package."""

from collections.abc import Mapping
from typing import Final

from runtime.engine import indicators
from runtime.engine.discovery import defined_in
from runtime.engine.indicators.contract import Indicator

MACDV: Final = "macdv"
"""Every series has it: the signals are made of it."""

INDICATORS: Final[Mapping[str, Indicator]] = {
    indicator.name: indicator for indicator in defined_in(indicators, "INDICATOR", Indicator)
}
"""All are always computed: enabling one needs no new warm-up. Those beside MACD-V explain an alert."""
