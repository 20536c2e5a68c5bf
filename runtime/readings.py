"""What the indicators of all watched symbols say, and one series' course: what the cache holds, for people to see."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from runtime.bus.live import look
from runtime.bus.market_cache import CANDLES_KEPT
from runtime.bus.market_view import read_candles, read_indicators
from runtime.engine.candles import DURATION_MS, Candle, SeriesKey
from runtime.engine.indicators.registry import INDICATORS, MACDV
from runtime.engine.readings import Reading
from runtime.engine.shelf import Shelf
from runtime.models import Alert
from runtime.protocol.observed import observed
from settingsapp.schema.vocabulary import TIMEFRAMES, Timeframe, split_qualified

SETTLED_BARS: Final = 200
"""After so many bars MACD-V is within a ten-thousandth of what it is with all bars before."""
MOST_MARKERS: Final = 500

_SHOWN: Final = ("openTime", "macdv", "signal", "histogram", "stage")
"""Prices are another product's."""


class NotWatchedError(Exception):
    """The symbol is none of the identity's; the text says what would be right."""


@dataclass(frozen=True)
class Cell:
    """One series after its last bar. `values` is None while it has too few bars, or nothing of it is cached."""

    timeframe: Timeframe
    values: Mapping[str, Any] | None
    stale: bool

    def body(self) -> dict[str, Any]:
        """Return it as the API tells it."""
        values = self.values or {}
        rounded = {name: round(value, 4) if isinstance(value, float) else value for name, value in values.items()}
        return rounded | ({"stale": True} if self.stale else {})


@dataclass(frozen=True)
class SymbolReadings:
    """One watched symbol, qualified, with its series, shortest first; timeframes that it has not are absent."""

    symbol: str
    cells: tuple[Cell, ...]

    def body(self) -> dict[str, Any]:
        """Return it as the API tells it."""
        return {"symbol": self.symbol, "timeframes": {cell.timeframe: cell.body() for cell in self.cells}}


@dataclass(frozen=True)
class Glance:
    """What an engine last said of its readings; as long as it says the same, they are the same."""

    state: str
    """The engine's: it tells whether anybody is there to say more."""
    changed_at: int | None
    """When they last changed, ms; None where the engine does not tell."""
    watched: tuple[str, ...]
    """The symbols, qualified and sorted."""
    stale: tuple[str, ...]
    """The series that miss candles, as `SeriesKey` is written."""


@dataclass(frozen=True)
class Point:
    """One bar with what the indicators said after it.

    `reading` is None while there are too few bars before it. `settled`: its values are the engine's, to four digits at
    least, since enough bars without a gap are known before it, or since the engine began with the same.
    """

    candle: Candle
    reading: Reading | None
    settled: bool


@dataclass(frozen=True)
class Course:
    """A series' bars, oldest first, with the alerts that they raised, newest first."""

    key: SeriesKey
    points: tuple[Point, ...]
    alerts: tuple[dict[str, Any], ...]
    stale: bool
    state: str
    earlier: bool
    """There are earlier bars than these."""


def glance(sub: str) -> Glance:
    """Return what the readings are of. Raises RedisUnavailableError."""
    seen = look(sub)
    status = observed(seen.status, seen.now_ms, None)
    return Glance(
        status["state"], status.get("readingsAt"), tuple(sorted(status["activeSymbols"])), tuple(status["staleSeries"])
    )


def readings(symbols: Sequence[str], stale: Collection[str]) -> tuple[SymbolReadings, ...]:
    """Return what is known of symbols (qualified), in their order; `stale`: the series that miss candles, as
    `SeriesKey` is written. Raises RedisUnavailableError.
    """
    keys = [SeriesKey.of(symbol, timeframe) for symbol in symbols for timeframe in TIMEFRAMES]
    found = dict(zip(keys, read_indicators(keys), strict=True))
    missing = frozenset(stale)
    return tuple(SymbolReadings(symbol, _cells(symbol, found, missing)) for symbol in symbols)


