"""The indicators by the names that the settings document uses."""

from collections.abc import Callable, Mapping
from typing import Final

from runtime.engine.indicators.atr import Atr
from runtime.engine.indicators.contract import Indicator
from runtime.engine.indicators.ema import EmaPair
from runtime.engine.indicators.rsi import Rsi

MACDV: Final = "macdv"
"""Every series has it: the signals are made of it."""

FURTHER: Final[Mapping[str, Callable[[], Indicator]]] = {"rsi": Rsi, "ema": EmaPair, "atr": Atr}
"""What explains an alert beside MACD-V. All are always computed: enabling one needs no new warm-up."""

INDICATORS: Final[tuple[str, ...]] = (MACDV, *FURTHER)
