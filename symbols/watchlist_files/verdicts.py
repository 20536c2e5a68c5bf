"""What becomes of each line of a file, with what would be right where nothing can."""

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from difflib import get_close_matches
from enum import StrEnum
from typing import Any, Final

from settingsapp.schema.secrets import REFUSED, looks_like_a_secret, shown
from settingsapp.schema.vocabulary import HOW_WRITTEN, is_symbol, shortened
from symbols.category_names import UnfitNameError, fitted
from symbols.characters import as_it_looks, no_part_of_a_symbol
from symbols.instruments import Instrument
from symbols.searching import Index, plain
from symbols.watchlist_files.entries import Line

MOST_CANDIDATES: Final = 5
MOST_CATEGORIES: Final = 20
"""So many categories may one line name."""
_MOST_SPELLED: Final = 200
"""For so many lines a near spelling is looked for, which takes a while where an exchange trades thousands."""
_EARLIEST: Final = datetime(2009, 1, 3, tzinfo=UTC)
"""Nothing of what is traded here is older."""


class Verdict(StrEnum):
    """What a line comes to."""

    VALID = "valid"
    DUPLICATE = "duplicate"
    """It is on the watchlist, or in the file, already: nothing is added, and nothing is wrong."""
    UNKNOWN = "unknown"
    NOT_TRADABLE = "not_tradable"
    AMBIGUOUS = "ambiguous"
    INVALID = "invalid"


GOOD: Final = frozenset({Verdict.VALID, Verdict.DUPLICATE})


@dataclass(frozen=True)
class Standing:
    """How a symbol stands on the watchlist."""

    enabled: bool
    sparse: bool
    categories: Set[str]


@dataclass(frozen=True)
class Ground:
    """What lines are judged by."""

    primary: str
    exchanges: Mapping[str, bool]
    """Those that the settings have, and whether each is switched on."""
    index: Callable[[str], Index]
    """What is known of an exchange's instruments; empty where nothing is yet."""
    tracked: Mapping[str, Standing]
    """By qualified symbol."""
    now: datetime
    categories: Sequence[str] = ()
    """Those that there are."""


@dataclass(frozen=True)
class Row:
    """A line with its verdict. `symbol`: as the watchlist would write it, or as the file does where it can't be."""

    line: int
    symbol: str
    verdict: Verdict
    message: str = ""
    suggestion: str | None = None
    candidates: tuple[str, ...] = ()
    qualified: str = ""
    changes: bool = False
    """Whether the watchlist would be another after it."""
    enabled: bool | None = None
    sparse: bool | None = None
    categories: tuple[str, ...] = ()
    added: datetime | None = None

    @property
    def good(self) -> bool:
        return self.verdict in GOOD

    def body(self) -> dict[str, Any]:
        """Return it as JSON, which can be sent back as a line of a file."""
        return {
            "line": self.line,
            "symbol": self.symbol,
            "verdict": self.verdict.value,
            "suggestion": self.suggestion,
            "candidates": list(self.candidates),
            "message": self.message,
            "changes": self.changes,
            "enabled": self.enabled,
            "priority": None if self.sparse is None else "sparse" if self.sparse else "normal",
            "categories": list(self.categories),
            "added": self.added.isoformat() if self.added else None,
        }


def judged(lines: Sequence[Line], ground: Ground) -> tuple[Row, ...]:
    """Return each line with its verdict, in their order."""
    return tuple(map(_Judge(ground).row, lines))


