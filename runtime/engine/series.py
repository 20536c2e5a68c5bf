"""One series in memory: its last candles and its indicators."""

from collections import deque
from collections.abc import Iterable, Iterator
from itertools import islice

from runtime.engine.aggregate import flat
from runtime.engine.candles import DURATION_MS, Candle, SeriesKey
from runtime.engine.readings import Reading
from runtime.engine.shelf import Shelf

LONGEST_FLAT_RUN = 5_000
"""After that many flat bars every average stands where it stays: a longer silence in the history is shortened
to this.
"""


class Series:
    """The bars of one series, contiguous: bars without trades are there as synthetic ones."""

    def __init__(self, key: SeriesKey, keep: int, shelf: Shelf) -> None:
        self.key = key
        self.duration = DURATION_MS[key.timeframe]
        self.keep = keep
        self._shelf = shelf
        self.slot = shelf.take()
        """Where its indicators stand on the shelf."""
        self.clear()

    def close(self) -> None:
        """Give its slot back; it takes no more bars."""
        self._shelf.give_back(self.slot)
        self.slot = -1

    def clear(self) -> None:
        """Forget everything."""
        self.candles: deque[Candle] = deque(maxlen=self.keep)
        self.bars = 0
        """How many bars fed the indicators."""
        self.next_open: int | None = None
        """The open time of the bar that comes next; None while there is none."""
        self.first_bar: int | None = None
        self.quiet_from: int | None = None
        """From here up to the oldest bar held nothing was traded; what was earlier is not known (any more)."""
        self.since_listing = False
        self._shelf.clear(self.slot)
        self._reading: Reading | None = None
        self._reading_is_current = True

    def push(self, candle: Candle) -> None:
        """Take the next bar."""
        self.hold(candle)
        self.note(self._shelf.step_one(self.slot, candle))

    def _take(self, candles: Iterable[Candle]) -> None:
        self._shelf.run(self.slot, self._held(candles))

    def _held(self, candles: Iterable[Candle]) -> Iterator[Candle]:
        for candle in candles:
            self.hold(candle)
            yield candle

    def hold(self, candle: Candle) -> None:
        """Take the next bar, without its indicators: the caller has the shelf step them."""
        if self.first_bar is None:
            self.first_bar = candle.open_time
            if self.quiet_from is None:
                self.quiet_from = candle.open_time
        elif len(self.candles) == self.keep and not self.candles[0].synthetic:
            self.quiet_from = self.candles[0].open_time + self.duration
        self.candles.append(candle)
        self.next_open = candle.open_time + self.duration
        self.bars += 1
        self._reading_is_current = False

    def note(self, reading: Reading | None) -> None:
        """Take what the shelf said of the bar that was held last."""
        self._reading = reading
        self._reading_is_current = True

    def next_flat(self) -> Candle:
        """Return the bar that comes next if nothing is traded in it."""
        last = self.candles[-1]
        return flat(self.key, last.open_time + self.duration, last.close)

    def load(self, candles: Iterable[Candle]) -> None:
        """Start over from these candles, oldest first; bars between them are filled flat."""
        self.clear()
        self._take(self._filled(candles))

    def _filled(self, candles: Iterable[Candle]) -> Iterator[Candle]:
        for candle in candles:
            yield from self._silence(candle.open_time)
            yield candle

    def fill_up_to(self, open_time: int) -> None:
        """Take it that nothing is traded before that bar, ms UTC; a series without bars stays empty."""
        self._take(self._silence(open_time))

    def _silence(self, open_time: int) -> Iterator[Candle]:
        """Yield the flat bars before that one; each has to be held before the next is asked for."""
        if not self.candles:
            return
        missing = (open_time - self.candles[-1].open_time) // self.duration - 1
        if missing > LONGEST_FLAT_RUN:
            close = self.candles[-1].close
            self.bars += missing - LONGEST_FLAT_RUN
            missing = LONGEST_FLAT_RUN
            yield flat(self.key, open_time - missing * self.duration, close)
            missing -= 1
        for _ in range(missing):
            yield self.next_flat()

    def between(self, since: int, until: int) -> list[Candle] | None:
        """Return the bars with since <= open time < until, but for those of a silence before the oldest held.

        None where not all of that time is known.
        """
        next_open = self.next_open
        if next_open is None or self.quiet_from is None or since < self.quiet_from or until > next_open:
            return None
        candles = self.candles
        count = (until - since) // self.duration
        if until == next_open and count <= len(candles):
            return [candles[place] for place in range(-count, 0)]
        oldest = candles[0].open_time
        first, end = (max(0, (moment - oldest) // self.duration) for moment in (since, until))
        # Counted from the near end: what is asked for is nearly always the newest.
        newest_first = islice(reversed(candles), len(candles) - end, len(candles) - first)
        return list(newest_first)[::-1]

    @property
    def reading(self) -> Reading | None:
        """The indicators after the last bar; None while there are too few bars."""
        if not self._reading_is_current:
            self.note(self._shelf.reading(self.slot, self.candles[-1].close))
        return self._reading
