"""A made-up market: candles as a pure function of seed, instrument, timeframe and open time.

Days come first: their closes follow a smooth bounded noise, so that prices stay near where they began for years.
Each bar is then divided into the bars of the next shorter timeframe, whose path leads from its open to its close
within its low and high and touches both. So candles of all timeframes agree to the last digit, and any of them
costs a handful of divisions. Prices are counted in ticks and volumes in lots: sums of whole numbers are exact.
"""

import math
import struct
from collections.abc import Iterator
from functools import lru_cache
from hashlib import blake2b
from itertools import accumulate
from typing import Final, NamedTuple

from runtime.engine.candles import DURATION_MS, Candle, SeriesKey
from settingsapp.schema.vocabulary import SIMULATED, TIMEFRAMES, Timeframe
from symbols.simulated import SimulatedInstrument

LOT: Final = 0.125
"""The smallest volume, in the base currency: a power of two, so that sums of it are exact."""

# How near the path itself comes to high and low; the rest is a wick.
_REACH: Final = 0.85
_MOST_STRETCH: Final = 3.0

_DAY_MS: Final = DURATION_MS["1d"]
# Waves of 2 to 128 days: the longer, the higher, as a random walk would have it.
_OCTAVES: Final = tuple(range(1, 8))
_SWING: Final = 0.018
_SPIKE: Final = 0.012
_DAILY_TURNOVER: Final = 4e8
_NUMBERS: Final = struct.Struct("<32H")
_UNIT: Final = 2.0**-16
# Against the width of the whole bar: how far the path strays from step to step, and beyond its own ends.
_STRAY: Final = 1.5
_WICK: Final = 0.2


class _Bar(NamedTuple):
    """Prices in ticks, volume in lots."""

    open: int
    high: int
    low: int
    close: int
    volume: int


