"""What the scanner looks for."""

from typing import Annotated

from pydantic import Field

from settingsapp.schema.notations import CurrencyText
from settingsapp.schema.section import Section


class ScannerCriteria(Section):
    """Which instruments the scanner proposes. It proposes; a person approves."""

    quote_currencies: Annotated[tuple[CurrencyText, ...], Field(max_length=20)] = Field(
        ("USD",), title="Quote currencies", description="Only instruments that are priced in one of these."
    )
    min_volume_usd_24h: Annotated[float, Field(ge=0, le=1e15)] = Field(
        1_000_000.0,
        title="Volume of 24 hours at least (USD)",
        description="Instruments that were traded less are not proposed.",
    )
    min_price_usd: Annotated[float, Field(ge=0, le=1e12)] = Field(
        0.0, title="Price at least (USD)", description="Cheaper instruments are not proposed."
    )
    max_symbols: Annotated[int, Field(ge=1, le=1_000)] = Field(
        50, title="Symbols at most", description="The watchlist that the scanner proposes is no longer than this."
    )
    exclude_stablecoins: bool = Field(
        True, title="Without stablecoins", description="Leave out coins that follow a currency."
    )
    exclude_leveraged: bool = Field(
        True, title="Without leveraged tokens", description="Leave out tokens such as UP, DOWN, BULL and BEAR."
    )
    excluded_bases: Annotated[tuple[CurrencyText, ...], Field(max_length=1_000)] = Field(
        (), title="Never propose", description="Base currencies that are never proposed: SHIB, PEPE."
    )