class _UnfitError(Exception):
    """A line can't be taken."""

    def __init__(self, verdict: Verdict, message: str, near: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.verdict = verdict
        self.near = tuple(near)


@dataclass
class _Judge:
    """Goes through a file once, and remembers what stood in it."""

    ground: Ground
    _seen: dict[str, Row] = field(default_factory=dict)
    _names: dict[str, str] = field(default_factory=dict)
    _spelled: int = 0

    def __post_init__(self) -> None:
        self._names = {name.casefold(): name for name in self.ground.categories}

    def row(self, line: Line) -> Row:
        try:
            return self._taken(line)
        except _UnfitError as error:
            near = error.near[:MOST_CANDIDATES]
            named = f"{line.exchange}:{line.symbol}" if line.exchange and ":" not in line.symbol else line.symbol
            # With what it says beside the symbol, which counts once somebody has taken a suggestion.
            return Row(
                line.line,
                shown(named),
                error.verdict,
                str(error),
                near[0] if near else None,
                near,
                enabled=line.enabled,
                sparse=line.sparse,
                categories=tuple(map(shown, line.categories)),
                added=line.added,
            )

    def _taken(self, line: Line) -> Row:
        if looks_like_a_secret(line.symbol) or looks_like_a_secret(line.exchange):
            raise _UnfitError(Verdict.INVALID, REFUSED)
        if line.problem:
            raise _UnfitError(Verdict.INVALID, line.problem)
        exchange, name = self._named(line)
        self._find(exchange, name, explicit=bool(line.exchange) or ":" in line.symbol)
        if line.added and not _EARLIEST <= line.added <= self.ground.now:
            raise _UnfitError(Verdict.INVALID, "added is a moment that has been, of 2009 or later")
        full = f"{exchange}:{name}"
        row = Row(
            line.line,
            self._written(exchange, name),
            Verdict.VALID,
            self._note(exchange),
            qualified=full,
            changes=True,
            enabled=line.enabled,
            sparse=line.sparse,
            categories=tuple(dict.fromkeys(map(self._category, line.categories))),
            added=line.added,
        )
        if len(row.categories) > MOST_CATEGORIES:
            raise _UnfitError(Verdict.INVALID, f"names more than {MOST_CATEGORIES} categories")
        if full in self._seen:
            return _repeated(row, self._seen[full])
        self._seen[full] = row
        return _noted(row, self.ground.tracked[full]) if full in self.ground.tracked else row

    def _named(self, line: Line) -> tuple[str, str]:
        """Return the exchange that a line means, and the symbol as it is written."""
        before, colon, name = line.symbol.partition(":")
        if not colon:
            before, name = "", line.symbol
        if before and line.exchange and before.casefold() != line.exchange.casefold():
            raise _UnfitError(Verdict.INVALID, "names two exchanges: one before the symbol, another one beside it")
        exchange = (before or line.exchange).strip().lower() or self.ground.primary
        for text in (before or line.exchange, name):
            if told := no_part_of_a_symbol(text):
                raise _UnfitError(Verdict.INVALID, told, self._meant(exchange, name))
        if exchange not in self.ground.exchanges:
            there = ", ".join(self.ground.exchanges)
            meant = get_close_matches(exchange[:40], self.ground.exchanges, n=1)
            told = f"the settings have no exchange {shown(exchange)}, only {there}"
            near = [self._as_written(one) for at in meant for one in self.ground.index(at).pairs(name) if one.active]
            raise _UnfitError(Verdict.UNKNOWN, told, near or self._elsewhere(name))
        return exchange, name.strip()

    def _find(self, exchange: str, name: str, *, explicit: bool) -> None:
        """Raise unless the exchange trades what is written so, or nothing is known of what it trades."""
        index = self.ground.index(exchange)
        pairs = index.pairs(name)
        exact = next((one for one in pairs if one.symbol == name), None)
        traded = [self._as_written(one) for one in pairs if one.active]
        if exact and is_symbol(name):
            if exact.active:
                return
            others = [self._as_written(one) for one in index.of_base(exact.base) if one.active]
            raise _UnfitError(Verdict.NOT_TRADABLE, f"{exchange} does not trade {name} any more", traded or others)
        if not len(index) and is_symbol(name):
            return
        bases = [self._as_written(one) for one in index.of_base(name) if one.active]
        elsewhere = [] if explicit or traded or bases else self._elsewhere(name)
        if found := traded or bases or elsewhere:
            if len(found) > 1:
                raise _UnfitError(Verdict.AMBIGUOUS, f"{shown(name)} may be {_or(found)}: write which", found)
            raise _UnfitError(Verdict.UNKNOWN, f"{exchange} has no {shown(name)}; it may be {found[0]}", found)
        near = self._near(index, name)
        if not is_symbol(name):
            raise _UnfitError(Verdict.INVALID, HOW_WRITTEN, near)
        raise _UnfitError(Verdict.UNKNOWN, f"{exchange} has no {shown(name)}", near)

    def _meant(self, exchange: str, name: str) -> list[str]:
        """Return what a name with misleading characters looks like, as far as that is traded."""
        if exchange not in self.ground.exchanges:
            return []
        looks = as_it_looks(name).strip()
        return [self._as_written(one) for one in self.ground.index(exchange).pairs(looks) if one.active]

    def _elsewhere(self, name: str) -> list[str]:
        """Return what the other exchanges that are switched on call so."""
        others = [one for one, on in self.ground.exchanges.items() if on and one != self.ground.primary]
        every = [self.ground.primary, *others] if self.ground.exchanges.get(self.ground.primary) else others
        return [self._as_written(one) for at in every for one in self.ground.index(at).pairs(name) if one.active]

    def _near(self, index: Index, name: str) -> list[str]:
        found = [one for one in index.search(name, MOST_CANDIDATES) if one.active]
        if not found and self._spelled < _MOST_SPELLED:
            self._spelled += 1
            spelled = {plain(one.symbol): one for one in index.beginning(plain(name)[:2]) if one.active}
            found = [spelled[near] for near in get_close_matches(plain(name), spelled, n=1, cutoff=0.7)]
        return [self._as_written(one) for one in found]

    def _category(self, text: str) -> str:
        try:
            name = fitted(text)
        except UnfitNameError as error:
            raise _UnfitError(Verdict.INVALID, str(error)) from None
        return self._names.setdefault(name.casefold(), name)

    def _note(self, exchange: str) -> str:
        if not self.ground.exchanges[exchange]:
            return f"{exchange} is switched off: it is not watched before that is switched on"
        if not len(self.ground.index(exchange)):
            return f"nothing is known yet of what {exchange} trades: the engine will ask it"
        return ""

    def _as_written(self, one: Instrument) -> str:
        return self._written(one.exchange, one.symbol)

    def _written(self, exchange: str, name: str) -> str:
        return shortened(f"{exchange}:{name}", self.ground.primary)


def _repeated(row: Row, first: Row) -> Row:
    same = (
        row.enabled in (None, first.enabled)
        and row.sparse in (None, first.sparse)
        and row.added in (None, first.added)
        and set(row.categories) <= set(first.categories)
    )
    if not same:
        raise _UnfitError(Verdict.INVALID, f"stands on line {first.line} already, which says something else of it")
    return Row(row.line, row.symbol, Verdict.DUPLICATE, f"stands on line {first.line} already", qualified=row.qualified)


def _noted(row: Row, now: Standing) -> Row:
    """Return a row of what is tracked, with what it changes there."""
    changes = []
    if row.enabled is not None and row.enabled != now.enabled:
        changes.append("is switched on" if row.enabled else "is switched off")
    if row.sparse is not None and row.sparse != now.sparse:
        changes.append("becomes sparse" if row.sparse else "becomes normal")
    if new := [name for name in row.categories if name not in now.categories]:
        changes.append(f"comes into {', '.join(new)}")
    told = "is on the watchlist already" + (f"; it {' and '.join(changes)}" if changes else "")
    return replace(row, verdict=Verdict.DUPLICATE, message=told, changes=bool(changes))


def _or(found: Sequence[str]) -> str:
    told = " or ".join(found[:3])
    return told if len(found) <= 3 else f"{told} or {len(found) - 3} more"
