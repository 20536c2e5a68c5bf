"""Every indicator against TA-Lib: EMAs over flat-filled closes, ATR over observed bars carried forward."""

import csv
import gzip
from collections.abc import Sequence

import numpy as np
import pytest
import talib
from numpy.typing import NDArray

from runtime.engine.aggregate import aggregate
from runtime.engine.candles import DURATION_MS, Candle
from runtime.engine.market import WARMUP_BARS, Bar, Market
from runtime.feeds.recordings import read_recording
from settingsapp.schema.vocabulary import TIMEFRAMES, Timeframe
from tests.runtime.engine.walks import bars_of, feed_all, market_of, walk
from tests.runtime.recorded_candles import recorded_file

Numbers = NDArray[np.float64]
Row = tuple[int, float, float, float, float]
"""Open time, open, high, low, close."""


class Oracle:
    """TA-Lib's word on one series: `rows` are its observed bars."""

    def __init__(self, rows: Sequence[Row], timeframe: Timeframe) -> None:
        duration = DURATION_MS[timeframe]
        table = np.array(rows, dtype=float)
        slots = ((table[:, 0] - table[0, 0]) // duration).astype(int)
        count = int(slots[-1]) + 1
        # For every bar the index of the last observed one.
        observed = np.searchsorted(slots, np.arange(count), side="right") - 1
        high, low, close = (np.ascontiguousarray(table[:, column]) for column in (2, 3, 4))
        filled = close[observed]
        fast, slow = talib.EMA(filled, 12), talib.EMA(filled, 26)
        atr = talib.ATR(high, low, close, 26)[observed]
        macdv = (fast - slow) / atr * 100
        start = int(np.flatnonzero(np.isfinite(macdv))[0])
        self.bars = count
        self.values: dict[str, Numbers] = {
            "close": filled,
            "emaFast": fast,
            "emaSlow": slow,
            "atr": atr,
            "macdv": macdv,
            "signal": np.concatenate([np.full(start, np.nan), talib.EMA(macdv[start:], 9)]),
            "atr14": talib.ATR(high, low, close, 14)[observed],
            "ema20": talib.EMA(filled, 20),
            "ema200": talib.EMA(filled, 200),
            "rsi14": talib.RSI(filled, 14),
        }


def values(bars: Sequence[Bar], name: str) -> Numbers:
    found = []
    for bar in bars:
        assert bar.reading is not None
        found.append(bar.reading.as_dict()[name])
    return np.array(found, dtype=float)


def assert_agrees(bars: Sequence[Bar], oracle: Oracle) -> None:
    assert len(bars) == oracle.bars > WARMUP_BARS
    settled = bars[WARMUP_BARS:]
    for name, theirs in oracle.values.items():
        np.testing.assert_allclose(
            values(settled, name), theirs[WARMUP_BARS:], rtol=1e-6, atol=1e-9, err_msg=name, strict=True
        )
    np.testing.assert_array_equal(values(settled, "histogram"), values(settled, "macdv") - values(settled, "signal"))


def rows_of(candles: Sequence[Candle]) -> list[Row]:
    return [(c.open_time, c.open, c.high, c.low, c.close) for c in candles]


@pytest.mark.parametrize("missing", [0.0, 0.15])
@pytest.mark.parametrize("timeframe", TIMEFRAMES)
def test_a_random_walk_of_2000_bars_reads_as_the_oracle_says(timeframe: Timeframe, missing: float) -> None:
    candles = walk(timeframe, 2_000, seed=TIMEFRAMES.index(timeframe), missing=missing)
    bars = feed_all(market_of(timeframe), candles)
    assert_agrees(bars, Oracle(rows_of(candles), timeframe))


def test_a_day_series_made_of_hours_reads_as_the_oracle_says_of_its_days() -> None:
    hours = walk("1h", 24 * 800, seed=5, missing=0.3)
    bars = bars_of(feed_all(market_of("1h", "4h", "1d"), hours), "1d")
    days = list(aggregate(hours, "1d", hours[-1].close_time))
    assert_agrees(bars[: len(days)], Oracle(rows_of(days), "1d"))


@pytest.mark.parametrize(
    ("name", "timeframe"),
    [
        ("ETH_BTC-5m.csv.gz", "5m"),
        ("ETH_BTC-5m.csv.gz", "15m"),
        ("ADA_BTC-5m.csv.gz", "5m"),
        ("ADA_BTC-5m.csv.gz", "15m"),
        ("TRX_BTC-5m.csv.gz", "5m"),
        ("TRX_BTC-5m.csv.gz", "15m"),
        ("XRP_ETH-1m.csv.gz", "1m"),
    ],
)
def test_a_recording_reads_as_the_oracle_says(name: str, timeframe: Timeframe) -> None:
    path = recorded_file(name)
    recording = read_recording(path)
    market = Market()
    market.track(recording.key.exchange, recording.key.symbol, recording.timeframes)
    bars = bars_of(feed_all(market, recording.candles), timeframe)
    with gzip.open(path, "rt") as file:
        raw = [tuple(float(text) for text in row) for row in list(csv.reader(file))[1:]]
    # Put together here, apart from the code under test.
    duration = DURATION_MS[timeframe]
    buckets: dict[int, list[tuple[float, ...]]] = {}
    for row in raw:
        buckets.setdefault(int(row[0]) // duration * duration, []).append(row)
    rows = [
        (start, parts[0][1], max(p[2] for p in parts), min(p[3] for p in parts), parts[-1][4])
        for start, parts in buckets.items()
        if start >= raw[0][0]
    ]
    # The last bucket is cut off where the recording ends within it.
    whole = [row for row in rows if row[0] + duration <= raw[-1][0] + DURATION_MS[recording.key.timeframe]]
    assert_agrees(bars, Oracle(whole, timeframe))
