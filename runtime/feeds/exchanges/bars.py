"""Which bars are closed: decided from what a stream has told, without a clock of its own.

A stream tells a bar again and again while it grows. It is known to be over once the stream goes on to the next one, or
once the same connection has told of something later and what was on its way has had its time. A connection that is
silent proves nothing: such a bar is asked for.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final, NamedTuple

BASE: Final = "1m"
BASE_MS: Final = 60_000
"""Live bars are of one minute."""
_BARS_KEPT: Final = 3
_TRADES_KNOWN: Final = 5_000
"""By their ids: several times as many as a library keeps to be read again."""


class Row(NamedTuple):
    """A bar as ccxt tells it: open time (ms UTC), prices in the quote currency, volume in the base currency."""

    open_time: int
    open: float
    high: float
    low: float
    close: float
    volume: float

    @property
    def end(self) -> int:
        return self.open_time + BASE_MS

    @classmethod
    def told(cls, numbers: Sequence[float]) -> "Row":
        """Return what ccxt tells as a list of numbers."""
        return cls(int(numbers[0]), *(float(number) for number in numbers[1:6]))


@dataclass
class _Series:
    row: Row | None = None
    """The bar that grows."""
    whole: bool = True
    """All of the growing bar has been heard."""
    emitted: int = -1
    """Open time of the last bar that was given out."""
    heard_at: float = 0.0
    """When it last told something new, in seconds of the real clock."""
    ended_at: float | None = None
    """When the growing bar was first seen to be over by the clock, in seconds of the real clock."""


@dataclass
class LiveBars:
    """The growing bars of one connection, by symbol."""

    grace: float
    confirm: float
    _series: dict[str, _Series] = field(default_factory=dict)
    _told_until: int = -1
    """The latest moment (ms UTC) that the connection has told of."""

    def follow(self, symbol: str, at: float) -> None:
        """Begin with a symbol; `at` in seconds of the real clock."""
        self._series.setdefault(symbol, _Series(heard_at=at))

    def forget(self, symbol: str) -> None:
        self._series.pop(symbol, None)

    def hear(self, symbol: str, rows: Sequence[Row], at: float, *, whole_from: int = -1) -> list[Row]:
        """Take what the stream now tells of a symbol's last bars, in order; returns those that are closed by it.

        Bars that began before `whole_from` (ms UTC) were not heard from their beginning: they are asked for.
        """
        series = self._series.get(symbol)
        if series is None:
            return []
        closed: list[Row] = []
        if series.row is None:
            # What a stream begins with is history, but for the bar that still grows.
            rows = rows[-1:]
        for row in rows:
            before = series.row
            if row.open_time <= series.emitted or (before is not None and row.open_time < before.open_time):
                continue
            if row == before:
                continue
            if before is not None and row.open_time > before.open_time and series.whole:
                closed.append(before)
                series.emitted = before.open_time
            series.row = row
            series.whole = row.open_time >= whole_from
            series.heard_at = at
            if before is None or row.open_time > before.open_time:
                series.ended_at = None
            self._told_until = max(self._told_until, row.open_time)
        return closed

    def over(self, now_ms: int, at: float, *, vouched: bool) -> list[tuple[str, Row]]:
        """Return what is closed because the connection has gone on meanwhile, though not with that symbol.

        `vouched`: all symbols come over one connection, so that what it tells of one vouches for the others.
        """
        closed = []
        for symbol, series in self._series.items():
            row = series.row
            if row is None or row.end > now_ms or row.open_time <= series.emitted:
                continue
            if series.ended_at is None:
                series.ended_at = at
            if vouched and series.whole and self._told_until >= row.end and at - series.ended_at >= self.grace:
                closed.append((symbol, row))
                series.emitted = row.open_time
        return closed

    def doubtful(self, at: float) -> list[tuple[str, int]]:
        """Return the bars to ask for, by symbol and open time: long over, and nothing tells that they are complete."""
        return [
            (symbol, series.row.open_time)
            for symbol, series in self._series.items()
            if series.row is not None
            and series.row.open_time > series.emitted
            and series.ended_at is not None
            and at - series.ended_at >= self.confirm
        ]

    def settle(self, symbol: str, open_time: int) -> bool:
        """Note that a bar was given out otherwise, or given up; False where it already was, or nobody wants it."""
        series = self._series.get(symbol)
        if series is None or open_time <= series.emitted:
            return False
        series.emitted = open_time
        return True

    def is_settled(self, symbol: str, open_time: int) -> bool:
        """Tell whether a bar, or a later one, was given out or given up."""
        series = self._series.get(symbol)
        return series is not None and series.emitted >= open_time

    def last(self, symbol: str) -> Row | None:
        """Return the newest bar that the stream has told of."""
        series = self._series.get(symbol)
        return series.row if series else None

    def is_whole(self, symbol: str) -> bool:
        """Tell whether all of the newest bar so far has been heard."""
        return self._series[symbol].whole

    def silent_since(self, symbol: str) -> float:
        """Return when the stream last told of a symbol, or when it was begun with."""
        return self._series[symbol].heard_at

    def symbols(self) -> Sequence[str]:
        return tuple(self._series)


class Trade(NamedTuple):
    """`at` in ms UTC."""

    id: str
    at: int
    price: float
    size: float


@dataclass
class TradedBars:
    """One symbol's bars, put together from its trades; keeps the last few."""

    _seen: dict[str, None] = field(default_factory=dict)
    _bars: dict[int, tuple[Row, Decimal]] = field(default_factory=dict)
    whole_from: int = -1
    """Of bars that began before this (ms UTC) there may have been trades before the first one that was heard."""

    def add(self, trades: Iterable[Trade]) -> Sequence[Row]:
        """Take trades in order, those seen before too; returns the bars that they are in, in order."""
        for trade in trades:
            if trade.id in self._seen:
                continue
            if not self._seen:
                # Another one in the same millisecond may have come before it.
                self.whole_from = trade.at + 1
            self._seen[trade.id] = None
            start = trade.at - trade.at % BASE_MS
            size = Decimal(repr(trade.size))
            if start in self._bars:
                row, volume = self._bars[start]
                high, low = max(row.high, trade.price), min(row.low, trade.price)
                total = volume + size
                self._bars[start] = Row(start, row.open, high, low, trade.price, float(total)), total
            else:
                price = trade.price
                self._bars[start] = Row(start, price, price, price, price, trade.size), size
        told = [self._bars[start][0] for start in sorted(self._bars)]
        for oldest in sorted(self._bars)[:-_BARS_KEPT]:
            del self._bars[oldest]
        for forgotten in list(self._seen)[:-_TRADES_KNOWN]:
            del self._seen[forgotten]
        return told
