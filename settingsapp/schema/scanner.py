"""What the scanner looks for."""

from typing import Annotated, TypeAlias

from pydantic import Field

from settingsapp.schema.notations import CurrencyText
from settingsapp.schema.section import Section
from settingsapp.schema.vocabulary import SymbolText

CategoryText: TypeAlias = Annotated[str, Field(min_length=1, max_length=40)]


class ScannerCriteria(Section):
    """Which instruments the scanner proposes. It proposes; a person approves.

    What an exchange does not tell of an instrument fails the criteria that ask for it, and no others.
    """

    quote_currencies: Annotated[tuple[CurrencyText, ...], Field(max_length=20)] = Field(
        ("USD",),
        title="Quote currencies",
        description="Only instruments that are priced in one of these. Empty: all.",
    )
    min_volume_usd_24h: Annotated[float, Field(ge=0, le=1e15)] = Field(
        1_000_000.0,
        title="Volume of 24 hours at least (USD)",
        description="Instruments that were traded less are not proposed.",
    )
    min_price_usd: Annotated[float, Field(ge=0, le=1e12)] = Field(
        0.0, title="Price at least (USD)", description="Cheaper instruments are not proposed."
    )
    min_age_days: Annotated[float, Field(ge=0, le=36_500)] = Field(
        0.0,
        title="Listed for at least (days)",
        description="Instruments that the exchange has not traded for that long are not proposed. 0: any, also where "
        "the exchange does not tell.",
    )
    max_spread_percent: Annotated[float, Field(gt=0, le=200)] | None = Field(
        None,
        title="Spread at most (%)",
        description="The gap between bid and ask, as a share of their middle. Open: any.",
    )
    min_change_percent_24h: Annotated[float, Field(ge=-100, le=1e6)] | None = Field(
        None, title="Change of 24 hours from (%)", description="-5 leaves out what fell by more than 5 %. Open: any."
    )
    max_change_percent_24h: Annotated[float, Field(ge=-100, le=1e6)] | None = Field(
        None, title="Change of 24 hours up to (%)", description="50 leaves out what rose by more than 50 %. Open: any."
    )
    top_n: Annotated[int, Field(ge=1, le=5_000)] | None = Field(
        None,
        title="Only the largest",
        description="Of all that fits, only so many with the largest volume of 24 hours. Open: all.",
    )
    max_symbols: Annotated[int, Field(ge=1, le=1_000)] = Field(
        50, title="Symbols at most", description="No proposal makes the watchlist longer than this."
    )
    exclude_stablecoins: bool = Field(
        True, title="Without stablecoins", description="Leave out money, and coins that follow it."
    )
    exclude_leveraged: bool = Field(
        True, title="Without leveraged tokens", description="Leave out tokens such as UP, DOWN, BULL and BEAR."
    )
    exclude_categories: Annotated[tuple[CategoryText, ...], Field(max_length=100)] = Field(
        (), title="Without categories", description="Leave out symbols that carry one of these categories: meme."
    )
    excluded_bases: Annotated[tuple[CurrencyText, ...], Field(max_length=1_000)] = Field(
        (), title="Never propose", description="Base currencies that are never proposed: SHIB, PEPE."
    )
    excluded_symbols: Annotated[tuple[SymbolText, ...], Field(max_length=1_000)] = Field(
        (),
        title="Never propose these symbols",
        description="As the scanned exchange writes them (BTC-USD), or qualified by one (binance:BTCUSDT).",
    )
