"""Candles for tests: seeded random walks with gaps, and what an engine does with them."""

import random
from collections.abc import Iterable, Sequence

from runtime.engine.candles import DURATION_MS, Candle, SeriesKey
from runtime.engine.market import Bar, Market
from settingsapp.schema.vocabulary import SIMULATED, Timeframe

START = 1_700_006_400_000
"""A midnight, UTC: every timeframe's bar begins here."""


def key_of(timeframe: Timeframe, symbol: str = "BTC-USD") -> SeriesKey:
    return SeriesKey(SIMULATED, symbol, timeframe)


def walk(
    timeframe: Timeframe,
    bars: int,
    seed: int = 1,
    missing: float = 0.0,
    start: int = START,
    volatility: float = 0.004,
    whole: int = 1,
) -> list[Candle]:
    """Return a random walk over so many bars, of which a share is missing; the first `whole` ones are there."""
    chance = random.Random(seed)
    duration = DURATION_MS[timeframe]
    price = 100.0
    candles = []
    for index in range(bars):
        opening = price
        price *= 1 + chance.gauss(0, volatility)
        high = max(opening, price) * (1 + abs(chance.gauss(0, volatility / 3)))
        low = min(opening, price) * (1 - abs(chance.gauss(0, volatility / 3)))
        if index < whole or chance.random() >= missing:
            # Eighths, so that a volume's sum does not depend on how it was added up.
            volume = chance.randrange(1, 800) / 8
            candles.append(Candle(key_of(timeframe), start + index * duration, opening, high, low, price, volume))
    return candles


def candle(open_time: int, close: float, timeframe: Timeframe = "1m", width: float = 1.0) -> Candle:
    """Return a candle around one price."""
    return Candle(key_of(timeframe), open_time, close, close + width, close - width, close, 1.0)


def market_of(*timeframes: Timeframe, warmup_bars: int = 750) -> Market:
    market = Market(warmup_bars)
    market.track(SIMULATED, "BTC-USD", timeframes)
    return market


def feed_all(market: Market, candles: Iterable[Candle]) -> list[Bar]:
    """Feed candles in order; bars that are missing among them were not traded."""
    bars: list[Bar] = []
    for item in candles:
        step = market.feed(item)
        if step.gap is not None:
            bars += market.fill(step.gap.key, step.gap.since, step.gap.until, ()).bars
            step = market.feed(item)
        bars += step.bars
    return bars


def bars_of(bars: Sequence[Bar], timeframe: Timeframe) -> list[Bar]:
    return [bar for bar in bars if bar.candle.series.timeframe == timeframe]
