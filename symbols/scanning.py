"""The scan: instruments, criteria and the present watchlist make a proposal. Pure, and the same again for the same."""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from typing import Any, Final

from settingsapp.schema.document import SettingsDocument
from settingsapp.schema.effective import qualified, tracked_symbols
from settingsapp.schema.scanner import ScannerCriteria
from settingsapp.schema.vocabulary import shortened, split_qualified
from symbols.fitting import Numbers, Reference, Sieve, numbers_of
from symbols.instruments import Instrument

OLD_MS: Final = 15 * 60_000
"""Prices that were asked for longer ago are told to be old."""
BY_HAND: Final = "added by hand"


class NothingToScanError(Exception):
    """There is nothing by which a proposal could be made; the text says what is missing."""


@dataclass(frozen=True)
class Listed:
    """A symbol of the watchlist, as it is written there and qualified."""

    symbol: str
    qualified: str
    by_scanner: bool = False
    """It came in by an approved proposal."""
    switched_off: bool = False


@dataclass(frozen=True)
class Line:
    """What is proposed of one symbol, with the reason as part of a sentence. `symbol` as the watchlist writes it."""

    symbol: str
    qualified: str
    reason: str
    numbers: Numbers = field(default_factory=Numbers)

    def body(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            "symbol": self.symbol,
            "qualified": self.qualified,
            "reason": self.reason,
            "numbers": self.numbers.body(),
        }


@dataclass(frozen=True)
class Found:
    """What a scan came to. Every symbol of the watchlist is in `remove` or in `keep`, and none in `add`."""

    add: tuple[Line, ...]
    """Those with the largest volume first."""
    remove: tuple[Line, ...]
    keep: tuple[Line, ...]
    matches: int
    """How many instruments fit, watched or not."""
    looked_at: int
    notes: tuple[str, ...] = ()
    """What should be known before anybody approves, in whole sentences."""


@dataclass(frozen=True)
class _Ranked:
    instrument: Instrument
    numbers: Numbers


@dataclass(frozen=True)
class _Misfit:
    numbers: Numbers
    why: str


def listed_in(document: SettingsDocument) -> tuple[Listed, ...]:
    """Return the watchlist of a document, in its order, each symbol once."""
    brought = {qualified(document, symbol) for symbol in document.scanner_symbols}
    off = {qualified(document, symbol) for symbol in document.disabled_symbols}
    listed = tracked_symbols(document)
    return tuple(Listed(written, full, full in brought, full in off) for full, written in listed.items())


def fitting(
    instruments: Iterable[Instrument], criteria: ScannerCriteria, exchange: str, reference: Reference, now_ms: int
) -> int:
    """Return how many instruments fit."""
    fits, _ = _sifted(instruments, Sieve(criteria, exchange, reference), criteria, reference, now_ms)
    return len(fits)


def scan(
    instruments: Sequence[Instrument],
    criteria: ScannerCriteria,
    listed: Sequence[Listed],
    *,
    exchange: str,
    primary_exchange: str,
    reference: Reference,
    now_ms: int,
) -> Found:
    """Return what to propose of an exchange's instruments. Raises NothingToScanError.

    What a person added is never proposed for removal. What came by the scanner and still fits stays before anything new
    comes: a proposal is to change no more than it must.
    """
    notes = _judged_prices(instruments, exchange, now_ms)
    sieve = Sieve(criteria, exchange, reference)
    known = {one.qualified for one in listed}
    fits, misfits = _sifted(instruments, sieve, criteria, reference, now_ms, known)
    praised = {
        ranked.instrument.qualified: Line(
            shortened(ranked.instrument.qualified, primary_exchange),
            ranked.instrument.qualified,
            ", ".join(part for part in (f"fits: number {place} by volume", sieve.praise(ranked.numbers)) if part),
            ranked.numbers,
        )
        for place, ranked in enumerate(fits, start=1)
    }
    keep, remove = _judged(listed, praised, misfits, exchange)
    # The scanner's own make room for what a person added, the smallest first.
    own = {one.qualified for one in listed if one.by_scanner and not one.switched_off}
    yielding = [full for full in praised if full in own and full in keep]
    surplus = max(0, len(keep) - criteria.max_symbols)
    for full in yielding[max(0, len(yielding) - surplus) :]:
        line = keep.pop(full)
        limit = f"the watchlist takes {criteria.max_symbols} symbols at most"
        remove[full] = replace(line, reason=f"{limit}; it {line.reason}")
    new = [line for full, line in praised.items() if full not in known]
    room = max(0, criteria.max_symbols - len(keep))
    if (left := len(new) - room) > 0:
        fit = "fits" if left == 1 else "fit"
        notes += (f"{left} more {fit}, but the watchlist takes {criteria.max_symbols} symbols at most.",)
    return Found(
        add=tuple(new[:room]),
        remove=tuple(remove[one.qualified] for one in listed if one.qualified in remove),
        keep=tuple(keep.values()),
        matches=len(fits),
        looked_at=len(instruments),
        notes=notes,
    )


