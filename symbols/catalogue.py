"""The one way to read and write what is known of the exchanges' instruments."""

from collections.abc import Iterable
from dataclasses import asdict, fields
from typing import Final

from django.db import transaction
from django.db.models import F

from settingsapp.schema.vocabulary import split_qualified
from symbols.instruments import Instrument
from symbols.models import CatalogueEntry, CatalogueRefresh
from symbols.worth import DOLLARS

_IDENTITY: Final = ("exchange", "symbol")
_TOLD: Final = tuple(field.name for field in fields(Instrument) if field.name not in _IDENTITY)
_WRITTEN_AT_ONCE: Final = 500
"""SQLite binds a limited number of values in one statement."""


def instruments(exchange: str, *, active_only: bool = False) -> list[Instrument]:
    """Return what is known of an exchange's instruments, by symbol."""
    rows = CatalogueEntry.objects.filter(exchange=exchange).order_by("symbol")
    if active_only:
        rows = rows.filter(active=True)
    return [row.as_instrument() for row in rows.iterator()]


def count_active(exchange: str) -> int:
    """Return how many instruments an exchange trades, as far as is known."""
    return CatalogueEntry.objects.filter(exchange=exchange, active=True).count()


def symbols(exchange: str) -> frozenset[str]:
    """Return what an exchange trades, in its own notation, as far as is known."""
    return frozenset(CatalogueEntry.objects.filter(exchange=exchange, active=True).values_list("symbol", flat=True))


def quotes(exchange: str) -> frozenset[str]:
    """Return the currencies in which something is priced on an exchange, as far as is known."""
    active = CatalogueEntry.objects.filter(exchange=exchange, active=True)
    return frozenset(active.order_by().values_list("quote", flat=True).distinct())


def exchanges() -> list[str]:
    """Return the exchanges of which instruments are known."""
    return list(CatalogueEntry.objects.order_by("exchange").values_list("exchange", flat=True).distinct())


def priced_in_dollars(exchange: str, base: str) -> list[Instrument]:
    """Return those of an exchange's instruments by which one can tell what a currency is worth in dollars."""
    rows = CatalogueEntry.objects.filter(exchange=exchange, base=base, quote__in=DOLLARS, active=True)
    return [row.as_instrument() for row in rows]


def instrument(exchange: str, symbol: str) -> Instrument | None:
    """Return what is known of one instrument, in the exchange's own notation."""
    row = CatalogueEntry.objects.filter(exchange=exchange, symbol=symbol).first()
    return None if row is None else row.as_instrument()


def known_among(qualified: Iterable[str]) -> dict[str, Instrument]:
    """Return what is known of these symbols (qualified), by symbol; unknown ones are absent."""
    wanted = [split_qualified(one) for one in qualified]
    found: dict[str, Instrument] = {}
    for first in range(0, len(wanted), _WRITTEN_AT_ONCE):
        part = wanted[first : first + _WRITTEN_AT_ONCE]
        rows = CatalogueEntry.objects.filter(
            exchange__in={exchange for exchange, _ in part}, symbol__in={symbol for _, symbol in part}
        )
        found.update((one.qualified, one) for one in map(CatalogueEntry.as_instrument, rows))
    return found


def replace(exchange: str, present: Iterable[Instrument]) -> None:
    """Take over what an exchange has now. What it does not name any more is marked as inactive and stays."""
    rows = [CatalogueEntry(**asdict(one)) for one in present]
    with transaction.atomic():
        CatalogueEntry.objects.bulk_create(
            rows,
            batch_size=_WRITTEN_AT_ONCE,
            update_conflicts=True,
            unique_fields=list(_IDENTITY),
            update_fields=list(_TOLD),
        )
        named = {row.symbol for row in rows}
        before = CatalogueEntry.objects.filter(exchange=exchange, active=True).values_list("pk", "symbol")
        gone = [pk for pk, symbol in before if symbol not in named]
        for start in range(0, len(gone), _WRITTEN_AT_ONCE):
            CatalogueEntry.objects.filter(pk__in=gone[start : start + _WRITTEN_AT_ONCE]).update(active=False)
        CatalogueRefresh.objects.get_or_create(exchange=exchange)
        CatalogueRefresh.objects.filter(exchange=exchange).update(revision=F("revision") + 1)


def revisions(exchanges: Iterable[str]) -> tuple[tuple[str, int], ...]:
    """Return which state of each exchange's instruments is known, by exchange; 0 where none is."""
    wanted = sorted(set(exchanges))
    known = dict(CatalogueRefresh.objects.filter(exchange__in=wanted).values_list("exchange", "revision"))
    return tuple((exchange, known.get(exchange, 0)) for exchange in wanted)
