"""What an indicator is. To add one: copy a neighbour's file; the registry finds it by its `INDICATOR`.

An indicator is one formula, written over columns: a column is a float where one series is stepped, and an array with
an entry for each where many are. `maths` brings what differs between the two. So there is one formula, and one series
by itself comes out with the same last bit as among a thousand others. That holds as long as a formula adds, subtracts,
multiplies, divides and compares column by column, and asks `maths` for the rest: no sum over an array, no `if`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, Protocol, TypeAlias

import numpy as np

Column: TypeAlias = Any
"""A float, or a float64 array with an entry for each series; conditions are a bool or a bool array."""

UNKNOWN: Final = float("nan")
"""What stands in a column for a number that there is not yet; a comparison with it never holds."""


class Bars(Protocol):
    """The next bar of one series (a Candle is one), or of many: one column each."""

    @property
    def open(self) -> Column: ...
    @property
    def high(self) -> Column: ...
    @property
    def low(self) -> Column: ...
    @property
    def close(self) -> Column: ...
    @property
    def synthetic(self) -> Column: ...


@dataclass(frozen=True, slots=True)
class Maths:
    """What is written differently for one number and for an array."""

    where: Callable[[Column, Column, Column], Column]
    """`where(condition, then, otherwise)`: both are computed, so neither may raise."""
    ratio: Callable[[Column, Column, Column, Column], Column]
    """`ratio(condition, numerator, denominator, otherwise)`: divides where the condition holds."""


ONE: Final = Maths(
    where=lambda condition, then, otherwise: then if condition else otherwise,
    ratio=lambda condition, numerator, denominator, otherwise: numerator / denominator if condition else otherwise,
)
"""For floats."""

MANY: Final = Maths(
    where=np.where,
    ratio=lambda condition, numerator, denominator, otherwise: np.where(condition, numerator / denominator, otherwise),
)
"""For arrays, within `np.errstate(all="ignore")`: what the condition keeps out is divided all the same."""

State: TypeAlias = Sequence[Column]


class Value(NamedTuple):
    """Where a value that an indicator tells of stands, and from when on it means something."""

    column: str
    counted: str
    """The column that counts what has gone into it."""
    least: int
    """So much of that the value needs."""


@dataclass(frozen=True, slots=True)
class Indicator:
    """One indicator: what it remembers of a series, and how a closed bar changes that."""

    name: str
    """As the settings document writes it."""
    start: Mapping[str, float]
    """Its columns by name, with what stands in them before the first bar."""
    step: Callable[[Maths, State, Bars], State]
    """Takes the columns (in the order of `start`) and the next bar and returns the columns after it; a synthetic bar
    is flat. Constant time, whatever came before.
    """
    values: Mapping[str, Value]
    """What it tells, named as alerts and the live page write it."""

    def __post_init__(self) -> None:
        for name, value in self.values.items():
            if missing := {value.column, value.counted}.difference(self.start):
                raise ValueError(f"{name} of the indicator {self.name} needs {missing}, which are none of its columns")


class OneSeries:
    """An indicator of one series by itself."""

    __slots__ = ("_indicator", "_state")

    def __init__(self, indicator: Indicator) -> None:
        self._indicator = indicator
        self._state: State = tuple(indicator.start.values())

    def step(self, bar: Bars) -> None:
        """Take the next bar of the series."""
        self._state = self._indicator.step(ONE, self._state, bar)

    def values(self) -> Mapping[str, float]:
        """Return the values after the last bar by name; empty while there are too few bars."""
        now = dict(zip(self._indicator.start, self._state, strict=True))
        values = self._indicator.values
        return {name: now[value.column] for name, value in values.items() if now[value.counted] >= value.least}
