"""How long a search among many instruments takes.

20,000 instruments, and what people type: pairs, bases, beginnings, and what is contained or not there at all. Measured
beside it, alternating in the same run: one plain scan of the list that asks of each whether it contains the text.
"""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from symbols.instruments import Instrument
from symbols.searching import Index, plain
from tests.benchmarks.catalogue_scan import a_catalogue

SHOWN: Final = 20
TYPED: Final = ("b42usd", "B42-USDT", "b4999", "b1", "usdt", "99eur", "nothing")


@dataclass(frozen=True)
class SearchTimes:
    """Medians in ms of so many rounds, each of all that is typed; and how long the index took to make."""

    rounds: int
    instruments: int
    plain_ms: float
    search_ms: float
    index_ms: float

    @property
    def ratio(self) -> float:
        """How many plain scans a search takes."""
        return self.search_ms / self.plain_ms

    def lines(self) -> list[str]:
        """Return a Markdown table."""
        rows = (
            ("one plain scan of the list", self.plain_ms),
            ("a search, ranked", self.search_ms),
            ("making the index", self.index_ms),
        )
        return [
            f"| {self.instruments:,} instruments, the best {SHOWN} | p50, ms | to the scan |",
            "| --- | ---: | ---: |",
            *(f"| {name} | {ms:.3f} | {ms / self.plain_ms:.3f} |" for name, ms in rows),
        ]


def measure(rounds: int) -> SearchTimes:
    """Measure so many rounds. Raises RuntimeError where a search does not find what it should."""
    instruments = a_catalogue()
    begun = time.perf_counter()
    index = Index(instruments)
    index_ms = (time.perf_counter() - begun) * 1000
    names = [(plain(one.symbol), one) for one in instruments]
    if [one.symbol for one in index.search("b42usd", 1)] != ["B42-USD"]:
        raise RuntimeError("the pair that was typed is not found first")
    plain_ms, search_ms = [], []
    for _ in range(rounds):
        for typed in TYPED:
            wanted = plain(typed)
            plain_ms.append(_timed(lambda wanted=wanted: _scanned(names, wanted)))  # type: ignore[misc]
            search_ms.append(_timed(lambda typed=typed: index.search(typed, SHOWN)))  # type: ignore[misc]
    return SearchTimes(rounds, len(instruments), statistics.median(plain_ms), statistics.median(search_ms), index_ms)


def _scanned(names: list[tuple[str, Instrument]], wanted: str) -> list[Instrument]:
    return [one for name, one in names if wanted in name][:SHOWN]


def _timed(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return (time.perf_counter() - begun) * 1000