def _judged(
    listed: Iterable[Listed], praised: Mapping[str, Line], misfits: Mapping[str, _Misfit], exchange: str
) -> tuple[dict[str, Line], dict[str, Line]]:
    """Return what of the watchlist stays and what goes, by qualified symbol, each with why."""
    keep: dict[str, Line] = {}
    remove: dict[str, Line] = {}
    for one in listed:
        its_exchange = split_qualified(one.qualified)[0]
        numbers, goes = Numbers(), False
        if (fit := praised.get(one.qualified)) is not None:
            why, numbers = fit.reason, fit.numbers
        elif its_exchange != exchange:
            why = f"it is of {its_exchange}, which was not scanned"
        elif (unfit := misfits.get(one.qualified)) is not None:
            why, numbers, goes = unfit.why, unfit.numbers, True
        else:
            why, goes = f"{exchange} is not known to trade it", True
        if one.switched_off:
            why, goes = f"switched off by hand; {why}", False
        elif not one.by_scanner:
            why, goes = f"{BY_HAND}; {why}", False
        (remove if goes else keep)[one.qualified] = Line(one.symbol, one.qualified, why, numbers)
    return keep, remove


def _sifted(
    instruments: Iterable[Instrument],
    sieve: Sieve,
    criteria: ScannerCriteria,
    reference: Reference,
    now_ms: int,
    listed: Set[str] = frozenset(),
) -> tuple[list[_Ranked], dict[str, _Misfit]]:
    """Return what fits, by falling volume, and of the listed symbols those that do not, each with why.

    Nearly all of a catalogue does not fit and is not listed: of that as little is looked at as it takes.
    """
    fits: list[_Ranked] = []
    misfits: dict[str, _Misfit] = {}
    for one in instruments:
        why = sieve.unfit_kind(one)
        if why and one.qualified not in listed:
            continue
        numbers = numbers_of(one, reference.usd, now_ms)
        why = why or sieve.unfit_market(numbers)
        if not why:
            fits.append(_Ranked(one, numbers))
        elif one.qualified in listed:
            misfits[one.qualified] = _Misfit(numbers, why)
    fits.sort(key=lambda ranked: (-(ranked.numbers.volume_usd_24h or 0.0), ranked.instrument.symbol))
    most = len(fits) if criteria.top_n is None else criteria.top_n
    for place, ranked in enumerate(fits[most:], start=most + 1):
        why = f"number {place} by volume, not among the first {most}"
        misfits[ranked.instrument.qualified] = _Misfit(ranked.numbers, why)
    return fits[:most], misfits


def _judged_prices(instruments: Sequence[Instrument], exchange: str, now_ms: int) -> tuple[str, ...]:
    """Return what is to be told about the prices. Raises NothingToScanError where there are none."""
    active = [one for one in instruments if one.active]
    if not active:
        raise NothingToScanError(f"no instruments of {exchange} are known yet")
    priced = [one for one in active if one.last_price is not None and one.volume_24h is not None]
    if not priced:
        raise NothingToScanError(f"no prices of {exchange} are known yet")
    notes = []
    seen = max((one.priced_at for one in priced if one.priced_at is not None), default=None)
    if seen is None:
        notes.append("How old the prices are is unknown.")
    elif now_ms - seen > OLD_MS:
        notes.append(f"The prices are {_ago(now_ms - seen)} old: volumes and changes may be others by now.")
    if missing := len(active) - len(priced):
        have = "has" if missing == 1 else "have"
        notes.append(
            f"{missing} of {len(active)} instruments {have} no price or no volume, which criteria may ask for."
        )
    return tuple(notes)


def _ago(milliseconds: int) -> str:
    minutes = milliseconds // 60_000
    if minutes < 120:
        return f"{minutes} minutes"
    return f"{minutes // 60} hours" if minutes < 48 * 60 else f"{minutes // 1440} days"
