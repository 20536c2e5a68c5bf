"""Which instrument of another exchange is the same market: BTC-USD on coinbase, BTCUSDT on binance. Pure.

Where one is, it is named; where several may be, or one only in other units, all are shown and a person has to choose.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from symbols.assets import Meaning, amount, currency, meaning_of
from symbols.instruments import Instrument
from symbols.worth import DOLLARS

COUNT_AS_DOLLAR: Final = frozenset(
    {
        *DOLLARS,
        *("DAI", "USDS", "USDE", "FDUSD", "TUSD", "PYUSD", "USDP", "GUSD", "BUSD", "USDG", "USD1", "RLUSD", "USDQ"),
    }
)
"""Of these, where stablecoins count as the dollar. The first choice among several are those in DOLLARS, in order."""
_NAMED: Final = 5
"""So many quote currencies are named where none fits."""


class Stablecoins(StrEnum):
    """What a price in a stablecoin counts as."""

    DOLLAR = "dollar"
    """As one in dollars: BTC-USD maps to BTCUSDT where there is no BTC against USD."""
    EXACT = "exact"
    """As one in that coin: only the very same quote currency will do."""


class Verdict(StrEnum):
    """What comes of looking for an instrument on another exchange."""

    MAPS = "maps"
    AMBIGUOUS = "ambiguous"
    """A person has to choose one of the candidates, or none; also where there is only one."""
    NONE = "none"


@dataclass(frozen=True)
class Candidate:
    """An instrument that the wanted one may be mapped to. `note`: what is to be known about it, or nothing."""

    instrument: Instrument
    note: str = ""


@dataclass(frozen=True)
class Counterpart:
    """The verdict, and why. Where it maps, the first candidate is meant and the others could be chosen instead."""

    verdict: Verdict
    why: str
    candidates: tuple[Candidate, ...] = ()
    unread: bool = False
    """Nothing is known of an exchange yet, so that NONE says nothing about it."""

    @property
    def target(self) -> Instrument | None:
        """What it maps to; None where that is not certain."""
        return self.candidates[0].instrument if self.verdict is Verdict.MAPS else None


@dataclass(frozen=True)
class _Meant:
    instrument: Instrument
    meaning: Meaning
    quote: str


class Market:
    """All instruments of an exchange, ready to be looked through for what another exchange's instrument is."""

    def __init__(self, exchange: str, instruments: Iterable[Instrument]) -> None:
        self.exchange = exchange
        known = tuple(instruments)
        self.known = bool(known)
        self._bases = frozenset(one.base for one in known)
        self._meanings = {base: meaning_of(exchange, base, self._bases) for base in self._bases}
        self._by_asset: defaultdict[str, list[_Meant]] = defaultdict(list)
        self._by_symbol = {one.symbol: one for one in known}
        for one in known:
            meant = _Meant(one, self._meanings[one.base], currency(one.quote))
            for asset in meant.meaning.assets:
                self._by_asset[asset].append(meant)

    def instrument(self, symbol: str) -> Instrument | None:
        """Return an instrument by the exchange's own notation."""
        return self._by_symbol.get(symbol)

    def meaning(self, base: str) -> Meaning:
        """Return what a base currency is here."""
        return self._meanings.get(base) or meaning_of(self.exchange, base, self._bases)

    def meant(self, meaning: Meaning) -> list[_Meant]:
        """Return all instruments whose base is, or may be, the same asset."""
        found = {one.instrument.symbol: one for asset in meaning.assets for one in self._by_asset.get(asset, ())}
        return [found[symbol] for symbol in sorted(found)]

    def other_fact(self, name: str) -> str:
        """Say what else than a certain asset bears that name here; nothing where none does."""
        there = self._meanings.get(name)
        return there.fact if there else ""


