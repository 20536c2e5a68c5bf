"""What kind of asset a base currency is, by its name: money, a coin that follows money, a leveraged token."""

import re
from collections.abc import Set
from typing import Final

FIAT: Final = frozenset(
    {
        *("AED", "ARS", "AUD", "BRL", "CAD", "CHF", "CLP", "COP", "CZK", "DKK", "EUR", "GBP", "HKD", "HUF"),
        *("IDR", "ILS", "INR", "JPY", "KRW", "KZT", "MXN", "MYR", "NGN", "NOK", "NZD", "PHP", "PLN", "RON"),
        *("RUB", "SAR", "SEK", "SGD", "THB", "TRY", "TWD", "UAH", "USD", "VND", "ZAR"),
    }
)
STABLECOINS: Final = frozenset(
    {
        # Of the dollar.
        *("USDT", "USDC", "DAI", "USDS", "USDE", "FDUSD", "TUSD", "PYUSD", "USDP", "PAX", "GUSD", "BUSD"),
        *("HUSD", "LUSD", "SUSD", "CUSD", "USDD", "USDJ", "USDG", "USDQ", "USDR", "USDX", "USD1", "USDB"),
        *("USDF", "USD0", "RLUSD", "XUSD", "AUSD", "BFUSD", "FRAX", "FRXUSD", "GHO", "MIM", "CRVUSD", "DOLA"),
        *("ALUSD", "USDK", "USDN", "ZUSD"),
        # Of other currencies.
        *("EURC", "EURT", "EURS", "EURI", "EURQ", "EURR", "EUROP", "EURCV", "AEUR", "AGEUR", "EURA", "TGBP"),
        *("GBPT", "XSGD", "GYEN", "JPYC", "BRZ", "BRL1", "MXNT", "TRYB", "BIDR", "IDRT", "XIDR", "CADC"),
        *("QCAD", "AUDD"),
    }
)
_TIMES: Final = re.compile(r"([A-Z0-9]{2,}?)[2-5][LS]")
"""BTC3L, ETH5S."""
_WORDS: Final = re.compile(r"([A-Z0-9]{2,}?)(?:UP|DOWN|BULL|BEAR|HALF|HEDGE)")
"""BTCUP, ETHBEAR. Such a name alone proves nothing: JUP and SYRUP are coins."""


def is_fiat(base: str) -> bool:
    """Tell whether a currency is a state's money."""
    return base in FIAT


def is_stablecoin(base: str) -> bool:
    """Tell whether a currency is a coin that follows a state's money."""
    return base in STABLECOINS


def is_leveraged(base: str, others: Set[str]) -> bool:
    """Tell whether a currency is a leveraged token of another one, which is among `others` on the same exchange."""
    found = _TIMES.fullmatch(base) or _WORDS.fullmatch(base)
    return found is not None and found[1] in others
