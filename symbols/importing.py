"""The watchlist from a file and into one: judged first, then taken over whole or not at all, with one undo."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final

from django.db import transaction

from settingsapp import services
from settingsapp.schema import watchlist
from settingsapp.schema.effective import enabled_exchanges
from settingsapp.schema.problems import FieldProblem
from settingsapp.schema.validation import InvalidSettingsError, validate
from settingsapp.schema.vocabulary import split_qualified
from settingsapp.services import Cause
from symbols import categories, imported, lookup, tracking
from symbols.categories import UnfitCategoryError
from symbols.models import Category, TrackedSymbol
from symbols.tracking import Edited
from symbols.watchlist_files.entries import Line, Listing
from symbols.watchlist_files.verdicts import Ground, Row, Standing, Verdict, judged

MOST_NEW_CATEGORIES: Final = 50
_WRITTEN_AT_ONCE: Final = 500


@dataclass(frozen=True)
class Checked:
    """A file's lines with their verdicts, by this version of the settings. `left_aside`: columns that say nothing."""

    version: int
    rows: tuple[Row, ...]
    new_categories: tuple[str, ...]
    left_aside: tuple[str, ...]
    problems: tuple[FieldProblem, ...] = ()
    """What is wrong with the watchlist as it would be, where each line by itself is good."""

    @property
    def bad(self) -> tuple[Row, ...]:
        return tuple(row for row in self.rows if not row.good)

    def body(self) -> dict[str, Any]:
        """Return it as JSON."""
        counts: Mapping[Verdict, int] = Counter(row.verdict for row in self.rows)
        return {
            "version": self.version,
            "rows": [row.body() for row in self.rows],
            "counts": {verdict.value: counts.get(verdict, 0) for verdict in Verdict},
            "newCategories": list(self.new_categories),
            "leftAside": list(self.left_aside),
            "problems": [{"path": problem.path, "message": problem.message} for problem in self.problems],
        }


@dataclass(frozen=True)
class Imported:
    """What an import came to. `number`: by which it can be undone; None where it changed nothing."""

    checked: Checked
    edited: Edited
    number: int | None


class BadLinesError(Exception):
    """Some lines can't be imported, so that none was."""

    def __init__(self, checked: Checked) -> None:
        super().__init__(f"{len(checked.bad)} of {len(checked.rows)} lines can't be imported")
        self.checked = checked


class TooManyCategoriesError(Exception):
    """A file would make so many categories that it is more likely a mistake."""


class UnknownImportError(Exception):
    """There is no such import."""


class UndoneError(Exception):
    """An import was undone already."""


def check(sub: str, listing: Listing) -> Checked:
    """Return what an import would come to.

    Raises TooManyCategoriesError, InvalidSettingsError, UnknownIdentityError.
    """
    found = tracking.overview(sub)
    document = found.document
    enabled = set(enabled_exchanges(document))
    known = [row.name for row in categories.every(sub)]
    ground = Ground(
        primary=found.primary_exchange,
        exchanges={name: name in enabled for name in document.exchanges},
        index=cache(lookup.index_of),
        tracked={row.qualified: Standing(row.enabled, row.sparse, frozenset(row.categories)) for row in found.rows},
        now=datetime.now(UTC),
        categories=known,
    )
    rows = judged(listing.lines, ground)
    named = dict.fromkeys(name for row in rows if row.good for name in row.categories)
    new = tuple(name for name in named if name not in known)
    if len(new) > MOST_NEW_CATEGORIES:
        raise TooManyCategoriesError(
            f"the file would make {len(new)} categories, and {MOST_NEW_CATEGORIES} at once are the most: "
            f"are {', '.join(new[:3])} meant to be some?"
        )
    problems: tuple[FieldProblem, ...] = ()
    if all(row.good for row in rows):
        try:
            validate(watchlist.taken_over(document.as_json(), _entries(_once(rows))))
        except InvalidSettingsError as error:
            problems = error.problems
    return Checked(found.version, rows, new, listing.left_aside, problems)


