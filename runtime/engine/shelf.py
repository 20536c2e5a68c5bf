"""What the indicators of many series remember, in one array: a row for each series."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from math import isfinite
from struct import Struct
from typing import Final, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from runtime.engine.candles import Candle
from runtime.engine.indicators.contract import MANY, ONE, Bars, Column, Indicator, Maths, State
from runtime.engine.indicators.macdv import STAGES
from runtime.engine.indicators.registry import INDICATORS, MACDV
from runtime.engine.readings import Reading

FEW: Final = 24
"""So many series are stepped one after the other as fast as with one step over arrays."""
_FIRST_ROWS: Final = 4

Row: TypeAlias = Sequence[float]


class _Columns(NamedTuple):
    """The next bars of many series, an entry for each in every column."""

    open: Column
    high: Column
    low: Column
    close: Column
    synthetic: Column


_READ: Final = ("macdv", "signal", "histogram", "emaFast", "emaSlow", "atr")
"""What a reading is made of, in the order in which `Shelf._read` takes it."""


class _Place(NamedTuple):
    """Where a value stands in a row: known once so many were counted in the other column."""

    name: str
    column: int
    counted: int
    least: int


class _Layout:
    """Which columns of a row belong to which indicator."""

    def __init__(self, indicators: Iterable[Indicator]) -> None:
        self.start: list[float] = []
        self.steps: list[tuple[Callable[[Maths, State, Bars], State], slice]] = []
        further = []
        for indicator in indicators:
            first, columns = len(self.start), list(indicator.start)
            self.start += indicator.start.values()
            self.steps.append((indicator.step, slice(first, len(self.start))))
            values = tuple(
                _Place(name, first + columns.index(value.column), first + columns.index(value.counted), value.least)
                for name, value in indicator.values.items()
            )
            if indicator.name == MACDV:
                known = {value.name: value for value in values}
                self.macdv = tuple(known[name].column for name in _READ)
                _, _, self.counted, self.least = known[MACDV]
                self.turned, self.stage = first + columns.index("turned"), first + columns.index("stage")
            else:
                further.append((indicator.name, values))
        self.further = tuple(further)


class Shelf:
    """The state of all indicators of all series of a market. A series has a slot, which it gives back."""

    def __init__(self, indicators: Iterable[Indicator] = tuple(INDICATORS.values())) -> None:
        self._layout = _Layout(indicators)
        self._start = np.array(self._layout.start)
        self._rows: NDArray[np.float64] = np.tile(self._start, (_FIRST_ROWS, 1))
        # The same memory: this way one row is read and written some times faster.
        self._memory = self._rows.data
        self._row = Struct(f"{len(self._start)}d")
        self._free: list[int] = list(range(_FIRST_ROWS))[::-1]

    @property
    def capacity(self) -> int:
        """So many slots there are, free ones included."""
        return len(self._rows)

    def take(self) -> int:
        """Return a free slot, as if no bar had come yet."""
        if not self._free:
            known = len(self._rows)
            self._rows = np.concatenate([self._rows, np.tile(self._start, (known, 1))])
            self._memory = self._rows.data
            self._free = list(range(known, 2 * known))[::-1]
        slot = self._free.pop()
        self._rows[slot] = self._start
        return slot

    def give_back(self, slot: int) -> None:
        """Let others have a slot that was taken."""
        self._free.append(slot)

    def clear(self, slot: int) -> None:
        """Forget all bars of a slot."""
        self._rows[slot] = self._start

    def step(self, slots: Sequence[int], candles: Sequence[Candle]) -> Iterator[Reading | None]:
        """Take the next bar of many series, each in its own slot, and yield what their indicators say then."""
        if len(slots) <= FEW:
            rows = [self._step_one(slot, (candle,)) for slot, candle in zip(slots, candles, strict=True)]
        else:
            rows = self._step_many(slots, candles)
        for candle, row in zip(candles, rows, strict=True):
            yield self._read(row, candle.close)

    def step_one(self, slot: int, candle: Candle) -> Reading | None:
        """Take the next bar of one series and return what its indicators say then."""
        return self._read(self._step_one(slot, (candle,)), candle.close)

    def run(self, slot: int, candles: Iterable[Candle]) -> None:
        """Take the next bars of one series."""
        self._step_one(slot, candles)

    def reading(self, slot: int, close: float) -> Reading | None:
        """Return what a slot's indicators say after its last bar, which closed at that price."""
        return self._read(self._row.unpack_from(self._memory, slot * self._row.size), close)

    def _step_one(self, slot: int, candles: Iterable[Candle]) -> Row:
        row: Sequence[float] = self._row.unpack_from(self._memory, slot * self._row.size)
        steps = self._layout.steps
        for candle in candles:
            after: list[float] = []
            for step, part in steps:
                after += step(ONE, row[part], candle)
            row = after
        self._row.pack_into(self._memory, slot * self._row.size, *row)
        return row

    def _step_many(self, slots: Sequence[int], candles: Sequence[Candle]) -> list[Row]:
        places = np.array(slots)
        state = np.ascontiguousarray(self._rows[places].T)
        numbers = np.array([(c.open, c.high, c.low, c.close, c.synthetic) for c in candles], dtype=np.float64)
        opened, high, low, close, synthetic = np.ascontiguousarray(numbers.T)
        bars = _Columns(opened, high, low, close, synthetic != 0)
        after = np.empty_like(state)
        # Both sides of every condition are computed, those that don't count too.
        with np.errstate(all="ignore"):
            for step, part in self._layout.steps:
                for place, column in enumerate(step(MANY, tuple(state[part]), bars), part.start):
                    after[place] = column
        rows = np.ascontiguousarray(after.T)
        self._rows[places] = rows
        found: list[Row] = rows.tolist()
        return found

    def _read(self, row: Row, close: float) -> Reading | None:
        layout = self._layout
        if row[layout.counted] < layout.least:
            return None
        macdv, signal, histogram, fast, slow, atr = [row[column] for column in layout.macdv]
        if not (isfinite(histogram) and isfinite(fast) and isfinite(slow) and isfinite(atr)):
            # Prices so large that their sum is no number.
            return None
        further = {
            name: known
            for name, values in layout.further
            if (
                known := {
                    value: row[column]
                    for value, column, counted, least in values
                    if row[counted] >= least and isfinite(row[column])
                }
            )
        }
        stage = STAGES[int(row[layout.stage])]
        turned = row[layout.turned] > 0
        return Reading(close, macdv, signal, histogram, stage, fast, slow, atr, turned, further)