def course(sub: str, symbol: str, timeframe: Timeframe, *, limit: int, before: int | None = None) -> Course:
    """Return the last `limit` bars of a watched symbol (qualified) that opened before `before` (ms UTC).

    Raises NotWatchedError and RedisUnavailableError.
    """
    seen = look(sub)
    status = observed(seen.status, seen.now_ms, None)
    if symbol not in status["activeSymbols"]:
        raise NotWatchedError(_advice(symbol, status["activeSymbols"]))
    key = SeriesKey.of(symbol, timeframe)
    known = _points(read_candles(key), read_indicators([key])[0])
    points = [point for point in known if before is None or point.candle.open_time < before]
    page = tuple(points[-limit:])
    return Course(
        key,
        page,
        tuple(_alerts(sub, key, page)),
        str(key) in status["staleSeries"],
        status["state"],
        len(points) > len(page),
    )


def meant(symbol: str, watched: Sequence[str]) -> list[str]:
    """Return which watched symbols those may mean who leave out the exchange, or write another one or another case."""
    wanted = symbol.rpartition(":")[2].upper()
    return [one for one in watched if split_qualified(one)[1].upper() == wanted]


def _cells(symbol: str, found: Mapping[SeriesKey, Mapping[str, Any] | None], stale: frozenset[str]) -> tuple[Cell, ...]:
    cells = []
    for timeframe in TIMEFRAMES:
        key = SeriesKey.of(symbol, timeframe)
        values = found[key]
        shown = None if values is None else {name: values[name] for name in _SHOWN if name in values}
        cells.append(Cell(timeframe, shown, str(key) in stale))
    return tuple(cells)


def _points(candles: Sequence[Candle], told: Mapping[str, Any] | None) -> list[Point]:
    """Let the engine's own indicator run over the bars; `told` is what the engine says after one of the last."""
    shelf = Shelf([INDICATORS[MACDV]])
    slot = shelf.take()
    kept = candles[-CANDLES_KEPT:]
    readings = [shelf.step_one(slot, candle) for candle in kept]
    begun = _begins_as_the_engine(kept, readings, told)
    points, known, expected = [], 0, None
    for candle, reading in zip(kept, readings, strict=True):
        # What comes after a gap is as new as a listing.
        begun, known = (begun, known + 1) if expected in (None, candle.open_time) else (False, 1)
        expected = candle.close_time
        points.append(Point(candle, reading, settled=reading is not None and (begun or known >= SETTLED_BARS)))
    return points


def _begins_as_the_engine(
    kept: Sequence[Candle], readings: Sequence[Reading | None], told: Mapping[str, Any] | None
) -> bool:
    """Do the engine's values come of these bars alone? Then all of them are its own: a young listing has no more.

    Of so few bars the first one still shows in the last digit.
    """
    if told is None or len(kept) > 2 * SETTLED_BARS:
        return False
    by_time = {candle.open_time: reading for candle, reading in zip(kept, readings, strict=True)}
    own = by_time.get(told.get("openTime", -1))
    return own is not None and (own.macdv, own.signal) == (told.get("macdv"), told.get("signal"))


def _alerts(sub: str, key: SeriesKey, page: Sequence[Point]) -> list[dict[str, Any]]:
    if not page:
        return []
    rows = Alert.objects.filter(
        identity__sub=sub,
        exchange=key.exchange,
        symbol=key.symbol,
        timeframe=key.timeframe,
        open_time__gte=page[0].candle.open_time,
        open_time__lt=page[-1].candle.open_time + DURATION_MS[key.timeframe],
    )
    return [alert.body() for alert in rows.prefetch_related("sendings")[:MOST_MARKERS]]


def _advice(symbol: str, watched: Sequence[str]) -> str:
    if not watched:
        return f"{symbol} is not watched: no engine of this identity watches anything now"
    alike = meant(symbol, watched)
    hint = f"did you mean {' or '.join(alike[:3])}?" if alike else f"watched are {', '.join(sorted(watched)[:3])} …"
    return f"{symbol} is not watched; {hint}"
