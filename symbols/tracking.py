"""The watchlist as people see and edit it. Every edit of it goes through the settings' one way to be written."""

import functools
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from django.db import transaction

from settingsapp import services, versions
from settingsapp.schema import watchlist
from settingsapp.schema.document import SettingsDocument
from settingsapp.schema.effective import enabled_exchanges, qualified, tracked_symbols
from settingsapp.schema.problems import FieldProblem
from settingsapp.schema.spelling import suggestion
from settingsapp.schema.validation import InvalidSettingsError, read_saved
from settingsapp.schema.vocabulary import HOW_WRITTEN, is_symbol, split_qualified
from settingsapp.services import Cause, SavedSettings
from symbols import catalogue, categories, imported
from symbols.instruments import Instrument
from symbols.lookup import advice
from symbols.models import TrackedSymbol

MOST_AT_ONCE: Final = 5_000


@dataclass(frozen=True)
class Tracked:
    """One symbol of the watchlist. `added_at` is None where it came before anybody noted that."""

    symbol: str
    """As the watchlist writes it."""
    qualified: str
    exchange: str
    enabled: bool
    sparse: bool
    by_scanner: bool
    exchange_enabled: bool
    categories: tuple[str, ...] = ()
    added_at: datetime | None = None
    added_by: str = ""
    way: str = ""
    instrument: Instrument | None = None
    """What the catalogue knows of it."""

    @property
    def watched(self) -> bool:
        """Whether the settings want the engine to watch it."""
        return self.enabled and self.exchange_enabled

    def body(self) -> dict[str, Any]:
        """Return it as JSON, times in ms UTC."""
        one = self.instrument
        return {
            "symbol": self.symbol,
            "qualified": self.qualified,
            "exchange": self.exchange,
            "exchangeEnabled": self.exchange_enabled,
            "enabled": self.enabled,
            "watched": self.watched,
            "priority": "sparse" if self.sparse else "normal",
            "categories": list(self.categories),
            "byScanner": self.by_scanner,
            "addedAt": None if self.added_at is None else int(self.added_at.timestamp() * 1000),
            "addedBy": self.added_by,
            "addedHow": self.way,
            "base": one.base if one else None,
            "quote": one.quote if one else None,
            "tradable": one.active if one else None,
        }


@dataclass(frozen=True)
class Watchlist:
    """All tracked symbols in the document's order, of that version of the settings."""

    version: int
    document: SettingsDocument
    primary_exchange: str
    rows: tuple[Tracked, ...]


@dataclass(frozen=True)
class Edited:
    """What an edit came to. `already` are those (qualified) that were so before; `left` those that it left alone."""

    saved: SavedSettings
    changed: tuple[str, ...]
    already: tuple[str, ...] = ()
    left: tuple[str, ...] = ()


@dataclass(frozen=True)
class Change:
    """What is to become of symbols; None leaves that as it is."""

    enabled: bool | None = None
    sparse: bool | None = None
    categories: Sequence[str] | None = None
    add_categories: Sequence[str] = field(default=())
    remove_categories: Sequence[str] = field(default=())

    @property
    def edits_settings(self) -> bool:
        return self.enabled is not None or self.sparse is not None


class NotTrackedError(Exception):
    """Symbols that are on no watchlist can't be changed. `problems` says which."""

    def __init__(self, problems: Sequence[FieldProblem]) -> None:
        super().__init__("; ".join(problem.message for problem in problems))
        self.problems = tuple(problems)


