"""Searching instruments by what people type: `btcusd`, `BTC-USD`, `BTC/USDT`, `btc`. Pure."""

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import accumulate
from typing import Final

from symbols.instruments import Instrument

_SEPARATORS: Final = re.compile(r"[\s\-_/:.|]+")
_BORDER: Final = "|"
_OTHER_NAMES: Final = (("XBT", "BTC"), ("XDG", "DOGE"))
"""Kraken's own names stand in its notation, and people type them elsewhere too."""
LONGEST: Final = 40
_BEGINNING: Final = 3
"""So many letters of a beginning are looked up; of a longer one the rest is compared."""


def plain(text: str) -> str:
    """Return what is compared: capitals without separators. An exchange before a colon is left out."""
    return _SEPARATORS.sub("", text.rpartition(":")[2].upper())


def _names(one: Instrument) -> tuple[str, ...]:
    """Return an instrument's notations as they are compared. Each begins with its base, or has it in it."""
    return tuple(dict.fromkeys((plain(one.symbol), plain(one.unified))))


class _Shelf:
    """Instruments, those with the largest volume first. What is looked up answers with places among them, in order."""

    def __init__(self, instruments: Iterable[Instrument]) -> None:
        self.instruments = tuple(sorted(instruments, key=lambda one: (-(one.volume_24h or 0.0), one.qualified)))
        self._pairs: defaultdict[str, list[int]] = defaultdict(list)
        self._bases: defaultdict[str, list[int]] = defaultdict(list)
        self._beginnings: defaultdict[str, list[int]] = defaultdict(list)
        lines = []
        for place, one in enumerate(self.instruments):
            names = _names(one)
            self._bases[plain(one.base)].append(place)
            for name in names:
                self._pairs[name].append(place)
            for beginning in {name[:length] for name in names for length in range(1, _BEGINNING + 1)}:
                self._beginnings[beginning].append(place)
            lines.append(f"{_BORDER.join(names)}\n")
        # One text in which all of them are looked for at once, and where each one's line ends.
        self._text = "".join(lines)
        self._ends = tuple(accumulate(map(len, lines)))

    def named(self, wanted: str) -> Iterator[int]:
        """Yield those that are this pair."""
        yield from self._pairs.get(wanted, ())

    def of_base(self, wanted: str) -> Iterator[int]:
        """Yield those of this base."""
        yield from self._bases.get(wanted, ())

    def beginning(self, wanted: str) -> Iterator[int]:
        """Yield those that begin so."""
        places = self._beginnings.get(wanted[:_BEGINNING], ())
        for place in places:
            if len(wanted) <= _BEGINNING or any(name.startswith(wanted) for name in _names(self.instruments[place])):
                yield place

    def holding(self, wanted: str) -> Iterator[int]:
        """Yield those that contain it."""
        at = self._text.find(wanted)
        while at >= 0:
            place = bisect_right(self._ends, at)
            yield place
            at = self._text.find(wanted, self._ends[place])


class Index:
    """Instruments of any exchanges, made ready to be searched; those that are traded come before those that are not."""

    def __init__(self, instruments: Iterable[Instrument]) -> None:
        known = tuple(instruments)
        self._shelves = tuple(_Shelf(one for one in known if one.active is active) for active in (True, False))

    def __len__(self) -> int:
        return sum(len(shelf.instruments) for shelf in self._shelves)

    def pairs(self, wanted: str) -> list[Instrument]:
        """Return those that are this pair, however it is written; what is traded no more comes last."""
        return self._found(wanted, _Shelf.named)

    def of_base(self, wanted: str) -> list[Instrument]:
        """Return those of this base, as `pairs` does."""
        return self._found(wanted, _Shelf.of_base)

    def beginning(self, wanted: str) -> list[Instrument]:
        """Return those that begin so, as `pairs` does."""
        return self._found(wanted, _Shelf.beginning)

    def _found(self, wanted: str, look: Callable[[_Shelf, str], Iterator[int]]) -> list[Instrument]:
        names = _spellings(plain(wanted[:LONGEST]))
        return [
            shelf.instruments[place]
            for shelf in self._shelves
            for place in dict.fromkeys(place for name in names for place in look(shelf, name))
        ]

    def search(self, wanted: str, limit: int) -> list[Instrument]:
        """Return the best matches: the pair itself, then its very base, what begins so, and what contains it.

        Within each the largest volume comes first; what is traded no more comes after everything else.
        """
        name = plain(wanted[:LONGEST])
        if not name:
            return []
        names = _spellings(name)
        found: list[Instrument] = []
        for shelf in self._shelves:
            seen: set[int] = set()
            for place in _ranked(shelf, names):
                if place not in seen:
                    seen.add(place)
                    found.append(shelf.instruments[place])
                    if len(found) == limit:
                        return found
        return found


def _spellings(name: str) -> tuple[str, ...]:
    return (name, *(name.replace(other, usual) for other, usual in _OTHER_NAMES if other in name))


def _ranked(shelf: _Shelf, names: Sequence[str]) -> Iterator[int]:
    for look in (shelf.named, shelf.of_base, shelf.beginning, shelf.holding):
        for name in names:
            yield from look(name)