class PricePath:
    """One instrument's candles."""

    def __init__(self, seed: int, instrument: SimulatedInstrument, remember: int = 256) -> None:
        self.instrument = instrument
        self._origin = f"{seed}/{instrument.symbol}/".encode()
        self._tick = float(instrument.tick)
        self._digits = max(0, -int(instrument.tick.as_tuple().exponent))
        self._base_ticks = float(instrument.price / instrument.tick)
        self._lots_a_day = _DAILY_TURNOVER / 30 / float(instrument.price) / LOT
        self._parts = lru_cache(maxsize=remember)(self._divide)
        self._wave = lru_cache(maxsize=remember)(self._wave_at)
        self._day_close = lru_cache(maxsize=remember)(self._day_close_at)

    def candle(self, timeframe: Timeframe, open_time: int) -> Candle:
        """Return the candle of `timeframe` that opens at `open_time`, ms UTC, a whole number of bars."""
        bar = self._bar(TIMEFRAMES.index(timeframe), open_time)
        return self._priced(SeriesKey(SIMULATED, self.instrument.symbol, timeframe), open_time, bar)

    def candles(self, timeframe: Timeframe, since: int, until: int) -> Iterator[Candle]:
        """Yield the candles with since <= open time < until, ms UTC."""
        duration = DURATION_MS[timeframe]
        first = since + -since % duration
        return (self.candle(timeframe, open_time) for open_time in range(first, until, duration))

    def _priced(self, key: SeriesKey, open_time: int, bar: _Bar) -> Candle:
        tick, digits = self._tick, self._digits
        return Candle(
            key,
            open_time,
            round(bar.open * tick, digits),
            round(bar.high * tick, digits),
            round(bar.low * tick, digits),
            round(bar.close * tick, digits),
            bar.volume * LOT,
        )

    def _bar(self, level: int, open_time: int) -> _Bar:
        if level == len(TIMEFRAMES) - 1:
            return self._day(open_time // _DAY_MS)
        duration = DURATION_MS[TIMEFRAMES[level]]
        above = DURATION_MS[TIMEFRAMES[level + 1]]
        start = open_time - open_time % above
        return self._parts(level + 1, start)[(open_time - start) // duration]

    # -- days ----------------------------------------------------------------------------------------------------

    def _day(self, day: int) -> _Bar:
        start, end = self._day_close(day - 1), self._day_close(day)
        up, down, busy, *_ = self._numbers(b"day", day)
        high = round(max(start, end) * math.exp(-_SPIKE * math.log1p(-up)))
        low = max(1, round(min(start, end) * math.exp(_SPIKE * math.log1p(-down))))
        # The wider the day, the more is traded.
        volume = self._lots_a_day * (0.4 + 0.6 * busy) * (1 + 20 * math.log(high / low))
        return _Bar(start, high, low, end, max(0, round(volume)))

    def _day_close_at(self, day: int) -> int:
        log_price = 0.0
        for octave in _OCTAVES:
            period = 1 << octave
            index, phase = divmod(day, period)
            blend = phase / period
            blend = blend * blend * (3 - 2 * blend)
            before, after = self._wave(octave, index), self._wave(octave, index + 1)
            log_price += _SWING * math.sqrt(period) * (before + (after - before) * blend)
        return max(2, round(self._base_ticks * math.exp(log_price)))

    def _wave_at(self, octave: int, index: int) -> float:
        return 2 * self._numbers(b"wave%d" % octave, index)[0] - 1

    # -- shorter bars ----------------------------------------------------------------------------------------------

    def _divide(self, level: int, open_time: int) -> tuple[_Bar, ...]:
        """Divide one bar of the timeframe number `level` into those of the next shorter one."""
        whole = self._bar(level, open_time)
        count = DURATION_MS[TIMEFRAMES[level]] // DURATION_MS[TIMEFRAMES[level - 1]]
        numbers = self._numbers(b"path%d" % level, open_time)
        strays, ups, downs, busy = numbers[:8], numbers[8:16], numbers[16:24], numbers[24:]
        step = (whole.high - whole.low) / math.sqrt(count)
        points = _path(whole, [(2 * stray - 1) * _STRAY * step for stray in strays[:count]])
        tops = [max(points[i], points[i + 1]) for i in range(count)]
        bottoms = [min(points[i], points[i + 1]) for i in range(count)]
        highest, lowest = tops.index(max(tops)), bottoms.index(min(bottoms))
        wick = _WICK * step
        highs = [min(whole.high, round(tops[i] - wick * math.log1p(-ups[i]))) for i in range(count)]
        lows = [max(whole.low, round(bottoms[i] + wick * math.log1p(-downs[i]))) for i in range(count)]
        highs[highest], lows[lowest] = whole.high, whole.low
        volumes = _shares(whole.volume, [highs[i] - lows[i] + 1 + step * busy[i] for i in range(count)])
        return tuple(_Bar(points[i], highs[i], lows[i], points[i + 1], volumes[i]) for i in range(count))

    def _numbers(self, purpose: bytes, index: int) -> tuple[float, ...]:
        """Return 32 numbers, 0 <= n < 1, that look random and are always the same."""
        digest = blake2b(b"%b%b/%d" % (self._origin, purpose, index)).digest()
        return tuple([number * _UNIT for number in _NUMBERS.unpack(digest)])


def _path(whole: _Bar, strays: list[float]) -> list[int]:
    """Return prices from the bar's open to its close, one more than strays, within its low and high."""
    walk = list(accumulate(strays, initial=0.0))
    drift = (whole.close - whole.open - walk[-1]) / len(strays)
    inner = [whole.open + walk[i] + drift * i for i in range(1, len(strays))]
    upper, lower = max(whole.open, whole.close), min(whole.open, whole.close)
    # Beyond open and close the walk is stretched, or pressed, to nearly reach the bar's high and low.
    above = max(0.0, max(inner) - upper)
    below = max(0.0, lower - min(inner))
    stretch_up = min(_MOST_STRETCH, (whole.high - upper) * _REACH / above) if above else 1.0
    stretch_down = min(_MOST_STRETCH, (lower - whole.low) * _REACH / below) if below else 1.0

    def placed(price: float) -> int:
        if price > upper:
            price = upper + (price - upper) * stretch_up
        elif price < lower:
            price = lower - (lower - price) * stretch_down
        return round(price)

    return [whole.open, *map(placed, inner), whole.close]


def _shares(total: int, weights: list[float]) -> list[int]:
    """Divide a whole number by weights into whole numbers that add up to it."""
    sum_of_weights = sum(weights)
    shares = [int(total * weight / sum_of_weights) for weight in weights]
    shares[weights.index(max(weights))] += total - sum(shares)
    return shares