def overview(sub: str) -> Watchlist:
    """Return the watchlist. Raises InvalidSettingsError, UnknownIdentityError."""
    saved = services.read(sub)
    document = saved.document
    known = {row.symbol: row for row in TrackedSymbol.objects.filter(identity__sub=sub)}
    tags = categories.by_symbol(sub)
    enabled = set(enabled_exchanges(document))
    off = _qualified_all(document, document.disabled_symbols)
    brought = _qualified_all(document, document.scanner_symbols)
    sparse = _qualified_all(document, document.sparse_symbols)
    listed = tracked_symbols(document)
    found = catalogue.known_among(listed)
    rows = []
    for full, written in listed.items():
        exchange, _ = split_qualified(full)
        noted = known.get(full)
        rows.append(
            Tracked(
                symbol=written,
                qualified=full,
                exchange=exchange,
                enabled=full not in off,
                sparse=full in sparse,
                by_scanner=full in brought,
                exchange_enabled=exchange in enabled,
                categories=tuple(sorted(tags.get(full, ()), key=str.casefold)),
                added_at=noted.added_at if noted else None,
                added_by=noted.added_by if noted else "",
                way=noted.way if noted else "",
                instrument=found.get(full),
            )
        )
    return Watchlist(saved.version, document, document.perseus_profile.primary_exchange, tuple(rows))


def add(sub: str, symbols: Sequence[str], *, cause: Cause, expected_version: int | None = None) -> Edited:
    """Put symbols on the watchlist, and switch on those that are there.

    Raises InvalidSettingsError with each that can't be added, StaleVersionError, UnknownIdentityError.
    """
    document = services.read(sub).document
    if problems := _unfit(document, symbols):
        raise InvalidSettingsError(problems)
    return _edit(
        sub,
        [qualified(document, symbol) for symbol in symbols],
        lambda old: watchlist.with_all(old, symbols),
        cause,
        expected_version,
    )


def remove(sub: str, symbols: Sequence[str], *, cause: Cause, expected_version: int | None = None) -> Edited:
    """Take symbols off the watchlist; one that is not there is no error. Raises as `add` does."""
    document = services.read(sub).document
    full = [qualified(document, symbol) for symbol in symbols]
    return _edit(sub, full, lambda old: watchlist.without_all(old, frozenset(full)), cause, expected_version)


def change(
    sub: str, symbols: Sequence[str], wanted: Change, *, cause: Cause, expected_version: int | None = None
) -> Edited:
    """Change tracked symbols. Raises NotTrackedError, UnfitCategoryError, and as `add` does."""
    saved = services.read(sub)
    document = saved.document
    full = [qualified(document, symbol) for symbol in symbols]
    there = tracked_symbols(document)
    strangers = [
        FieldProblem(f"symbols.{place}", f"{symbol} is not on the watchlist{suggestion(one, there)}")
        for place, (symbol, one) in enumerate(zip(symbols, full, strict=True))
        if one not in there
    ]
    if strangers:
        raise NotTrackedError(strangers)
    plan = categories.planned(sub, full, wanted.categories, wanted.add_categories, wanted.remove_categories)
    edited = Edited(saved, (), tuple(full))
    if wanted.edits_settings:
        edited = _edit(sub, full, lambda old: _changed(old, frozenset(full), wanted), cause, expected_version)
    retagged = plan.carry_out()
    return Edited(
        edited.saved,
        tuple(one for one in full if one in retagged or one in edited.changed),
        tuple(one for one in full if one not in retagged and one not in edited.changed),
    )


def take_over(
    sub: str, entries: Sequence[watchlist.Entry], *, cause: Cause, expected_version: int | None = None
) -> Edited:
    """Put symbols on the watchlist as entries say, or let those that are there stand so. Raises as `add` does.

    Whether they can be tracked has been seen to.
    """
    return _edit(
        sub,
        [one.symbol for one in entries],
        lambda old: watchlist.taken_over(old, entries),
        cause,
        expected_version,
    )


def undo(sub: str, version: int, *, cause: Cause) -> Edited:
    """Let every symbol that a version moved stand where it stood before it; what was moved since is left alone.

    Where an import made that version, its categories are taken back with it.
    Raises UnknownVersionError, LostVersionError where the versions are gone that say how it was, and as `add` does.
    """
    before, after = document_of(sub, version - 1), document_of(sub, version)
    every = frozenset(one for document in (before, after) for one in watchlist.named_anywhere(document))
    stood, made = watchlist.places(before, every), watchlist.places(after, every)
    touched = frozenset(one for one in every if stood[one] != made[one])
    with transaction.atomic():
        saved, moved_since = stand_again(sub, touched, before, after, cause=cause)
        retagged = imported.take_back_of(sub, version, cause.username)
    return Edited(saved, tuple(sorted((touched - moved_since) | retagged)), left=tuple(sorted(moved_since)))


