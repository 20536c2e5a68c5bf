"""What an identity's symbols are on other exchanges, by what the catalogue knows."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from settingsapp import services
from settingsapp.schema.document import SettingsDocument
from settingsapp.schema.effective import enabled_exchanges, tracked_symbols
from settingsapp.schema.vocabulary import shortened, split_qualified
from symbols import catalogue
from symbols.instruments import Instrument
from symbols.lookup import UnknownExchangeError, UnknownSymbolError, advice, known_exchange
from symbols.mapping import Counterpart, Market, Stablecoins, Verdict, counterpart, unread

_KEPT: Final = 12
"""So many exchanges does a process keep ready to be looked through."""


class UnfitQuestionError(Exception):
    """The symbol and the exchanges that it is asked for do not go together; `path` says which of them is wrong."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(message)
        self.path = path


class UnreadExchangeError(Exception):
    """Nothing is known yet of what an exchange trades; the text says of which."""


@dataclass(frozen=True)
class Crossing:
    """What one symbol (qualified) is on another exchange. `primary_exchange`: by which symbols are written."""

    symbol: str
    exchange: str
    stablecoins: Stablecoins
    counterpart: Counterpart
    primary_exchange: str

    def body(self) -> dict[str, Any]:
        """Return it as JSON. `symbol` of a candidate is as the watchlist writes it, `native` as its exchange does."""
        source, name = split_qualified(self.symbol)
        found = [
            {
                "symbol": self._written(one.instrument),
                "native": one.instrument.symbol,
                "exchange": one.instrument.exchange,
                "unified": one.instrument.unified,
                "base": one.instrument.base,
                "quote": one.instrument.quote,
                "active": one.instrument.active,
                "note": one.note,
            }
            for one in self.counterpart.candidates
        ]
        return {
            "symbol": name,
            "from": source,
            "to": self.exchange,
            "stablecoins": self.stablecoins.value,
            "verdict": self.counterpart.verdict.value,
            "why": self.counterpart.why,
            "mapped": found[0] if self.counterpart.verdict is Verdict.MAPS else None,
            "candidates": found,
        }

    def _written(self, one: Instrument) -> str:
        return shortened(one.qualified, self.primary_exchange)


@dataclass(frozen=True)
class Row:
    """One symbol of the watchlist, and what it is on each of the exchanges; on its own it has no entry."""

    symbol: str
    exchange: str
    on: Mapping[str, Counterpart]


@dataclass(frozen=True)
class Crossings:
    """The watchlist on all enabled exchanges."""

    version: int
    primary_exchange: str
    exchanges: tuple[str, ...]
    rows: tuple[Row, ...]


def market(exchange: str) -> Market:
    """Return an exchange's instruments, ready to be looked through."""
    ((_, revision),) = catalogue.revisions([exchange])
    return _market(exchange, revision)


def cross(sub: str, symbol: str, source: str, target: str, stablecoins: Stablecoins) -> Crossing:
    """Return what a symbol of one exchange is on another one. Without `source`: the one that the symbol names.

    Raises UnfitQuestionError, UnreadExchangeError, UnknownSymbolError, InvalidSettingsError, UnknownIdentityError.
    """
    document = services.read(sub).document
    named, _ = split_qualified(symbol) if ":" in symbol else ("", "")
    if named and source and named != source:
        raise UnfitQuestionError("from", f"{symbol[:60]} is {named}'s, not {source[:40]}'s")
    of = _known(document, source or named or document.perseus_profile.primary_exchange, "from")
    to = _known(document, target, "to")
    for exchange in (of, to):
        if not market(exchange).known:
            raise UnreadExchangeError(unread(exchange))
    name = symbol.partition(":")[2] if named else symbol
    one = market(of).instrument(name)
    if one is None:
        raise UnknownSymbolError(advice(document, of, name[:60]))
    primary = document.perseus_profile.primary_exchange
    return Crossing(one.qualified, to, stablecoins, counterpart(one, market(of), market(to), stablecoins), primary)


def overview(sub: str, stablecoins: Stablecoins) -> Crossings:
    """Return the whole watchlist on all enabled exchanges. Raises InvalidSettingsError, UnknownIdentityError."""
    saved = services.read(sub)
    document = saved.document
    listed = tracked_symbols(document)
    enabled = enabled_exchanges(document)
    markets = {exchange: market(exchange) for exchange in {*enabled, *(split_qualified(full)[0] for full in listed)}}
    rows = []
    for full, written in listed.items():
        exchange, name = split_qualified(full)
        on = {
            other: on_market(name, markets[exchange], markets[other], stablecoins)
            for other in enabled
            if other != exchange
        }
        rows.append(Row(written, exchange, on))
    return Crossings(saved.version, document.perseus_profile.primary_exchange, enabled, tuple(rows))


def on_market(symbol: str, source: Market, target: Market, stablecoins: Stablecoins) -> Counterpart:
    """Return what a symbol, as its exchange writes it, is on another one; also where nothing is known of it."""
    one = source.instrument(symbol)
    if one is None:
        if not source.known:
            return Counterpart(Verdict.NONE, unread(source.exchange), unread=True)
        return Counterpart(Verdict.NONE, f"{source.exchange} has no {symbol}, as far as is known")
    return counterpart(one, source, target, stablecoins)


def _known(document: SettingsDocument, exchange: str, path: str) -> str:
    try:
        return known_exchange(document, exchange)
    except UnknownExchangeError as error:
        raise UnfitQuestionError(path, str(error)) from None


@lru_cache(_KEPT)
def _market(exchange: str, revision: int) -> Market:
    return Market(exchange, catalogue.instruments(exchange))
