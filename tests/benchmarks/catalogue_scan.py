"""How long the scanner takes over a large catalogue.

20,000 instruments, every criterion set, and a watchlist of 500. Measured beside it, alternating in the same run: one
plain pass over the same list that compares two numbers of each.
"""

import gc
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from settingsapp.schema.scanner import ScannerCriteria
from symbols.fitting import Reference
from symbols.instruments import Instrument
from symbols.scanning import Found, Listed, scan

INSTRUMENTS: Final = 20_000
WATCHED: Final = 500
WARM_UP: Final = 1
NOW: Final = 1_800_000_000_000
_DAY: Final = 86_400_000
_CRITERIA: Final = ScannerCriteria(
    quote_currencies=("USD", "USDT"),
    min_volume_usd_24h=1e6,
    min_price_usd=0.01,
    min_age_days=30,
    max_spread_percent=1.0,
    min_change_percent_24h=-20,
    max_change_percent_24h=20,
    top_n=1_000,
    max_symbols=1_000,
    exclude_categories=("meme",),
    excluded_bases=tuple(f"B{number}" for number in range(0, 1_000, 50)),
)


@dataclass(frozen=True)
class ScanTimes:
    """The best of so many rounds each, in ms: what else the machine does only adds to it. How much was proposed."""

    rounds: int
    pass_ms: float
    scan_ms: float
    proposed: int

    def lines(self) -> list[str]:
        """Return a Markdown table."""
        rows = (("one plain pass over the list", self.pass_ms), ("the scan", self.scan_ms))
        return [
            f"| {INSTRUMENTS:,} instruments, {WATCHED} watched, {self.proposed} proposed | best, ms | to the pass |",
            "| --- | ---: | ---: |",
            *(f"| {name} | {ms:.2f} | {ms / self.pass_ms:.1f} |" for name, ms in rows),
        ]


def a_catalogue() -> list[Instrument]:
    """Return made-up instruments, the same ones each time."""
    chance = random.Random(20_000)
    return [
        Instrument(
            "simulated",
            f"B{number}-{quote}",
            f"B{number}/{quote}",
            f"B{number}",
            quote,
            listed_at=NOW - chance.randrange(1, 2_000) * _DAY,
            last_price=(price := chance.lognormvariate(0, 3)),
            change_24h=chance.gauss(0, 8),
            volume_24h=chance.lognormvariate(13.5, 2),
            bid=price * 0.999,
            ask=price * (1 + chance.random() / 100),
            priced_at=NOW,
        )
        for number in range(INSTRUMENTS // 4)
        for quote in ("USD", "USDT", "EUR", "BTC")
    ]


def measure(rounds: int) -> ScanTimes:
    """Measure both. Raises RuntimeError where the scan does not come to what it should."""
    instruments = a_catalogue()
    listed = [
        Listed(one.symbol, one.qualified, by_scanner=place % 2 == 0) for place, one in enumerate(instruments[:WATCHED])
    ]
    reference = Reference(
        usd={"USD": 1.0, "USDT": 1.0, "EUR": 1.1, "BTC": 65_000.0},
        is_stablecoin=frozenset({"B3"}).__contains__,
        is_leveraged=frozenset({"B5"}).__contains__,
        categories={one.qualified: frozenset({"meme"}) for one in instruments[::100]},
    )

    def plainly() -> object:
        return [one for one in instruments if (one.volume_24h or 0) >= 1e6 and (one.last_price or 0) >= 0.01]

    def scanned() -> Found:
        told = {"exchange": "simulated", "primary_exchange": "simulated"}
        return scan(instruments, _CRITERIA, listed, **told, reference=reference, now_ms=NOW)

    found = scanned()
    if not found.add or len(found.keep) + len(found.remove) != WATCHED:
        raise RuntimeError("the scan proposes nothing, or lost a part of the watchlist")
    works: tuple[Callable[[], object], ...] = (plainly, scanned)
    times: list[list[float]] = [[] for _ in works]
    for turn in range(rounds + WARM_UP):
        for work, taken in zip(works, times, strict=True):
            # As timeit does: what the collector finds to look through is the process's, not the scan's.
            gc.disable()
            begun = time.perf_counter()
            work()
            took_ms = (time.perf_counter() - begun) * 1000
            gc.enable()
            if turn >= WARM_UP:
                taken.append(took_ms)
    passed, took = map(min, times)
    return ScanTimes(rounds, passed, took, len(found.add) + len(found.remove))
