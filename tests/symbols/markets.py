"""Exchanges' instruments for tests, from the exchanges' own raw names, by ccxt as the catalogue's reader has them."""

from collections.abc import Iterable
from functools import cache
from typing import Any

import ccxt

from symbols.instruments import Instrument


@cache
def _library(exchange: str) -> Any:
    return getattr(ccxt, exchange)()


def raw(exchange: str, symbol: str, base: str, quote: str, *, active: bool = True) -> Instrument:
    """An instrument whose base and quote are given as the exchange itself names them: XXBT, ZUSD."""
    library = _library(exchange)
    base, quote = library.safe_currency_code(base), library.safe_currency_code(quote)
    return Instrument(exchange, symbol, f"{base}/{quote}", base, quote, active)


def written(exchange: str, text: str) -> Instrument:
    """An instrument written as `XXBTZUSD=XXBT/ZUSD`; with `!` at its end it is traded no more."""
    symbol, pair = text.removesuffix("!").split("=")
    base, quote = pair.split("/")
    return raw(exchange, symbol, base, quote, active=not text.endswith("!"))


def all_written(exchange: str, texts: str) -> list[Instrument]:
    """Several of them, with blanks between."""
    return [written(exchange, text) for text in texts.split()]


def uncommented(lines: Iterable[str]) -> Iterable[str]:
    """Leave out the lines of a table that explain it."""
    return (line for line in lines if not line.startswith("#"))
