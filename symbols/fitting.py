"""Which instruments the scanner's criteria let through, and of each other one why not: pure."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from settingsapp.schema.scanner import ScannerCriteria
from settingsapp.schema.vocabulary import is_symbol, qualify
from symbols.instruments import Instrument

DAY_MS: Final = 86_400_000


def _never(_: str) -> bool:
    return False


@dataclass(frozen=True)
class Reference:
    """What is known beyond the instruments themselves.

    `usd`: what one unit of a quote currency is worth in USD, as far as that is known. `categories`: by qualified
    symbol. The predicates take a base currency.
    """

    usd: Mapping[str, float]
    is_fiat: Callable[[str], bool] = _never
    is_stablecoin: Callable[[str], bool] = _never
    is_leveraged: Callable[[str], bool] = _never
    categories: Mapping[str, frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Numbers:
    """What was seen of an instrument. Price and volume in USD, change and spread in percent; None where unknown."""

    price_usd: float | None = None
    volume_usd_24h: float | None = None
    change_24h: float | None = None
    spread: float | None = None
    age_days: float | None = None

    def body(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            "priceUsd": self.price_usd,
            "volumeUsd24h": self.volume_usd_24h,
            "change24h": self.change_24h,
            "spreadPercent": self.spread,
            "ageDays": None if self.age_days is None else round(self.age_days, 1),
        }


def numbers_of(one: Instrument, usd: Mapping[str, float], now_ms: int) -> Numbers:
    """Return what was seen of an instrument, as of `now_ms`."""
    rate = usd.get(one.quote)
    spread = None
    if one.bid and one.ask and one.ask >= one.bid > 0:
        spread = (one.ask - one.bid) / (one.ask + one.bid) * 200
    return Numbers(
        price_usd=None if rate is None or one.last_price is None else one.last_price * rate,
        volume_usd_24h=None if rate is None or one.volume_24h is None else one.volume_24h * rate,
        change_24h=one.change_24h,
        spread=spread,
        age_days=None if one.listed_at is None else max(0.0, (now_ms - one.listed_at) / DAY_MS),
    )


class Sieve:
    """The criteria, made ready for many instruments of one exchange."""

    def __init__(self, criteria: ScannerCriteria, exchange: str, reference: Reference) -> None:
        self._criteria = criteria
        self._reference = reference
        self._quotes = frozenset(criteria.quote_currencies)
        self._bases = frozenset(criteria.excluded_bases)
        self._symbols = frozenset(qualify(symbol, exchange) for symbol in criteria.excluded_symbols)
        self._categories = frozenset(category.casefold() for category in criteria.exclude_categories)

    def unfit_kind(self, one: Instrument) -> str:
        """Return why an instrument does not fit by what it is, as part of a sentence; empty where it does."""
        if not one.active:
            return "the exchange does not trade it any more"
        if self._quotes and one.quote not in self._quotes:
            return f"priced in {one.quote}, not in {_or(self._criteria.quote_currencies)}"
        if one.base in self._bases or one.qualified in self._symbols:
            return "it is among what is never to be proposed"
        if self._criteria.exclude_stablecoins and self._reference.is_stablecoin(one.base):
            return f"{one.base} is a stablecoin"
        if self._criteria.exclude_stablecoins and self._reference.is_fiat(one.base):
            return f"{one.base} is money"
        if self._criteria.exclude_leveraged and self._reference.is_leveraged(one.base):
            return f"{one.base} is a leveraged token"
        if self._categories and (carried := self._reference.categories.get(one.qualified)):
            unwanted = sorted(category for category in carried if category.casefold() in self._categories)
            if unwanted:
                return f"it is in the category {unwanted[0]}"
        return "" if is_symbol(one.symbol) else "the watchlist can't hold a symbol that is written like this"

    def unfit_market(self, seen: Numbers) -> str:
        """Return why an instrument does not fit by its numbers, as part of a sentence; empty where it does."""
        wanted = self._criteria
        found = (
            _below(seen.volume_usd_24h, wanted.min_volume_usd_24h or None, _traded, money, "its volume is unknown")
            or _below(seen.price_usd, wanted.min_price_usd or None, _costs, money, "its price in USD is unknown")
            or _below(seen.age_days, wanted.min_age_days or None, _listed, days, "when it was listed is unknown")
            or _above(seen.spread, wanted.max_spread_percent, _spread, "its spread is unknown")
        )
        if found:
            return found
        change, least, most = seen.change_24h, wanted.min_change_percent_24h, wanted.max_change_percent_24h
        if (least is not None or most is not None) and change is None:
            return "its change of 24 h is unknown"
        if change is not None and least is not None and change < least:
            return f"changed by {percent(change)} in 24 h, less than {percent(least)}"
        if change is not None and most is not None and change > most:
            return f"changed by {percent(change)} in 24 h, more than {percent(most)}"
        return ""

    def praise(self, seen: Numbers) -> str:
        """Return the numbers by which an instrument fits, in words: those that are known and were asked for."""
        wanted = self._criteria
        told: Iterable[str | None] = (
            None if seen.volume_usd_24h is None else _traded(seen.volume_usd_24h),
            _costs(seen.price_usd) if wanted.min_price_usd and seen.price_usd is not None else None,
            _listed(seen.age_days) if wanted.min_age_days and seen.age_days is not None else None,
            _spread(seen.spread) if wanted.max_spread_percent is not None and seen.spread is not None else None,
            f"changed by {percent(seen.change_24h)}"
            if seen.change_24h is not None
            and (wanted.min_change_percent_24h is not None or wanted.max_change_percent_24h is not None)
            else None,
        )
        return ", ".join(part for part in told if part)


def money(usd: float) -> str:
    """Write an amount of USD with three digits, as people say it: 1.25 M USD, 0.45 USD."""
    for size, letter in ((1e9, " B"), (1e6, " M"), (1e3, " k")):
        if usd >= size * 0.9995:
            return f"{_three_digits(usd / size)}{letter} USD"
    return f"{_three_digits(usd)} USD"


def _three_digits(value: float) -> str:
    places = 0 if value >= 99.95 else 1 if value >= 9.995 else 2
    text = f"{value:.{places}f}" if value >= 0.9995 else f"{Decimal(f'{value:.3g}'):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def percent(value: float) -> str:
    """Write a percentage with two places, or as many as it takes to be more than nothing: 2.5 %, 0.0003 %."""
    text = f"{round(value, 2):g}" if abs(value) >= 0.005 or not value else f"{Decimal(f'{value:.1g}'):f}"
    return f"{text} %"


def days(count: float) -> str:
    """Write a span of days: 1 day, 3.5 days, 400 days."""
    shown = f"{round(count, 1):g}"
    return f"{shown} day" if shown == "1" else f"{shown} days"


def _traded(usd: float) -> str:
    return f"traded for {money(usd)} in 24 h"


def _costs(usd: float) -> str:
    return f"costs {money(usd)}"


def _listed(age: float) -> str:
    return f"listed for {days(age)}"


def _spread(value: float) -> str:
    return f"spread {percent(value)}"


def _below(
    value: float | None, least: float | None, told: Callable[[float], str], unit: Callable[[float], str], unknown: str
) -> str:
    if least is None:
        return ""
    if value is None:
        return unknown
    return f"{told(value)}, less than {unit(least)}" if value < least else ""


def _above(value: float | None, most: float | None, told: Callable[[float], str], unknown: str) -> str:
    if most is None:
        return ""
    if value is None:
        return unknown
    return f"{told(value)}, more than {percent(most)}" if value > most else ""


def _or(names: Iterable[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} or {last}" if others else last
