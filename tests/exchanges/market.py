"""A made-up market: every trade that ever was follows from seed, symbol and day alone, and bars are what trades make.

Prices are whole ticks and sizes whole lots, so that all sums are exact and higher timeframes agree with lower ones to
the last digit. A symbol has the same number of trades every day, so that a trade's id counts on from the one before,
through all days. This is the truth that tests compare with; it knows no clock: `as_of` says up to when trades have
happened.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from hashlib import blake2b
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

MINUTE_MS: Final = 60_000
DAY_MS: Final = 1_440 * MINUTE_MS
TIMEFRAME_MS: Final = {
    "1m": MINUTE_MS,
    "3m": 3 * MINUTE_MS,
    "5m": 5 * MINUTE_MS,
    "15m": 15 * MINUTE_MS,
    "30m": 30 * MINUTE_MS,
    "1h": 60 * MINUTE_MS,
    "2h": 120 * MINUTE_MS,
    "4h": 240 * MINUTE_MS,
    "6h": 360 * MINUTE_MS,
    "8h": 480 * MINUTE_MS,
    "12h": 720 * MINUTE_MS,
    "1d": DAY_MS,
}
"""Timeframes that divide a day: bars never reach over midnight."""

FOREVER: Final = 2**62
"""As `as_of`: everything has happened."""

# Waves of 2 to 128 days move the price from day to day; within a day it wanders by this much.
_OCTAVES: Final = tuple(range(1, 8))
_SWING: Final = 0.018
_DAILY_SPREAD: Final = 0.02
_USUAL_TRADE: Final = 2_000.0
"""What a trade is worth on average, in the quote currency."""

_Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Instrument:
    """What is traded. `price`: about what it costs; `tick`, `lot`: the smallest steps of price and size."""

    base: str
    quote: str
    price: Decimal
    tick: Decimal
    lot: Decimal
    trades_a_day: int = 4_320
    steady: bool = True
    """At least one trade in every minute; otherwise trades fall where they may and many minutes have none."""
    active: bool = True
    listed: int = 0
    """Nothing was traded before this moment, ms UTC; a day's beginning."""

    def __post_init__(self) -> None:
        if self.steady and self.trades_a_day < 1_440:
            raise ValueError(f"{self.symbol} can't have a trade in each of 1440 minutes with {self.trades_a_day} a day")
        if self.listed % DAY_MS:
            raise ValueError(f"{self.symbol} is listed at {self.listed}, which is not a day's beginning")

    @property
    def symbol(self) -> str:
        """As the unified notation has it: `BTC/USDT`."""
        return f"{self.base}/{self.quote}"

    def price_text(self, ticks: int) -> str:
        return f"{ticks * self.tick:f}"

    def size_text(self, lots: int) -> str:
        return f"{lots * self.lot:f}"

    def value_text(self, units: int) -> str:
        """Tell a sum of price times size, which counts in ticks times lots."""
        return f"{units * self.tick * self.lot:f}"


class Trade(NamedTuple):
    id: int
    time: int
    """ms UTC."""
    price: int
    """Ticks."""
    size: int
    """Lots."""
    buy: bool
    """The taker bought."""


class Bar(NamedTuple):
    """Prices in ticks, volume in lots, value in ticks times lots. `last_id`: of its last trade."""

    open_time: int
    open: int
    high: int
    low: int
    close: int
    volume: int
    value: int
    trade_count: int
    last_id: int = 0


class Statistics(NamedTuple):
    """The last 24 hours up to a moment, in a bar's units. `open`: the price 24 hours ago."""

    open: int
    high: int
    low: int
    last: int
    volume: int
    value: int
    trade_count: int
    last_id: int

    @property
    def change(self) -> float:
        """By how many percent of `open` the price has moved."""
        return (self.last - self.open) / self.open * 100


@dataclass(frozen=True)
class Correction:
    """From `at` on (market time, ms) this bar of a minute is told in place of the one that its trades made."""

    symbol: str
    at: int
    bar: Bar


