"""Instruments, watchlists and scans for tests."""

from collections.abc import Iterable
from typing import Any

from settingsapp.schema.scanner import ScannerCriteria
from symbols import catalogue
from symbols.fitting import Reference
from symbols.instruments import Instrument
from symbols.models import CatalogueRefresh
from symbols.scanning import Found, Listed, scan

NOW = 1_800_000_000_000
DAY = 86_400_000
USD = Reference(usd={"USD": 1.0, "USDT": 1.0})


def an_instrument(symbol: str, **told: Any) -> Instrument:
    """An instrument of `simulated`, traded for 5 M USD, that the loosest criteria and the default ones let through."""
    base, _, quote = symbol.partition("-")
    seen: dict[str, Any] = {
        **{"last_price": 10.0, "volume_24h": 5e6, "change_24h": 1.0, "bid": 9.99, "ask": 10.01},
        **{"listed_at": NOW - 100 * DAY, "priced_at": NOW},
    }
    return Instrument("simulated", symbol, f"{base}/{quote}", base, quote, **(seen | told))


def known(exchange: str, instruments: Iterable[Instrument]) -> None:
    """Let these be what is known of an exchange, and so new that nobody asks the exchange itself."""
    catalogue.replace(exchange, instruments)
    CatalogueRefresh.objects.update_or_create(exchange=exchange, defaults={"read_at": NOW * 2})


def listed(*symbols: str, by_scanner: bool = False, switched_off: bool = False) -> list[Listed]:
    """A watchlist's entries; an unqualified one is the simulated exchange's."""
    return [
        Listed(symbol, symbol if ":" in symbol else f"simulated:{symbol}", by_scanner, switched_off)
        for symbol in symbols
    ]


def a_scan(
    instruments: list[Instrument], watched: list[Listed] | None = None, reference: Reference = USD, **criteria: Any
) -> Found:
    """Scan the simulated exchange by these criteria."""
    return scan(
        instruments,
        ScannerCriteria.model_validate(criteria, strict=False),
        watched or [],
        exchange="simulated",
        primary_exchange="simulated",
        reference=reference,
        now_ms=NOW,
    )


def symbols_of(lines: Any) -> list[str]:
    return [line.symbol for line in lines]