def counterpart(one: Instrument, source: Market, target: Market, stablecoins: Stablecoins) -> Counterpart:
    """Return what an instrument of one exchange is on another one."""
    meaning = source.meaning(one.base)
    if meaning.leveraged:
        return Counterpart(Verdict.NONE, f"{meaning.fact}: no other exchange has it")
    if not target.known:
        return Counterpart(Verdict.NONE, unread(target.exchange), unread=True)
    everywhere = target.meant(meaning)
    traded = [other for other in everywhere if other.instrument.active]
    if not traded:
        return Counterpart(Verdict.NONE, _absent(meaning, target, everywhere))
    quote = currency(one.quote)
    fitting = [other for other in traded if _fits(quote, other.quote, meaning, stablecoins)]
    if not fitting:
        return Counterpart(Verdict.NONE, _other_quotes(meaning, quote, target, traded, stablecoins))
    ranked = sorted(fitting, key=lambda other: (_rank(quote, other.quote), other.quote, other.instrument.symbol))
    candidates = tuple(Candidate(other.instrument, _note(meaning, quote, other)) for other in ranked)
    if not meaning.certain:
        return Counterpart(Verdict.AMBIGUOUS, _doubt(meaning), candidates)
    same = [n for n, other in enumerate(ranked) if other.meaning.certain and other.meaning.units == meaning.units]
    if not same:
        doubtful = next((other.meaning for other in ranked if not other.meaning.certain), None)
        why = _doubt(doubtful) if doubtful else _other_units(meaning, ranked[0].meaning, target)
        return Counterpart(Verdict.AMBIGUOUS, why, candidates)
    best = _rank(quote, ranked[same[0]].quote)
    equals = [n for n in same if _rank(quote, ranked[n].quote) == best]
    if len(equals) > 1:
        names = " and ".join(ranked[n].instrument.symbol for n in equals)
        return Counterpart(Verdict.AMBIGUOUS, f"{names} are equally good", candidates)
    chosen = candidates[same[0]]
    rest = tuple(other for other in candidates if other is not chosen)
    return Counterpart(Verdict.MAPS, _reason(one, chosen), (chosen, *rest))


def unread(exchange: str) -> str:
    """Say that nothing is known of an exchange yet."""
    return f"no instruments of {exchange} are known yet: the catalogue has to be read from the exchange first"


def _fits(wanted: str, quote: str, meaning: Meaning, stablecoins: Stablecoins) -> bool:
    if quote == wanted:
        return True
    # The price of a dollar in dollars is another thing than its price in another stablecoin.
    dollars = COUNT_AS_DOLLAR.isdisjoint(meaning.assets) and {wanted, quote} <= COUNT_AS_DOLLAR
    return dollars and stablecoins is Stablecoins.DOLLAR


def _rank(wanted: str, quote: str) -> int:
    """Order quote currencies: the very same, then the dollars that are traded most, then the others alike."""
    if quote == wanted:
        return 0
    return 1 + (DOLLARS.index(quote) if quote in DOLLARS else len(DOLLARS))


def _surely_same(one: Meaning, other: Meaning) -> bool:
    return one.certain and one.assets == other.assets and one.units == other.units


def _note(meaning: Meaning, quote: str, other: _Meant) -> str:
    told = []
    if other.quote != quote:
        told.append(f"priced in {other.quote} instead of {quote}")
    if not _surely_same(meaning, other.meaning) or other.meaning.name != meaning.name:
        told += [fact for fact in dict.fromkeys((meaning.fact, other.meaning.fact)) if fact]
    return "; ".join(told)


def _doubt(meaning: Meaning) -> str:
    return f"it may be another asset: {meaning.fact}"


def _reason(one: Instrument, chosen: Candidate) -> str:
    pair = f"{one.base}/{one.quote}"
    return f"{pair} is {chosen.instrument.base}/{chosen.instrument.quote}" + (f": {chosen.note}" if chosen.note else "")


def _other_units(meaning: Meaning, other: Meaning, target: Market) -> str:
    if other.units == 1:
        ratio = f"1 {meaning.name} is {amount(meaning.units)} {other.name}"
    elif meaning.units == 1:
        ratio = f"1 {other.name} is {amount(other.units)} {meaning.name}"
    else:
        ratio = f"1 {meaning.name} is {amount(meaning.units / other.units)} {other.name}"
    return f"{target.exchange} has it in other units only: {ratio}, so prices and amounts differ"


def _absent(meaning: Meaning, target: Market, gone: Sequence[_Meant]) -> str:
    if gone:
        return f"{target.exchange} trades {gone[0].instrument.symbol} no more"
    if fact := target.other_fact(meaning.name):
        return f"{target.exchange} has another asset of that name: {fact}"
    names = list(dict.fromkeys((meaning.name, *sorted(meaning.assets))))
    told = f"{target.exchange} has no {' and no '.join(names)}"
    return f"{told}: {meaning.fact}" if meaning.fact else told


def _other_quotes(
    meaning: Meaning, quote: str, target: Market, traded: Sequence[_Meant], stablecoins: Stablecoins
) -> str:
    there = sorted({other.quote for other in traded})
    listed = ", ".join(there[:_NAMED]) + (f" and {len(there) - _NAMED} more" if len(there) > _NAMED else "")
    told = f"{target.exchange} has {traded[0].meaning.name} against {listed}, not against {quote}"
    if quote in COUNT_AS_DOLLAR and not COUNT_AS_DOLLAR.isdisjoint(there):
        if stablecoins is Stablecoins.EXACT:
            return f"{told}; where stablecoins count as the dollar, it maps"
        return f"{told}; of a stablecoin only the very same quote counts"
    return told
