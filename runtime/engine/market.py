"""All series in memory: candles go in, bars with their indicators come out. Pure: no I/O, no clock.

Live candles come in one timeframe, the base; every higher bar is put together from the bars beneath it. So a
higher bar is complete at the same moment as the base bar that ends it, and a gap is found in one place.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from runtime.engine.aggregate import bucket_start, merge
from runtime.engine.candles import DURATION_MS, Candle, SeriesKey
from runtime.engine.corrections import Replacement, corrected
from runtime.engine.readings import Reading
from runtime.engine.series import Series
from runtime.engine.shelf import FEW, Shelf
from settingsapp.schema.vocabulary import TIMEFRAMES, Timeframe

WARMUP_BARS = 750
KEPT_BARS = 1_500
"""So many an engine keeps of each series: every bar of the newer half has a whole warm-up before it, so that it can be
judged again when one of them is corrected.
"""

_TOGETHER = 128
"""So many symbols climb together: of more, the lower bars have left the processor's cache when the higher ones come."""


class Bar(NamedTuple):
    """One completed bar with what the indicators said after it and before it."""

    candle: Candle
    reading: Reading | None
    """None while there are too few bars."""
    previous: Reading | None
    ready: bool
    """The series has its warm-up and is not stale: it may alert."""
    first_bar: int
    """Open time of the first bar that fed the series, ms UTC."""
    base: bool
    """It came in as it is; a higher bar is made of base bars."""

    def placed(self, first_bar: int, *, base: bool) -> "Bar":
        """Return the bar as one of a series that begins there, ms UTC."""
        return self._replace(first_bar=first_bar, base=base)


@dataclass(frozen=True, slots=True)
class Gap:
    """Bars of a base series that are not known yet: since <= open time < until, ms UTC."""

    key: SeriesKey
    since: int
    until: int


@dataclass(frozen=True, slots=True)
class Step:
    """What became of one candle: the bars that it completed, base first, or the gap that comes before it."""

    bars: tuple[Bar, ...] = ()
    gap: Gap | None = None
    refusal: str = ""
    """Why the candle makes no sense."""


@dataclass
class _Ladder:
    """One symbol's series, shortest first."""

    series: dict[Timeframe, Series]
    marked: set[Timeframe] = field(default_factory=set)
    """Stale by word from outside."""

    def __post_init__(self) -> None:
        rungs = tuple(self.series.values())
        self.base = rungs[0]
        self.steps = tuple(zip(rungs[1:], rungs[:-1], strict=True))
        """Each higher series with the one beneath it."""


