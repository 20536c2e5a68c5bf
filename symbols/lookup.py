"""Finding instruments for an identity: on its enabled exchanges, written as its watchlist writes them."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from settingsapp import services
from settingsapp.schema.document import SettingsDocument
from settingsapp.schema.effective import enabled_exchanges, qualified, tracked_symbols
from settingsapp.schema.spelling import suggestion
from settingsapp.schema.vocabulary import shortened, split_qualified
from symbols import catalogue
from symbols.fitting import numbers_of
from symbols.instruments import Instrument
from symbols.refreshing import PRICES_FRESH_MS, Refresh, RefreshState, is_due, refresh_in_background, state_of
from symbols.searching import Index
from symbols.worth import dollar_rates

_KEPT: Final = 8
"""So many sets of exchanges does a process keep ready to be searched."""


class UnknownExchangeError(Exception):
    """Nothing is known of an exchange of that name; the text says which there are."""


class UnknownSymbolError(Exception):
    """No such instrument is known; the text says what comes near."""


@dataclass(frozen=True)
class Hit:
    """An instrument that was found. `symbol`: as the watchlist writes it."""

    symbol: str
    instrument: Instrument
    listed: bool
    """It is on the watchlist already."""

    def body(self) -> dict[str, Any]:
        """Return it as JSON."""
        one = self.instrument
        return {
            "symbol": self.symbol,
            "exchange": one.exchange,
            "unified": one.unified,
            "base": one.base,
            "quote": one.quote,
            "active": one.active,
            "listed": self.listed,
            "lastPrice": one.last_price,
            "change24h": one.change_24h,
            "volume24h": one.volume_24h,
            "pricedAt": one.priced_at,
        }


@dataclass(frozen=True)
class Metrics:
    """What is known of one instrument's market. `stale`: older than five minutes; then newer prices are under way."""

    hit: Hit
    price_usd: float | None
    volume_usd: float | None
    spread: float | None
    age_days: float | None
    stale: bool
    refresh: Refresh

    def body(self) -> dict[str, Any]:
        """Return it as JSON; prices, steps and volume in the quote currency unless they say USD, changes in percent."""
        one = self.hit.instrument
        return self.hit.body() | {
            "priceStep": one.price_step,
            "amountStep": one.amount_step,
            "bid": one.bid,
            "ask": one.ask,
            "listedAt": one.listed_at,
            "priceUsd": self.price_usd,
            "volumeUsd24h": self.volume_usd,
            "spreadPercent": self.spread,
            "ageDays": None if self.age_days is None else round(self.age_days, 1),
            "stale": self.stale,
            "refreshing": self.refresh.state is RefreshState.RUNNING,
            "problem": self.refresh.problem,
        }


def search(sub: str, wanted: str, limit: int, exchange: str = "") -> list[Hit]:
    """Return the instruments that match best. Without `exchange` in all that are enabled.

    Raises UnknownExchangeError, InvalidSettingsError, UnknownIdentityError.
    """
    document = services.read(sub).document
    searched = [known_exchange(document, exchange)] if exchange else list(enabled_exchanges(document))
    named, colon, _ = wanted.partition(":")
    if colon and not exchange and named in searched:
        searched = [named]
    found = _index(catalogue.revisions(searched)).search(wanted, limit)
    return _hits(document, found)


def metrics(sub: str, symbol: str, now_ms: int) -> Metrics:
    """Return what is known of an instrument, named as the watchlist does; prices that are old are asked for anew.

    Raises UnknownSymbolError, InvalidSettingsError, UnknownIdentityError.
    """
    document = services.read(sub).document
    exchange, name = split_qualified(qualified(document, symbol))
    one = catalogue.instrument(exchange, name)
    if one is None:
        raise UnknownSymbolError(advice(document, exchange, name))
    stale = one.priced_at is None or now_ms - one.priced_at >= PRICES_FRESH_MS
    if stale and exchange in enabled_exchanges(document) and is_due(exchange, now_ms, PRICES_FRESH_MS):
        refresh_in_background([exchange], now_ms)
    numbers = numbers_of(one, dollar_rates(catalogue.priced_in_dollars(exchange, one.quote)), now_ms)
    (hit,) = _hits(document, [one])
    return Metrics(
        hit,
        numbers.price_usd,
        numbers.volume_usd_24h,
        numbers.spread,
        numbers.age_days,
        stale,
        state_of(exchange, now_ms),
    )


def index_of(exchange: str) -> Index:
    """Return what is known of an exchange's instruments, ready to be searched."""
    return _index(catalogue.revisions([exchange]))


@lru_cache(_KEPT)
def _index(revisions: tuple[tuple[str, int], ...]) -> Index:
    return Index(one for exchange, _ in revisions for one in catalogue.instruments(exchange))


def _hits(document: SettingsDocument, found: Iterable[Instrument]) -> list[Hit]:
    primary = document.perseus_profile.primary_exchange
    listed = tracked_symbols(document)
    return [Hit(shortened(one.qualified, primary), one, one.qualified in listed) for one in found]


def known_exchange(document: SettingsDocument, exchange: str) -> str:
    """Return the exchange where it is enabled or something is known of it. Raises UnknownExchangeError."""
    there = sorted({*enabled_exchanges(document), *catalogue.exchanges()})
    if exchange not in there:
        known = ", ".join(there) or "none"
        raise UnknownExchangeError(
            f"nothing is known of {exchange[:40]}{suggestion(exchange, there)}; known exchanges: {known}"
        )
    return exchange


def advice(document: SettingsDocument, exchange: str, name: str) -> str:
    """Say that an exchange has no such instrument, and what comes near it."""
    revision = catalogue.revisions([exchange])
    index = _index(revision)
    if not len(index):
        return f"no instruments of {exchange} are known yet: the catalogue has to be read from the exchange first"
    near = [hit.symbol for hit in _hits(document, index.search(name, 3))]
    return f"{exchange} has no {name}" + (f"; did you mean {' or '.join(near)}?" if near else "")