def take_over(sub: str, listing: Listing, *, cause: Cause, expected_version: int | None = None) -> Imported:
    """Import a file, whole: as one version of the settings, its categories with it.

    Raises BadLinesError, StaleVersionError, and as `check` does.
    """
    checked = check(sub, listing)
    if checked.bad:
        raise BadLinesError(checked)
    rows = _once(checked.rows)
    with transaction.atomic():
        edited = tracking.take_over(sub, _entries(rows), cause=cause, expected_version=expected_version)
        made = [category for name in checked.new_categories if (category := _made(sub, name))]
        plan = categories.joining(sub, {row.qualified: row.categories for row in rows})
        touched = plan.carry_out() | set(edited.changed)
        moved = frozenset(edited.changed)
        new = [row for row in rows if row.verdict is Verdict.VALID and row.qualified in moved]
        # After what notes them as tracked since now, which waits for the commit as well.
        transaction.on_commit(lambda: _date(sub, new))
        changed = [row.qualified for row in rows if row.qualified in touched]
        record = None
        if changed or made:
            record = imported.noted(
                sub,
                version=edited.saved.version if edited.changed else None,
                by=cause.username,
                added=len(new),
                changed=len(changed) - len(new),
                made=made,
                plan=plan,
            )
    already = tuple(row.qualified for row in rows if row.qualified not in touched)
    return Imported(checked, Edited(edited.saved, tuple(changed), already), record.pk if record else None)


def undo(sub: str, number: int, *, cause: Cause) -> Edited:
    """Undo an import, its categories with it; what somebody has changed since is left alone.

    Raises UnknownImportError, UndoneError, and as `tracking.undo` does.
    """
    row = imported.numbered(sub, number)
    if row is None:
        raise UnknownImportError(f"there is no import {number}")
    if row.undone_at is not None:
        raise UndoneError(f"the import is undone already, by {row.undone_by}")
    if row.version is not None:
        return tracking.undo(sub, row.version, cause=cause)
    return Edited(services.read(sub), tuple(sorted(imported.take_back(row, cause.username))))


def exported(sub: str) -> tuple[int, list[Line]]:
    """Return the version of the settings, and the watchlist as a file has it, in its order.

    Raises InvalidSettingsError, UnknownIdentityError.
    """
    found = tracking.overview(sub)
    lines = [
        Line(
            number,
            split_qualified(row.qualified)[1],
            row.exchange,
            enabled=row.enabled,
            sparse=row.sparse,
            categories=row.categories,
            added=row.added_at,
        )
        for number, row in enumerate(found.rows, 1)
    ]
    return found.version, lines


def _once(rows: Sequence[Row]) -> list[Row]:
    """Return each symbol's first line: what comes later says nothing else."""
    firsts: dict[str, Row] = {}
    for row in rows:
        firsts.setdefault(row.qualified, row)
    return list(firsts.values())


def _entries(rows: Sequence[Row]) -> list[watchlist.Entry]:
    return [watchlist.Entry(row.qualified, row.enabled, row.sparse) for row in rows]


def _made(sub: str, name: str) -> Category | None:
    try:
        return categories.make(sub, name)
    except UnfitCategoryError:
        # Somebody else has made it meanwhile.
        return None


def _date(sub: str, rows: Sequence[Row]) -> None:
    """Note since when symbols that came new have been tracked, where the file tells."""
    told = {row.qualified: row.added for row in rows if row.added}
    for first in range(0, len(told), _WRITTEN_AT_ONCE):
        some = list(told)[first : first + _WRITTEN_AT_ONCE]
        known = list(TrackedSymbol.objects.filter(identity__sub=sub, symbol__in=some))
        for one in known:
            one.added_at = told[one.symbol]
        TrackedSymbol.objects.bulk_update(known, ["added_at"], batch_size=_WRITTEN_AT_ONCE)