class Market:
    """The series of all tracked symbols."""

    def __init__(self, warmup_bars: int = WARMUP_BARS, kept_bars: int = 0) -> None:
        self.warmup_bars = warmup_bars
        """So many bars make a series ready."""
        self.kept_bars = max(warmup_bars, kept_bars)
        """So many bars are held of each series at least, once it has them."""
        self._ladders: dict[str, _Ladder] = {}
        self._shelf = Shelf()

    # -- which series there are -----------------------------------------------------

    def track(self, exchange: str, symbol: str, timeframes: Sequence[Timeframe]) -> None:
        """Hold series for these timeframes (at least one), live candles coming in the shortest.

        Series that were there already are kept; those of other timeframes go.
        """
        if not timeframes:
            raise ValueError(f"{exchange}:{symbol}: at least one timeframe is needed")
        wanted = [t for t in TIMEFRAMES if t in timeframes]
        qualified = f"{exchange}:{symbol}"
        before = self._ladders.get(qualified)
        rungs: dict[Timeframe, Series] = {}
        for timeframe, above in zip(wanted, [*wanted[1:], wanted[-1]], strict=True):
            # A higher bar is put together from held ones, so all of its parts have to be among them.
            keep = max(self.kept_bars, DURATION_MS[above] // DURATION_MS[timeframe])
            held = before.series.get(timeframe) if before else None
            if held is None or held.keep < keep:
                held = Series(SeriesKey(exchange, symbol, timeframe), keep, self._shelf)
            rungs[timeframe] = held
        for series in before.series.values() if before else ():
            if rungs.get(series.key.timeframe) is not series:
                series.close()
        marked = before.marked & set(wanted) if before else set()
        self._ladders[qualified] = _Ladder(rungs, marked)

    def forget(self, qualified: str) -> None:
        """Drop a symbol's series; one that is not tracked is no error."""
        if (ladder := self._ladders.pop(qualified, None)) is not None:
            for series in ladder.series.values():
                series.close()

    @property
    def tracked(self) -> tuple[str, ...]:
        """The qualified symbols, sorted."""
        return tuple(sorted(self._ladders))

    def series_of(self, qualified: str) -> tuple[SeriesKey, ...]:
        """Return the series of one symbol, shortest first; none where it is not tracked."""
        ladder = self._ladders.get(qualified)
        return tuple(series.key for series in ladder.series.values()) if ladder else ()

    # -- candles go in ------------------------------------------------------------------

    def load(self, key: SeriesKey, candles: Sequence[Candle], *, since_listing: bool = False) -> None:
        """Start a series over from its history: closed candles, oldest first. No bars come out of it.

        Bars without trades are filled flat. `since_listing`: there is no older history, so the series is
        ready with however few bars. The order in which a symbol's series are loaded does not matter: higher
        series are carried on to where the bars beneath them end. Raises ValueError for candles out of order,
        KeyError for an unknown series.
        """
        ladder, series = self._find(key)
        _check(key, candles)
        series.load(candles)
        series.since_listing = since_listing
        ladder.marked.discard(key.timeframe)
        for higher, lower in ladder.steps:
            _pass_silence(higher, lower)
            self._carry_on(ladder, higher, lower)

    def feed(self, candle: Candle) -> Step:
        """Take one closed base candle.

        Where it does not follow on the last one nothing is applied and the step says which gap to `fill`
        first. A candle that was seen already, an older one, and one of a symbol that is not tracked (any
        more) change nothing. Raises ValueError for a candle of another timeframe, with an open time between two
        bars, or with a price that is not finite.
        """
        ladder = self._admit(candle)
        return ladder if isinstance(ladder, Step) else Step(bars=tuple(self._push(ladder, candle)))

    def feed_many(self, candles: Sequence[Candle]) -> Sequence[Step]:
        """Take closed base candles of any symbols, each symbol's in order, and return what became of each.

        As if they had been fed one after the other, but that one which `feed` would refuse says so in its step
        and costs the others nothing.
        """
        steps = [Step()] * len(candles)
        waiting: Sequence[int] = range(len(candles))
        while waiting:
            # One of each symbol at a time: the next one's gap shows only when the one before it was taken.
            symbols: set[str] = set()
            later: list[int] = []
            let_in: list[int] = []
            pairs: list[tuple[_Ladder, Candle]] = []
            for index in waiting:
                candle = candles[index]
                qualified = candle.series.qualified
                if qualified in symbols:
                    later.append(index)
                    continue
                symbols.add(qualified)
                try:
                    ladder = self._admit(candle)
                except ValueError as error:
                    ladder = Step(refusal=str(error))
                if isinstance(ladder, Step):
                    steps[index] = ladder
                else:
                    let_in.append(index)
                    pairs.append((ladder, candle))
            for first in range(0, len(pairs), _TOGETHER):
                pushed = self._push_many(pairs[first : first + _TOGETHER])
                for index, bars in zip(let_in[first : first + _TOGETHER], pushed, strict=True):
                    steps[index] = Step(bars=tuple(bars))
            waiting = later
        return steps

    def _admit(self, candle: Candle) -> _Ladder | Step:
        """Return the ladder that a base candle is to be pushed on, or the step that says why it is not."""
        ladder = self._ladders.get(candle.series.qualified)
        if ladder is None:
            return Step()
        base = ladder.base
        _check(base.key, (candle,))
        expected = base.next_open
        if expected is not None and candle.open_time < expected:
            return Step()
        if expected is not None and candle.open_time > expected:
            ladder.marked.add(base.key.timeframe)
            return Step(gap=Gap(base.key, expected, candle.open_time))
        ladder.marked.clear()
        return ladder

    def fill(self, key: SeriesKey, since: int, until: int, candles: Sequence[Candle]) -> Step:
        """Close a gap: `candles` are those that were traded in it, what is missing among them is filled flat.

        What the series holds already is left as it is, and candles outside the gap are passed over. Raises
        ValueError where `key` is not a base series or the gap begins later than the series ends.
        """
        ladder, base = self._find(key)
        if base is not ladder.base:
            raise ValueError(f"{key}: only the base series {ladder.base.key} takes live candles")
        _check(key, candles)
        expected = base.next_open
        if expected is None or since > expected:
            raise ValueError(f"{key}: the gap begins at {since}, after the series' end at {expected}")
        ladder.marked.clear()
        observed = {candle.open_time: candle for candle in candles}
        bars: list[Bar] = []
        for open_time in range(expected, until, base.duration):
            bars += self._push(ladder, observed.get(open_time) or base.next_flat())
        return Step(bars=tuple(bars))

    def replace(self, key: SeriesKey, candles: Sequence[Candle]) -> Replacement:
        """Let what the exchange now says about a range win; it is from the first to the last of `candles`.

        Compares them with the bars held, replaces what differs and computes the indicators anew from the bars
        held. Candles outside of what is held are passed over; a series without bars is loaded. Raises
        ValueError for candles out of order, KeyError for an unknown series.
        """
        _, series = self._find(key)
        _check(key, candles)
        if not series.candles:
            self.load(key, candles)
            return Replacement(missing=len(candles), changed=0)
        replacement, observed = corrected(series.candles, candles)
        if replacement.anything:
            since_listing = series.since_listing and series.first_bar == series.candles[0].open_time
            end = series.next_open
            series.load(observed)
            series.since_listing = since_listing
            while end is not None and series.next_open is not None and series.next_open < end:
                series.push(series.next_flat())
        return replacement

    def restate(self, key: SeriesKey, candles: Sequence[Candle]) -> None:
        """Hold these bars in the place of those held, one for each, and compute the indicators anew from them.

        What makes the series ready or stale stays as it is, and so do the series above it. Raises ValueError where
        they are not the same bars, or a price is not finite; KeyError for an unknown series.
        """
        _, series = self._find(key)
        _check(key, candles)
        if [c.open_time for c in candles] != [c.open_time for c in series.candles]:
            raise ValueError(f"{key}: bars can only be restated one by one, {len(series.candles)} are held")
        since_listing = series.since_listing and series.first_bar == candles[0].open_time
        quiet_from = series.quiet_from
        series.load(candles)
        series.since_listing, series.quiet_from = since_listing, quiet_from

    def reset(self, keys: Iterable[SeriesKey]) -> None:
        """Empty these series; they are warming up until they are loaded again. Unknown ones are passed over."""
        for key in keys:
            ladder = self._ladders.get(key.qualified)
            if ladder is not None and key.timeframe in ladder.series:
                ladder.series[key.timeframe].clear()

    # -- what is known ------------------------------------------------------------------

    def mark_stale(self, key: SeriesKey) -> None:
        """Say that a series can't be trusted for now; its symbol's next candle in order, or a load, ends that."""
        ladder, _ = self._find(key)
        ladder.marked.add(key.timeframe)

    def trust(self, qualified: str) -> None:
        """End what `mark_stale` said of a symbol's series: nothing is missing in them. An unknown one is no error."""
        if (ladder := self._ladders.get(qualified)) is not None:
            ladder.marked.clear()

    @property
    def stale(self) -> tuple[SeriesKey, ...]:
        """The series that are silent: marked so, or with a hole that only loading their history mends."""
        return tuple(key for name in self.tracked for key in self.series_of(name) if self._is_stale(key))

    def ready(self, key: SeriesKey) -> bool:
        """Tell whether a series may alert: it has its warm-up and is not stale. False for an unknown one."""
        ladder = self._ladders.get(key.qualified)
        series = ladder.series.get(key.timeframe) if ladder else None
        return series is not None and self._is_warm(series) and not self._is_stale(key)

    def warmup(self) -> tuple[int, int]:
        """Return how many series have their warm-up, and how many there are."""
        every = [series for ladder in self._ladders.values() for series in ladder.series.values()]
        return sum(map(self._is_warm, every)), len(every)

    def reading(self, key: SeriesKey) -> Reading | None:
        """Return the indicators after the last bar; None while there are too few bars. Raises KeyError."""
        return self._find(key)[1].reading

    def candles(self, key: SeriesKey) -> tuple[Candle, ...]:
        """Return the bars held, oldest first: the last `warmup_bars` at least. Raises KeyError."""
        return tuple(self._find(key)[1].candles)

    def extent(self, key: SeriesKey) -> tuple[int, int] | None:
        """Return where the bars held begin and end, ms UTC; None without bars. Raises KeyError."""
        held = self._find(key)[1].candles
        return (held[0].open_time, held[-1].close_time) if held else None

    def first_bar(self, key: SeriesKey) -> int | None:
        """Return the open time of the first bar that fed the series; None without bars. Raises KeyError."""
        return self._find(key)[1].first_bar

    def last_bar(self, key: SeriesKey) -> Candle | None:
        """Return the newest bar; None without bars. Raises KeyError."""
        held = self._find(key)[1].candles
        return held[-1] if held else None

    # -- inside ------------------------------------------------------------------

    def _find(self, key: SeriesKey) -> tuple[_Ladder, Series]:
        try:
            ladder = self._ladders[key.qualified]
            return ladder, ladder.series[key.timeframe]
        except KeyError:
            raise KeyError(f"{key} is not tracked") from None

    def _push(self, ladder: _Ladder, candle: Candle) -> list[Bar]:
        """Take one base candle, and return what it completes, base first."""
        bars = [self._take(ladder, ladder.base, candle)]
        end = candle.close_time
        for higher, lower in ladder.steps:
            if end % higher.duration:
                break
            bars += self._carry_on(ladder, higher, lower)
        return bars

    def _carry_on(self, ladder: _Ladder, higher: Series, lower: Series) -> list[Bar]:
        """Add all bars to `higher` that the bars beneath it complete."""
        bars: list[Bar] = []
        while (candle := _next_candle(higher, lower)) is not None:
            bars.append(self._take(ladder, higher, candle))
        return bars

    def _take(self, ladder: _Ladder, series: Series, candle: Candle) -> Bar:
        previous = series.reading
        series.push(candle)
        return self._bar(ladder, series, previous)

    def _push_many(self, pairs: Sequence[tuple[_Ladder, Candle]]) -> list[list[Bar]]:
        """Take one base candle of each of these ladders, as `_push` does of one: all bars of one rung together."""
        if len(pairs) <= FEW:
            return [self._push(ladder, candle) for ladder, candle in pairs]
        found: list[list[Bar]] = [[] for _ in pairs]
        due = [(ladder, ladder.base, candle, bars) for (ladder, candle), bars in zip(pairs, found, strict=True)]
        self._take_many(due)
        going = [(ladder, candle.close_time, bars) for ladder, _, candle, bars in due]
        rung = 0
        while going := [
            one for one in going if rung < len(one[0].steps) and one[1] % one[0].steps[rung][0].duration == 0
        ]:
            due = []
            for ladder, _, bars in going:
                higher, lower = ladder.steps[rung]
                if (candle := _next_candle(higher, lower)) is not None:
                    due.append((ladder, higher, candle, bars))
            self._take_many(due)
            # Nearly always one bar was due; a series that begins with this one may have more.
            for ladder, higher, _, bars in due:
                bars.extend(self._carry_on(ladder, higher, ladder.steps[rung][1]))
            rung += 1
        return found

    def _take_many(self, due: Sequence[tuple[_Ladder, Series, Candle, list[Bar]]]) -> None:
        """Let one bar into each of these series, and put what comes of it into the list beside."""
        previous = []
        for _, series, candle, _ in due:
            previous.append(series.reading)
            series.hold(candle)
        readings = self._shelf.step([one[1].slot for one in due], [one[2] for one in due])
        for (ladder, series, _, bars), before, reading in zip(due, previous, readings, strict=True):
            series.note(reading)
            bars.append(self._bar(ladder, series, before))

    def _bar(self, ladder: _Ladder, series: Series, previous: Reading | None) -> Bar:
        first_bar = series.first_bar
        assert first_bar is not None
        ready = self._is_warm(series) and series.key.timeframe not in ladder.marked
        return Bar(series.candles[-1], series.reading, previous, ready, first_bar, series is ladder.base)

    def _is_warm(self, series: Series) -> bool:
        return series.bars >= self.warmup_bars or (series.since_listing and series.bars > 0)

    def _is_stale(self, key: SeriesKey) -> bool:
        ladder = self._ladders[key.qualified]
        if key.timeframe in ladder.marked:
            return True
        # What could be carried on has been: a bar that is complete beneath but not here lacks some of its parts.
        return any(
            higher.key == key and bool(higher.candles) and _next_start(higher, lower) is not None
            for higher, lower in ladder.steps
        )


def _next_candle(higher: Series, lower: Series) -> Candle | None:
    """Return the next bar of `higher` where the bars beneath it tell everything of it."""
    start = _next_start(higher, lower)
    parts = lower.between(start, start + higher.duration) if start is not None else None
    if start is None or parts is None:
        return None
    if not higher.candles:
        higher.quiet_from = _first_whole(higher, lower)
    return merge(higher.key, start, parts) if parts else higher.next_flat()


def _next_start(higher: Series, lower: Series) -> int | None:
    """Return the open time of the next bar of `higher` where the bars beneath it reach to its end."""
    if not lower.candles:
        return None
    start = higher.next_open
    if start is None:
        first_whole = _first_whole(higher, lower)
        # A series begins with a bar that was traded, as its history would.
        traded = (c.open_time for c in lower.candles if c.open_time >= first_whole and not c.synthetic)
        start = next(traded, None)
        if start is None:
            return None
        start -= start % higher.duration
    end = lower.next_open
    return start if end is not None and start + higher.duration <= end else None


def _first_whole(higher: Series, lower: Series) -> int:
    """Return the open time of the first bar of `higher` of which the bars beneath it tell everything."""
    known_from = lower.quiet_from
    assert known_from is not None
    return known_from + -known_from % higher.duration


def _pass_silence(higher: Series, lower: Series) -> None:
    """Fill `higher` at once where nothing was traded for longer than the bars beneath it are held."""
    start = higher.next_open
    if start is not None and lower.quiet_from is not None and lower.quiet_from <= start:
        higher.fill_up_to(bucket_start(lower.candles[0].open_time, higher.key.timeframe))


def _check(key: SeriesKey, candles: Iterable[Candle]) -> None:
    duration = DURATION_MS[key.timeframe]
    last: int | None = None
    for candle in candles:
        if candle.series != key:
            raise ValueError(f"a candle of {candle.series} where one of {key} is expected")
        if candle.open_time % duration:
            raise ValueError(f"{key}: {candle.open_time} is not the open time of a bar of {key.timeframe}")
        if not math.isfinite(candle.high + candle.low + candle.close):
            # It would stay in every average for good.
            raise ValueError(f"{key}: the candle of {candle.open_time} has a price that is not a finite number")
        if last is not None and candle.open_time <= last:
            raise ValueError(f"{key}: the candle of {candle.open_time} comes after that of {last}")
        last = candle.open_time
