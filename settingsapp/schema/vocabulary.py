"""The words that the document, the commands and the engine share: modes, timeframes, how a symbol is written."""

import re
from enum import StrEnum
from typing import Annotated, Final, Literal, TypeAlias, get_args

from pydantic import AfterValidator

Timeframe: TypeAlias = Literal["1m", "5m", "15m", "1h", "4h", "1d"]
TIMEFRAMES: Final[tuple[Timeframe, ...]] = get_args(Timeframe)

SIMULATED: Final = "simulated"
"""The exchange that the engine makes up, or on which it plays recorded candles."""


class Mode(StrEnum):
    """What the engine hunts for."""

    POSITION_MONITOR = "position-monitor"
    SCALPER_MACDV = "scalper-macdv"
    SCALPER_ORDERBOOK = "scalper-orderbook"


HOW_WRITTEN: Final = (
    "a symbol is written as its exchange writes it, in capitals (BTC-USD), or with the exchange before it "
    "(binance:BTCUSDT)"
)
"""What is right where a symbol is not."""
_SYMBOL = re.compile(r"(?:[a-z0-9_]{1,40}:)?[A-Z0-9][A-Z0-9./_-]{0,39}")


def is_symbol(text: str) -> bool:
    """Tell whether the watchlist can hold a symbol that is written like this."""
    return _SYMBOL.fullmatch(text) is not None


def _symbol(text: str) -> str:
    if not is_symbol(text):
        raise ValueError(HOW_WRITTEN)
    return text


SymbolText: TypeAlias = Annotated[str, AfterValidator(_symbol)]
"""A symbol as the watchlist writes it: the primary exchange's own notation, or qualified by its exchange."""


def qualify(symbol: str, primary_exchange: str) -> str:
    """Return the form that engine, keys, status and alerts use: `exchange:symbol`."""
    return symbol if ":" in symbol else f"{primary_exchange}:{symbol}"


def shortened(qualified: str, primary_exchange: str) -> str:
    """Return a qualified symbol as the watchlist writes it: without its exchange where that is the primary one."""
    exchange, symbol = split_qualified(qualified)
    return symbol if exchange == primary_exchange else qualified


def split_qualified(qualified: str) -> tuple[str, str]:
    """Return exchange and symbol of a qualified symbol."""
    exchange, _, symbol = qualified.partition(":")
    return exchange, symbol
