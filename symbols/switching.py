"""Another primary exchange: shown before anything changes, then done in one version of the settings."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from django.db import transaction

from settingsapp import services
from settingsapp.schema.document import SettingsDocument
from settingsapp.schema.effective import enabled_exchanges
from settingsapp.schema.primary_switch import with_primary_exchange
from settingsapp.schema.problems import FieldProblem
from settingsapp.schema.rules import SYMBOL_LISTS
from settingsapp.schema.spelling import suggestion
from settingsapp.schema.vocabulary import SIMULATED, is_symbol
from settingsapp.services import Cause, SavedSettings
from symbols import catalogue, categories
from symbols.crossing import market, on_market
from symbols.instruments import Instrument
from symbols.mapping import Candidate, Counterpart, Market, Stablecoins, Verdict, unread

MOST_CHOICES: Final = 20_000


class Action(StrEnum):
    """What becomes of an entry."""

    MAP = "map"
    KEEP = "keep"
    """It stays on the exchange that it is of, and is written with it from then on."""
    DROP = "drop"


@dataclass(frozen=True)
class Choice:
    """What somebody chose for an entry. `to`: as the new exchange writes it, where it is to be mapped."""

    action: Action
    to: str = ""


@dataclass(frozen=True)
class Entry:
    """One entry that is written without its exchange, and on which lists it stands."""

    symbol: str
    lists: tuple[str, ...]
    counterpart: Counterpart

    def body(self) -> dict[str, Any]:
        """Return it as JSON; symbols as the new exchange writes them."""
        found = [_candidate(one) for one in self.counterpart.candidates]
        return {
            "symbol": self.symbol,
            "lists": list(self.lists),
            "verdict": self.counterpart.verdict.value,
            "why": self.counterpart.why,
            "to": found[0]["symbol"] if self.counterpart.verdict is Verdict.MAPS else None,
            "candidates": found,
        }


@dataclass(frozen=True)
class Preview:
    """What a switch would do to that version of the settings; nothing is done yet. `problem`: why it can't be done."""

    version: int
    source: str
    target: str
    stablecoins: Stablecoins
    entries: tuple[Entry, ...]
    unchanged: tuple[str, ...]
    """Entries that are written with their exchange: they stay."""
    notes: tuple[str, ...]
    problem: str = ""

    def of(self, verdict: Verdict) -> tuple[Entry, ...]:
        """Return the entries with that verdict."""
        return tuple(entry for entry in self.entries if entry.counterpart.verdict is verdict)

    def body(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            "version": self.version,
            "from": self.source,
            "to": self.target,
            "stablecoins": self.stablecoins.value,
            "counts": {verdict.value: len(self.of(verdict)) for verdict in Verdict},
            "entries": [entry.body() for entry in self.entries],
            "unchanged": list(self.unchanged),
            "notes": list(self.notes),
            "problem": self.problem or None,
        }


@dataclass(frozen=True)
class Switched:
    """What was done. `moved` are pairs of an entry and what it is called now."""

    saved: SavedSettings
    moved: tuple[tuple[str, str], ...]
    kept: tuple[str, ...]
    dropped: tuple[str, ...]

    def body(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            "version": self.saved.version,
            "primaryExchange": self.saved.document.perseus_profile.primary_exchange,
            "moved": [{"symbol": before, "to": after} for before, after in self.moved],
            "kept": list(self.kept),
            "dropped": list(self.dropped),
        }


class UnfitSwitchError(Exception):
    """The switch can't be made like this. `problems` says where and what would be right."""

    def __init__(self, problems: Sequence[FieldProblem]) -> None:
        super().__init__("; ".join(f"{problem.path}: {problem.message}" for problem in problems))
        self.problems = tuple(problems)


def preview(sub: str, target: str, stablecoins: Stablecoins) -> Preview:
    """Return what a switch would do. Raises UnfitSwitchError, InvalidSettingsError, UnknownIdentityError."""
    saved = services.read(sub)
    return _previewed(saved, target, stablecoins)


def switch(
    sub: str,
    target: str,
    stablecoins: Stablecoins,
    choices: Mapping[str, Choice],
    unmapped: Action,
    *,
    cause: Cause,
    expected_version: int,
) -> Switched:
    """Do it, as one version of the settings. `unmapped`: what becomes of what maps to nothing and has no choice.

    Categories are carried over to what an entry becomes. Raises UnfitSwitchError, StaleVersionError,
    InvalidSettingsError, UnknownIdentityError.
    """
    saved = services.read(sub)
    if saved.version != expected_version:
        raise services.StaleVersionError(saved.version)
    plan = _previewed(saved, target, stablecoins)
    if plan.problem:
        raise UnfitSwitchError([FieldProblem("to", plan.problem)])
    becomes = _decided(plan, choices, unmapped)
    with transaction.atomic():
        after = services.edit(
            sub,
            lambda document: with_primary_exchange(document, target, becomes | _excluded(document, plan, becomes)),
            cause=cause,
            expected_version=expected_version,
            comes_whole=True,
        )
        _carry_categories(sub, plan, becomes)
    on_target = f"{target}:"
    return Switched(
        after,
        tuple((old, new.removeprefix(on_target)) for old, new in becomes.items() if new and new.startswith(on_target)),
        tuple(old for old, new in becomes.items() if new and not new.startswith(on_target)),
        tuple(old for old, new in becomes.items() if new is None),
    )


