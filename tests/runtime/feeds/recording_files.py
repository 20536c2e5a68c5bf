"""Writes recordings for tests."""

import gzip
from collections.abc import Iterable
from pathlib import Path

from runtime.engine.candles import Candle

HEADER = "open_time_ms,open,high,low,close,volume"


def write_lines(path: Path, *lines: str, header: str = HEADER) -> Path:
    path.write_bytes(gzip.compress("".join(f"{line}\n" for line in (header, *lines)).encode()))
    return path


def write_candles(directory: Path, candles: Iterable[Candle], pair: str = "BTC_USD") -> Path:
    """Write candles of one timeframe under the name that says what they are."""
    listed = list(candles)
    rows = (f"{c.open_time},{c.open!r},{c.high!r},{c.low!r},{c.close!r},{c.volume!r}" for c in listed)
    return write_lines(directory / f"{pair}-{listed[0].series.timeframe}.csv.gz", *rows)
