"""What an indicator is. To add one: copy a neighbour's file and name it in the registry."""

from collections.abc import Mapping
from typing import Protocol

from runtime.engine.candles import Candle


class Indicator(Protocol):
    """Steps once a closed bar, in constant time and memory."""

    def step(self, candle: Candle) -> None:
        """Take the next bar of the series; a synthetic one is flat."""

    def values(self) -> Mapping[str, float]:
        """Return the values after the last bar by name; empty while there are too few bars."""
