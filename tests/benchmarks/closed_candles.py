"""How long the engine takes for one closed candle of 1,000 symbols on six timeframes.

A minute's candle that ends a day: 1,000 candles come in, and 6,000 bars with all their indicators come out. Measured
beside it, alternating in the same run: TA-Lib, which computes the parts of MACD-V (two EMAs, the ATR, the signal line)
anew over the last 200 bars of each of as many series, as a program does that keeps candles but no state.
"""

import gc
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import talib

from runtime.engine.candles import DURATION_MS, Candle, SeriesKey
from runtime.engine.market import Market
from settingsapp.schema.vocabulary import SIMULATED, TIMEFRAMES

SYMBOLS = 1_000
TALIB_BARS = 200
HISTORY = 60
"""So many bars of each series are loaded before: all but the longest average have begun."""
DAY = DURATION_MS["1d"]
MINUTE = DURATION_MS["1m"]
START = 1_700_006_400_000
"""A midnight, UTC."""


@dataclass(frozen=True)
class CandleTimes:
    """Medians in ms of so many rounds, of so many bars each."""

    rounds: int
    bars: int
    talib_ms: float
    together_ms: float
    one_by_one_ms: float

    @property
    def ratio(self) -> float:
        """How many of TA-Lib's computations one batch takes."""
        return self.together_ms / self.talib_ms

    def lines(self) -> list[str]:
        """Return a Markdown table."""
        rows = (
            (f"TA-Lib, {TALIB_BARS} bars of each series anew", self.talib_ms),
            ("the engine's market, one batch", self.together_ms),
            ("the engine's market, one candle after the other", self.one_by_one_ms),
        )
        return [
            f"| a closed candle of {self.bars // len(TIMEFRAMES):,} symbols, {self.bars:,} bars | p50, ms | ratio |",
            "| --- | ---: | ---: |",
            *(f"| {name} | {ms:.1f} | {ms / self.talib_ms:.2f} |" for name, ms in rows),
        ]


def measure(rounds: int, symbols: int = SYMBOLS) -> CandleTimes:
    """Measure all three. Raises RuntimeError where bars or values are missing."""
    market, other = _a_market(symbols), _a_market(symbols)
    recompute = _recomputing(symbols * len(TIMEFRAMES))
    talib_ms, together, one_by_one = [], [], []
    for day in range(1, rounds + 1):
        # All of the day but its last minute; not measured.
        _jump(market, day)
        _jump(other, day)
        batch = list(_candles(symbols, START + day * DAY - MINUTE))
        talib_ms.append(_timed(recompute))
        together.append(_timed(partial(_take_together, market, batch)))
        one_by_one.append(_timed(partial(_take_one_by_one, other, batch)))
    if any(market.reading(key) is None for name in market.tracked for key in market.series_of(name)):
        raise RuntimeError("not every series has its indicators")
    bars = symbols * len(TIMEFRAMES)
    return CandleTimes(
        rounds, bars, statistics.median(talib_ms), statistics.median(together), statistics.median(one_by_one)
    )


def _take_together(market: Market, batch: Sequence[Candle]) -> None:
    _expect(sum(len(step.bars) for step in market.feed_many(batch)), len(batch))


def _take_one_by_one(market: Market, batch: Sequence[Candle]) -> None:
    _expect(sum(len(market.feed(candle).bars) for candle in batch), len(batch))


def _expect(bars: int, symbols: int) -> None:
    if bars != symbols * len(TIMEFRAMES):
        raise RuntimeError(f"{bars} bars came out, not {symbols * len(TIMEFRAMES)}")


def _timed(work: Callable[[], object]) -> float:
    # What was loaded before is not this one's to look through.
    gc.collect()
    gc.freeze()
    begun = time.perf_counter()
    work()
    return (time.perf_counter() - begun) * 1000


def _a_market(symbols: int) -> Market:
    market = Market(warmup_bars=HISTORY)
    for symbol in range(symbols):
        market.track(SIMULATED, f"COIN{symbol}-USD", TIMEFRAMES)
    return market


def _jump(market: Market, day: int) -> None:
    """Load every series up to where the next minute's candle ends the day."""
    for qualified in market.tracked:
        for key in market.series_of(qualified):
            duration = DURATION_MS[key.timeframe]
            end = START + day * DAY - duration
            market.load(key, [_candle(key, end - n * duration) for n in range(HISTORY, 0, -1)])
            # Known from the bar before, as it is in an engine that has seen that one come in.
            market.reading(key)


def _candles(symbols: int, open_time: int) -> Iterator[Candle]:
    for symbol in range(symbols):
        yield _candle(SeriesKey(SIMULATED, f"COIN{symbol}-USD", "1m"), open_time)


def _candle(key: SeriesKey, open_time: int) -> Candle:
    price = 100.0 + (open_time // MINUTE * 7_919 + len(key.symbol)) % 1_009 / 100
    return Candle(key, open_time, price, price + 0.5, price - 0.5, price + 0.1, 8.0)


def _recomputing(series: int) -> Callable[[], None]:
    chance = np.random.default_rng(1)
    close = np.cumsum(chance.normal(size=(series, TALIB_BARS)), axis=1) + 1_000
    high, low = close + 1, close - 1

    def work() -> None:
        for row in range(series):
            closes = close[row]
            macdv = (talib.EMA(closes, 12) - talib.EMA(closes, 26)) / talib.ATR(high[row], low[row], closes, 26) * 100
            talib.EMA(macdv[26:], 9)

    return work