def stand_again(
    sub: str, symbols: Set[str], before: Mapping[str, Any], after: Mapping[str, Any], *, cause: Cause
) -> tuple[SavedSettings, frozenset[str]]:
    """Let symbols (qualified) stand where they stood in one document, unless they were moved since a later one.

    Returns what is saved, and which were moved since and left alone. Raises as services.edit does.
    """
    made = watchlist.places(after, symbols)
    moved_since: set[str] = set()

    def put_back(document: Mapping[str, Any]) -> Mapping[str, Any]:
        stands = watchlist.places(document, symbols)
        moved_since.update(one for one in symbols if stands[one] != made[one])
        return watchlist.put_all_back(document, symbols - moved_since, before)

    return services.edit(sub, put_back, cause=cause), frozenset(moved_since)


def document_of(sub: str, version: int) -> dict[str, Any]:
    """Return a version of the settings as JSON. Raises UnknownVersionError, LostVersionError."""
    return read_saved(versions.show(sub, version).document).as_json()


def _edit(
    sub: str,
    symbols: Sequence[str],
    edit: Callable[[Mapping[str, Any]], Mapping[str, Any]],
    cause: Cause,
    expected_version: int | None,
) -> Edited:
    """Edit the document, and tell which of the symbols (qualified) stand elsewhere than before."""
    wanted = frozenset(symbols)
    changed: set[str] = set()

    def edited(old: Mapping[str, Any]) -> Mapping[str, Any]:
        new = edit(old)
        before, after = watchlist.places(old, wanted), watchlist.places(new, wanted)
        changed.update(one for one in wanted if before[one] != after[one])
        return new

    saved = services.edit(sub, edited, cause=cause, expected_version=expected_version)
    ordered = dict.fromkeys(symbols)
    return Edited(
        saved, tuple(one for one in ordered if one in changed), tuple(one for one in ordered if one not in changed)
    )


def _changed(document: Mapping[str, Any], symbols: Set[str], wanted: Change) -> Mapping[str, Any]:
    edited = document
    if wanted.sparse is not None:
        edited = watchlist.prioritised(edited, symbols, sparse=wanted.sparse)
    if wanted.enabled is not None:
        edited = watchlist.switched(edited, symbols, on=wanted.enabled)
    return edited


def _unfit(document: SettingsDocument, symbols: Sequence[str]) -> list[FieldProblem]:
    """Tell of each symbol that can't be added why, and what would be right."""
    problems = []
    enabled = enabled_exchanges(document)
    known = catalogue.known_among({qualified(document, symbol) for symbol in symbols if is_symbol(symbol)})
    count_active = functools.cache(catalogue.count_active)
    for place, symbol in enumerate(symbols):
        path = "symbol" if len(symbols) == 1 else f"symbols.{place}"
        if not is_symbol(symbol):
            problems.append(FieldProblem(path, HOW_WRITTEN))
            continue
        full = qualified(document, symbol)
        exchange, name = split_qualified(full)
        if exchange not in document.exchanges:
            there = ", ".join(enabled) or "none"
            problems.append(
                FieldProblem(
                    path,
                    f"the settings know no exchange {exchange}{suggestion(exchange, document.exchanges)}; "
                    f"enabled are: {there}",
                )
            )
        # What nothing is known of yet is left to the engine, which asks the exchange.
        elif count_active(exchange):
            if full not in known:
                problems.append(FieldProblem(path, advice(document, exchange, name)))
            elif not known[full].active:
                problems.append(FieldProblem(path, f"{exchange} does not trade {name} any more"))
    return problems


def _qualified_all(document: SettingsDocument, symbols: Sequence[str]) -> set[str]:
    return {qualified(document, symbol) for symbol in symbols}
