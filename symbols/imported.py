"""What imports did beside the settings, and taking it back: no undo of a version brings categories along by itself."""

import time
from collections import defaultdict
from collections.abc import Sequence, Set
from typing import Final

from django.db import transaction

from settingsapp.models import Identity
from symbols.categories import Plan
from symbols.models import CategorisedSymbol, Category, WatchlistImport

_WRITTEN_AT_ONCE: Final = 500


def noted(
    sub: str, *, version: int | None, by: str, added: int, changed: int, made: Sequence[Category], plan: Plan
) -> WatchlistImport:
    """Note an import; `version`: the one that it made, if it did."""
    return WatchlistImport.objects.create(
        identity=Identity.objects.get(sub=sub),
        version=version,
        imported_at=int(time.time() * 1000),
        imported_by=by,
        added=added,
        changed=changed,
        made=[row.pk for row in made],
        joined=[[category.pk, symbol] for category, symbol in plan.joins],
    )


def latest(sub: str) -> WatchlistImport | None:
    """Return an identity's latest import."""
    return WatchlistImport.objects.filter(identity__sub=sub).first()


def numbered(sub: str, number: int) -> WatchlistImport | None:
    """Return one of an identity's imports."""
    return WatchlistImport.objects.filter(identity__sub=sub, pk=number).first()


def take_back_of(sub: str, version: int, by: str) -> Set[str]:
    """Take back the categories of the import that made a version; return the symbols (qualified) that left some."""
    row = WatchlistImport.objects.filter(identity__sub=sub, version=version).first()
    return frozenset() if row is None else take_back(row, by)


def take_back(row: WatchlistImport, by: str) -> Set[str]:
    """Take back an import's categories, once; return the symbols (qualified) that left some.

    A category that it made goes too where nothing else has come into it.
    """
    with transaction.atomic():
        undone = {"undone_at": int(time.time() * 1000), "undone_by": by}
        if not WatchlistImport.objects.filter(pk=row.pk, undone_at=None).update(**undone):
            return frozenset()
        members: defaultdict[int, list[str]] = defaultdict(list)
        for category, symbol in row.joined:
            members[category].append(symbol)
        left: set[str] = set()
        for category, symbols in members.items():
            for first in range(0, len(symbols), _WRITTEN_AT_ONCE):
                some = symbols[first : first + _WRITTEN_AT_ONCE]
                rows = CategorisedSymbol.objects.filter(category=category, symbol__in=some)
                left.update(rows.values_list("symbol", flat=True))
                rows.delete()
        Category.objects.filter(pk__in=row.made, members=None).delete()
    return left
