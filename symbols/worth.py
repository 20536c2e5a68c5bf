"""What currencies are worth in USD, by what exchanges tell: pure."""

from collections.abc import Iterable, Mapping
from typing import Final

from symbols.instruments import Instrument

DOLLARS: Final = ("USD", "USDT", "USDC")
"""Currencies of which one unit is taken for a dollar."""


def dollar_rates(instruments: Iterable[Instrument]) -> Mapping[str, float]:
    """Return what one unit of each currency is worth in USD, by the prices of these instruments alone."""
    rates: dict[str, float] = {}
    turned: dict[str, float] = {}
    for one in instruments:
        if not one.last_price or not one.active:
            continue
        if one.quote in DOLLARS:
            rates.setdefault(one.base, one.last_price)
        elif one.base in DOLLARS:
            # Money is often the other way round: USDT/TRY.
            turned.setdefault(one.quote, 1 / one.last_price)
    return turned | rates | dict.fromkeys(DOLLARS, 1.0)
