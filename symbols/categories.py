"""Categories: names with a colour, and which symbols are in them. No part of the settings: they change no engine."""

from collections import defaultdict
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

from django.db import IntegrityError, transaction

from settingsapp.models import Identity
from settingsapp.schema.problems import FieldProblem
from settingsapp.schema.spelling import suggestion
from symbols.category_names import UnfitNameError, fitted
from symbols.models import CategorisedSymbol, Category, Colour


class UnfitCategoryError(Exception):
    """A category can't be so. `problems` says where and what would be right."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(message)
        self.problems = (FieldProblem(path, message),)


def every(sub: str) -> list[Category]:
    """Return an identity's categories, by name."""
    return list(Category.objects.filter(identity__sub=sub))


def by_symbol(sub: str) -> Mapping[str, Set[str]]:
    """Return the names of the categories by qualified symbol; symbols in none are absent."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    rows = CategorisedSymbol.objects.filter(category__identity__sub=sub).values_list("symbol", "category__name")
    for symbol, name in rows:
        found[symbol].add(name)
    return found


def make(sub: str, name: str, colour: str = Colour.GREY) -> Category:
    """Make a category. Raises UnfitCategoryError."""
    row = Category(identity=Identity.objects.get(sub=sub), name=_name(name), colour=_colour(colour))
    return _saved(row)


def edit(sub: str, name: str, new_name: str | None, colour: str | None) -> Category:
    """Rename or repaint a category. Raises UnfitCategoryError."""
    row = _row(sub, name)
    if new_name is not None:
        row.name = _name(new_name)
    if colour is not None:
        row.colour = _colour(colour)
    return _saved(row)


def drop(sub: str, name: str) -> None:
    """Delete a category; its symbols are in it no more. Raises UnfitCategoryError where there is none."""
    _row(sub, name).delete()


@dataclass(frozen=True)
class Plan:
    """Which symbols come into which categories and out of them."""

    joins: tuple[tuple[Category, str], ...] = ()
    leaves: tuple[tuple[Category, str], ...] = ()

    def carry_out(self) -> Set[str]:
        """Do it, in one transaction, and return the symbols whose categories are others now."""
        with transaction.atomic():
            for category, symbol in self.leaves:
                CategorisedSymbol.objects.filter(category=category, symbol=symbol).delete()
            rows = [CategorisedSymbol(category=category, symbol=symbol) for category, symbol in self.joins]
            CategorisedSymbol.objects.bulk_create(rows, ignore_conflicts=True, batch_size=500)
        return {symbol for _, symbol in (*self.joins, *self.leaves)}


def planned(
    sub: str, symbols: Sequence[str], exactly: Sequence[str] | None, add: Sequence[str], remove: Sequence[str]
) -> Plan:
    """Return what it takes that symbols (qualified) are in exactly these categories, or in these and not in those.

    Raises UnfitCategoryError for a category that there is not.
    """
    known = {row.name.casefold(): row for row in every(sub)}
    places = (("categories", exactly or ()), ("addCategories", add), ("removeCategories", remove))
    rows = {field: [_known(known, name, f"{field}.{n}") for n, name in enumerate(names)] for field, names in places}
    inside = by_symbol(sub)
    joins, leaves = [], []
    for symbol in symbols:
        before = inside.get(symbol, set())
        wanted = {row.name for row in rows["categories"]} if exactly is not None else set(before)
        wanted |= {row.name for row in rows["addCategories"]}
        wanted -= {row.name for row in rows["removeCategories"]}
        joins += [(known[name.casefold()], symbol) for name in sorted(wanted - before)]
        leaves += [(known[name.casefold()], symbol) for name in sorted(before - wanted)]
    return Plan(tuple(joins), tuple(leaves))


def joining(sub: str, wanted: Mapping[str, Sequence[str]]) -> Plan:
    """Return what it takes that each symbol (qualified) is in these categories too. Raises UnfitCategoryError."""
    known = {row.name.casefold(): row for row in every(sub)}
    inside = by_symbol(sub)
    joins = [
        (row, symbol)
        for symbol, names in wanted.items()
        for row in (_known(known, name, "categories") for name in names)
        if row.name not in inside.get(symbol, ())
    ]
    return Plan(tuple(joins))


def _known(known: Mapping[str, Category], name: str, path: str) -> Category:
    found = known.get(name.strip().casefold())
    if found is None:
        names = [row.name for row in known.values()]
        there = ", ".join(names) or "none yet"
        raise UnfitCategoryError(path, f"there is no category {name[:40]}{suggestion(name, names)}; there are: {there}")
    return found


def _row(sub: str, name: str) -> Category:
    return _known({row.name.casefold(): row for row in every(sub)}, name, "name")


def _saved(row: Category) -> Category:
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        raise UnfitCategoryError("name", f"there is a category {row.name} already") from None
    return row


def _name(text: str) -> str:
    try:
        return fitted(text)
    except UnfitNameError as error:
        raise UnfitCategoryError("name", str(error)) from None


def _colour(text: str) -> str:
    if text not in Colour.values:
        raise UnfitCategoryError("colour", f"is no colour of a category; there are {', '.join(Colour.values)}")
    return text
