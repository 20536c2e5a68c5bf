"""One series in memory: its last candles and its indicators."""

from collections import deque
from collections.abc import Iterable, Mapping
from itertools import islice

from runtime.engine.aggregate import flat
from runtime.engine.candles import DURATION_MS, Candle, SeriesKey
from runtime.engine.indicators.contract import Indicator
from runtime.engine.indicators.macdv import MacdV, stage_of
from runtime.engine.indicators.registry import FURTHER
from runtime.engine.readings import Reading

LONGEST_FLAT_RUN = 5_000
"""After that many flat bars every average stands where it stays: a longer silence in the history is shortened
to this.
"""


class Series:
    """The bars of one series, contiguous: bars without trades are there as synthetic ones."""

    def __init__(self, key: SeriesKey, keep: int) -> None:
        self.key = key
        self.duration = DURATION_MS[key.timeframe]
        self.keep = keep
        self.clear()

    def clear(self) -> None:
        """Forget everything."""
        self.candles: deque[Candle] = deque(maxlen=self.keep)
        self.bars = 0
        """How many bars fed the indicators."""
        self.first_bar: int | None = None
        self.quiet_from: int | None = None
        """From here up to the oldest bar held nothing was traded; what was earlier is not known (any more)."""
        self.since_listing = False
        self._macdv = MacdV()
        self._further: Mapping[str, Indicator] = {name: create() for name, create in FURTHER.items()}
        self._reading: Reading | None = None
        self._reading_is_current = True

    @property
    def next_open(self) -> int | None:
        """The open time of the bar that comes next; None while there is none."""
        return self.candles[-1].open_time + self.duration if self.candles else None

    def push(self, candle: Candle) -> None:
        """Take the next bar."""
        if self.first_bar is None:
            self.first_bar = candle.open_time
            if self.quiet_from is None:
                self.quiet_from = candle.open_time
        elif len(self.candles) == self.keep and not self.candles[0].synthetic:
            self.quiet_from = self.candles[0].open_time + self.duration
        self.candles.append(candle)
        self.bars += 1
        self._macdv.step(candle)
        for indicator in self._further.values():
            indicator.step(candle)
        self._reading_is_current = False

    def next_flat(self) -> Candle:
        """Return the bar that comes next if nothing is traded in it."""
        last = self.candles[-1]
        return flat(self.key, last.open_time + self.duration, last.close)

    def load(self, candles: Iterable[Candle]) -> None:
        """Start over from these candles, oldest first; bars between them are filled flat."""
        self.clear()
        for candle in candles:
            self.fill_up_to(candle.open_time)
            self.push(candle)

    def fill_up_to(self, open_time: int) -> None:
        """Take it that nothing is traded before that bar, ms UTC; a series without bars stays empty."""
        if not self.candles:
            return
        missing = (open_time - self.candles[-1].open_time) // self.duration - 1
        if missing > LONGEST_FLAT_RUN:
            close = self.candles[-1].close
            self.bars += missing - LONGEST_FLAT_RUN
            missing = LONGEST_FLAT_RUN
            self.push(flat(self.key, open_time - missing * self.duration, close))
            missing -= 1
        for _ in range(missing):
            self.push(self.next_flat())

    def between(self, since: int, until: int) -> list[Candle] | None:
        """Return the bars with since <= open time < until, but for those of a silence before the oldest held.

        None where not all of that time is known.
        """
        next_open = self.next_open
        if next_open is None or self.quiet_from is None or since < self.quiet_from or until > next_open:
            return None
        oldest = self.candles[0].open_time
        first, end = (max(0, (moment - oldest) // self.duration) for moment in (since, until))
        # Counted from the near end: what is asked for is nearly always the newest.
        newest_first = islice(reversed(self.candles), len(self.candles) - end, len(self.candles) - first)
        return list(newest_first)[::-1]

    @property
    def reading(self) -> Reading | None:
        """The indicators after the last bar; None while there are too few bars."""
        if not self._reading_is_current:
            self._reading = self._read()
            self._reading_is_current = True
        return self._reading

    def _read(self) -> Reading | None:
        macdv = self._macdv
        signal, fast, slow, atr = macdv.signal, macdv.fast.value, macdv.slow.value, macdv.atr.value
        if signal is None or fast is None or slow is None or atr is None:
            return None
        return Reading(
            close=self.candles[-1].close,
            macdv=macdv.macdv,
            signal=signal,
            histogram=macdv.macdv - signal,
            stage=stage_of(macdv.macdv, signal, macdv.calm_bars),
            ema_fast=fast,
            ema_slow=slow,
            atr=atr,
            turned=macdv.turned,
            further={name: values for name, it in self._further.items() if (values := it.values())},
        )