class _Day(NamedTuple):
    times: _Ints
    prices: _Ints
    sizes: _Ints
    buys: npt.NDArray[np.bool_]


class Market:
    """One exchange's market."""

    def __init__(self, seed: str, instruments: Sequence[Instrument], remember_days: int = 64) -> None:
        self.instruments = {instrument.symbol: instrument for instrument in instruments}
        self.corrections: list[Correction] = []
        self._seed = seed
        self._day = lru_cache(maxsize=remember_days)(self._make_day)
        self._level = lru_cache(maxsize=1_024)(self._level_at)
        self._daily_bar = lru_cache(maxsize=None)(self._make_daily_bar)

    # -- trades --------------------------------------------------------------------------------------------------

    def trades(self, symbol: str, since: int, until: int) -> list[Trade]:
        """Return the trades with since <= time < until, ms UTC, oldest first."""
        found = []
        for day in self._days(symbol, since, until):
            block = self._day(symbol, day)
            first, end = np.searchsorted(block.times, (since, until))
            found += self._listed(symbol, day, block, int(first), int(end))
        return found

    def last_trades(self, symbol: str, count: int, as_of: int) -> list[Trade]:
        """Return the last `count` trades up to `as_of`, oldest first."""
        found: list[Trade] = []
        day = as_of // DAY_MS
        while len(found) < count and day * DAY_MS >= self.instruments[symbol].listed:
            block = self._day(symbol, day)
            end = int(np.searchsorted(block.times, as_of + 1))
            found = [*self._listed(symbol, day, block, max(0, end - count + len(found)), end), *found]
            day -= 1
        return found

    def statistics(self, symbol: str, as_of: int) -> Statistics:
        """Return the numbers of the 24 hours up to `as_of`."""
        before = self.last_trades(symbol, 1, as_of - DAY_MS)
        trades = self.trades(symbol, as_of - DAY_MS + 1, as_of + 1) or before
        prices = [trade.price for trade in trades]
        return Statistics(
            open=(before or trades)[0].price,
            high=max(prices),
            low=min(prices),
            last=prices[-1],
            volume=sum(trade.size for trade in trades),
            value=sum(trade.price * trade.size for trade in trades),
            trade_count=len(trades),
            last_id=trades[-1].id,
        )

    # -- bars ----------------------------------------------------------------------------------------------------

    def bars(
        self, symbol: str, timeframe: str, since: int, until: int, as_of: int = FOREVER, corrected: bool = True
    ) -> list[Bar]:
        """Return the bars with since <= open time < until, ms UTC, oldest first; bars without trades are absent.

        The last one is unfinished where `as_of` is before its end. Corrections known by then count with `corrected`.
        """
        return list(self._bars(symbol, TIMEFRAME_MS[timeframe], since, until, as_of, corrected))

    def filled(
        self, symbol: str, timeframe: str, since: int, until: int, as_of: int = FOREVER, corrected: bool = True
    ) -> list[Bar]:
        """Return the same bars and flat ones, at the close before, where nothing was traded."""
        duration = TIMEFRAME_MS[timeframe]
        since = max(since + -since % duration, self.instruments[symbol].listed)
        until = min(until, as_of + 1)
        traded = {bar.open_time: bar for bar in self.bars(symbol, timeframe, since, until, as_of, corrected)}
        before = self.last_trades(symbol, 1, since - 1)
        close, last_id = (before[0].price, before[0].id) if before else (0, 0)
        filled = []
        for open_time in range(since, until, duration):
            bar = traded.get(open_time)
            if bar is None and close:
                bar = Bar(open_time, close, close, close, close, 0, 0, 0, last_id)
            if bar is not None:
                close, last_id = bar.close, bar.last_id
                filled.append(bar)
        return filled

    def candles(
        self, symbol: str, timeframe: str, since: int, until: int, as_of: int = FOREVER, filled: bool = False
    ) -> list[list[float]]:
        """Return bars as a client reads them: open time, open, high, low, close, volume."""
        instrument = self.instruments[symbol]
        bars = (self.filled if filled else self.bars)(symbol, timeframe, since, until, as_of)
        return [
            [
                bar.open_time,
                *(float(instrument.price_text(price)) for price in bar[1:5]),
                float(instrument.size_text(bar.volume)),
            ]
            for bar in bars
        ]

    def correct(
        self, symbol: str, open_time: int, at: int, close: Decimal | None = None, volume: Decimal | None = None
    ) -> None:
        """From `at` on (market time, ms) tell another close or volume for the minute that opened at `open_time`.

        High and low give way to the close. Longer timeframes follow. Raises ValueError where that minute had no trade.
        """
        traded = self.bars(symbol, "1m", open_time, open_time + MINUTE_MS)
        if not traded:
            raise ValueError(f"{symbol} had no trade in the minute from {open_time} on; there is no bar to correct")
        [bar] = traded
        instrument = self.instruments[symbol]
        if close is not None:
            ticks = int(close / instrument.tick)
            bar = bar._replace(close=ticks, high=max(bar.high, ticks), low=min(bar.low, ticks))
        if volume is not None:
            lots = int(volume / instrument.lot)
            bar = bar._replace(volume=lots, value=lots * bar.close)
        self.corrections.append(Correction(symbol, at, bar))

    def _bars(self, symbol: str, duration: int, since: int, until: int, as_of: int, corrected: bool) -> Iterator[Bar]:
        corrections = [c for c in self.corrections if corrected and c.symbol == symbol and c.at <= as_of]
        for day in self._days(symbol, since, min(until, as_of + 1)):
            of_day = {c.bar.open_time: c.bar for c in corrections if c.bar.open_time // DAY_MS == day}
            if as_of >= (day + 1) * DAY_MS and duration == DAY_MS and not of_day:
                # 750 of them are asked for at once, and again: they are kept, their trades are not.
                bars: Sequence[Bar] = [self._daily_bar(symbol, day)]
            elif of_day:
                # Corrected minutes are joined to longer bars, and those need all of their minutes.
                bars = self._bars_of_day(symbol, day, MINUTE_MS, 0, FOREVER, as_of)
                bars = _joined([of_day.get(bar.open_time, bar) for bar in bars], duration)
            else:
                bars = self._bars_of_day(symbol, day, duration, since, until, as_of)
            yield from (bar for bar in bars if since <= bar.open_time < until)

    def _make_daily_bar(self, symbol: str, day: int) -> Bar:
        return self._bars_of_day(symbol, day, DAY_MS, 0, FOREVER, FOREVER)[0]

    def _bars_of_day(self, symbol: str, day: int, duration: int, since: int, until: int, as_of: int) -> list[Bar]:
        block = self._day(symbol, day)
        wanted = since - since % duration, min(until + -until % duration, as_of + 1)
        first, end = np.searchsorted(block.times, wanted)
        if first >= end:
            return []
        times, prices, sizes = (part[first:end] for part in block[:3])
        opened = times - times % duration
        starts = np.concatenate(([0], np.flatnonzero(np.diff(opened)) + 1))
        ends = np.concatenate((starts[1:], [len(times)])) - 1
        first_id = day * self.instruments[symbol].trades_a_day + int(first)
        columns: Sequence[_Ints] = (
            opened[starts],
            prices[starts],
            np.maximum.reduceat(prices, starts),
            np.minimum.reduceat(prices, starts),
            prices[ends],
            np.add.reduceat(sizes, starts),
            np.add.reduceat(prices * sizes, starts),
            ends - starts + 1,
            ends + first_id,
        )
        return list(map(Bar._make, zip(*(column.tolist() for column in columns), strict=True)))

    # -- how it is made up ---------------------------------------------------------------------------------------

    def _days(self, symbol: str, since: int, until: int) -> range:
        first = max(since, self.instruments[symbol].listed) // DAY_MS
        return range(first, -(-until // DAY_MS))

    def _listed(self, symbol: str, day: int, block: _Day, first: int, end: int) -> list[Trade]:
        first_id = day * self.instruments[symbol].trades_a_day
        columns = (part[first:end].tolist() for part in block)
        return list(map(Trade._make, zip(range(first_id + first, first_id + end), *columns, strict=True)))

    def _make_day(self, symbol: str, day: int) -> _Day:
        instrument = self.instruments[symbol]
        random = np.random.Generator(np.random.PCG64(self._number(symbol, "day", day)))
        count = instrument.trades_a_day
        times = random.integers(0, DAY_MS, count)
        if instrument.steady:
            times[:1_440] = np.arange(1_440) * MINUTE_MS + times[:1_440] % MINUTE_MS
        times.sort()
        walk = random.standard_normal(count + 1).cumsum()
        passed = np.arange(1, count + 1) / (count + 1)
        # A walk that ends where the next day begins.
        walk = (walk[:-1] - walk[-1] * passed) * (_DAILY_SPREAD / math.sqrt(count))
        start, end = self._level(symbol, day), self._level(symbol, day + 1)
        price = float(instrument.price)
        prices = np.rint(np.exp(start + (end - start) * passed + walk) * (price / float(instrument.tick)))
        usual_size = _USUAL_TRADE / price / float(instrument.lot)
        sizes = random.standard_exponential(count) * usual_size
        return _Day(
            times + day * DAY_MS,
            np.maximum(prices, 1).astype(np.int64),
            sizes.astype(np.int64) + 1,
            random.integers(0, 2, count).astype(np.bool_),
        )

    def _level_at(self, symbol: str, day: int) -> float:
        """Return the logarithm of the price at a day's beginning, against the instrument's usual price."""
        level = 0.0
        for octave in _OCTAVES:
            period = 1 << octave
            index, phase = divmod(day, period)
            blend = phase / period
            blend = blend * blend * (3 - 2 * blend)
            before, after = (self._number(symbol, f"wave{octave}", index + i) / 2**63 - 1 for i in (0, 1))
            level += _SWING * math.sqrt(period) * (before + (after - before) * blend)
        return level

    def _number(self, symbol: str, purpose: str, index: int) -> int:
        """Return 64 bits that look random and are always the same."""
        digest = blake2b(f"{self._seed}/{symbol}/{purpose}/{index}".encode(), digest_size=8).digest()
        return int.from_bytes(digest, "little")


def _joined(bars: Sequence[Bar], duration: int) -> list[Bar]:
    """Join bars of minutes to longer ones."""
    joined: list[Bar] = []
    for bar in bars:
        open_time = bar.open_time - bar.open_time % duration
        if joined and joined[-1].open_time == open_time:
            last = joined[-1]
            joined[-1] = Bar(
                open_time,
                last.open,
                max(last.high, bar.high),
                min(last.low, bar.low),
                bar.close,
                last.volume + bar.volume,
                last.value + bar.value,
                last.trade_count + bar.trade_count,
                bar.last_id,
            )
        else:
            joined.append(bar._replace(open_time=open_time))
    return joined


def instruments(quote: str) -> tuple[Instrument, ...]:
    """Return six instruments: four busy ones, one that is rarely traded, one that is not traded any more."""

    def instrument(base: str, price: str, tick: str, lot: str, **more: object) -> Instrument:
        return Instrument(base, quote, Decimal(price), Decimal(tick), Decimal(lot), **more)  # type: ignore[arg-type]

    return (
        instrument("BTC", "61000", "0.01", "0.00001"),
        instrument("ETH", "3000", "0.01", "0.0001"),
        instrument("SOL", "150", "0.01", "0.001"),
        instrument("DOGE", "0.15", "0.00001", "1"),
        instrument("QNT", "100", "0.01", "0.001", trades_a_day=360, steady=False),
        instrument("OMG", "0.6", "0.0001", "0.1", active=False),
    )