def _previewed(saved: SavedSettings, target: str, stablecoins: Stablecoins) -> Preview:
    document = saved.document
    source = document.perseus_profile.primary_exchange
    if problem := _unfit(document, source, target):
        raise UnfitSwitchError([FieldProblem("to", problem)])
    here, there = market(source), market(target)
    lists: defaultdict[str, list[str]] = defaultdict(list)
    for field in SYMBOL_LISTS:
        for symbol in getattr(document, field):
            lists[symbol].append(field)
    entries = tuple(
        Entry(symbol, tuple(fields), on_market(symbol, here, there, stablecoins))
        for symbol, fields in lists.items()
        if ":" not in symbol
    )
    return Preview(
        saved.version,
        source,
        target,
        stablecoins,
        entries,
        tuple(symbol for symbol in lists if ":" in symbol),
        tuple(_notes(document, source, target, entries)),
        _impossible(there, entries),
    )


def _impossible(there: Market, entries: Sequence[Entry]) -> str:
    if not there.known:
        return unread(there.exchange)
    offered = (one.instrument.symbol for entry in entries for one in entry.counterpart.candidates)
    if strange := next((symbol for symbol in offered if not is_symbol(symbol)), ""):
        return f"{there.exchange} writes symbols like {strange}, which the watchlist can't hold"
    return ""


def _unfit(document: SettingsDocument, source: str, target: str) -> str:
    enabled = enabled_exchanges(document)
    if target == source:
        return f"{source} is the primary exchange already"
    if target not in document.exchanges:
        there = ", ".join(document.exchanges)
        return f"the settings know no exchange {target[:40]}{suggestion(target, document.exchanges)}; there are {there}"
    if target not in enabled:
        return f"{target} is not enabled in the settings: enable it first"
    return ""


def _notes(document: SettingsDocument, source: str, target: str, entries: Sequence[Entry]) -> list[str]:
    notes = []
    if SIMULATED in (source, target):
        notes.append(f"{SIMULATED} is a made-up market: its symbols are mapped by their names, its prices are not real")
    if source not in enabled_exchanges(document):
        notes.append(f"{source} is not enabled: what stays on it is not watched")
    if not document.scanner_exchange:
        wanted = document.scanner.quote_currencies
        told = f"the scanner follows the primary exchange: it will scan {target}"
        there = catalogue.quotes(target)
        if wanted and there and there.isdisjoint(wanted):
            told += f", where nothing is priced in {' or '.join(wanted)}: change its quote currencies"
        notes.append(told)
    same: defaultdict[str, list[str]] = defaultdict(list)
    for entry in entries:
        if entry.counterpart.target:
            same[entry.counterpart.target.symbol].append(entry.symbol)
    notes += [f"{' and '.join(names)} become one: {symbol}" for symbol, names in same.items() if len(names) > 1]
    return notes


def _decided(plan: Preview, choices: Mapping[str, Choice], unmapped: Action) -> dict[str, str | None]:
    """Return what every entry becomes, qualified; None where it is dropped. Raises UnfitSwitchError."""
    names = {entry.symbol for entry in plan.entries}
    problems = [
        FieldProblem(f"choices.{name}", f"no entry is written like this{suggestion(name, names)}")
        for name in choices
        if name not in names
    ]
    becomes: dict[str, str | None] = {}
    for entry in plan.entries:
        choice = choices.get(entry.symbol) or _usual(entry, unmapped)
        path = f"choices.{entry.symbol}"
        offered = [one.instrument.symbol for one in entry.counterpart.candidates]
        match choice:
            case None:
                wanted = f"choose {' or '.join(offered)}, or keep or drop it"
                problems.append(FieldProblem(path, f"has to be decided: {entry.counterpart.why}; {wanted}"))
            case Choice(Action.KEEP):
                becomes[entry.symbol] = f"{plan.source}:{entry.symbol}"
            case Choice(Action.DROP):
                becomes[entry.symbol] = None
            case Choice(Action.MAP, to) if to in offered:
                becomes[entry.symbol] = f"{plan.target}:{to}"
            case Choice(Action.MAP, to):
                told = f"; there are {', '.join(offered)}" if offered else ": keep or drop it"
                problems.append(FieldProblem(path, f"{to[:40] or 'nothing'} is none of its candidates{told}"))
    if problems:
        raise UnfitSwitchError(problems)
    return becomes


def _usual(entry: Entry, unmapped: Action) -> Choice | None:
    """Return what is done without a choice; None where somebody has to choose."""
    match entry.counterpart.verdict:
        case Verdict.MAPS:
            return Choice(Action.MAP, entry.counterpart.candidates[0].instrument.symbol)
        case Verdict.NONE:
            return Choice(unmapped)
        case Verdict.AMBIGUOUS:
            return None


def _excluded(document: Mapping[str, Any], plan: Preview, becomes: Mapping[str, str | None]) -> dict[str, str | None]:
    """Return what the scanner's exclusions become that are no entries: what maps; the others stay."""
    here, there = market(plan.source), market(plan.target)
    found: dict[str, str | None] = {}
    for symbol in document.get("scanner", {}).get("excluded_symbols", ()):
        if ":" not in symbol and symbol not in becomes:
            target = on_market(symbol, here, there, plan.stablecoins).target
            if target:
                found[symbol] = target.qualified
    return found


def _carry_categories(sub: str, plan: Preview, becomes: Mapping[str, str | None]) -> None:
    tags = categories.by_symbol(sub)
    alike: defaultdict[frozenset[str], list[str]] = defaultdict(list)
    for old, new in becomes.items():
        if new and (names := tags.get(f"{plan.source}:{old}")):
            alike[frozenset(names)].append(new)
    for names, symbols in alike.items():
        categories.planned(sub, symbols, None, sorted(names), ()).carry_out()


def _candidate(one: Candidate) -> dict[str, Any]:
    known: Instrument = one.instrument
    return {
        "symbol": known.symbol,
        "unified": known.unified,
        "base": known.base,
        "quote": known.quote,
        "volume24h": known.volume_24h,
        "note": one.note,
    }
