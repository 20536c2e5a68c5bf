"""Recorded candles in files: `BASE_QUOTE-TIMEFRAME.csv.gz`, read strictly.

Columns `open_time_ms,open,high,low,close,volume`, UTC, oldest first, with that header; bars without trades are
absent.
"""

import csv
import gzip
import math
import re
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, get_args

from runtime.engine.candles import DURATION_MS, Candle, SeriesKey
from settingsapp.schema.vocabulary import SIMULATED, TIMEFRAMES, Timeframe

HEADER: Final = ("open_time_ms", "open", "high", "low", "close", "volume")
LONGEST_GAP_MS: Final = 366 * DURATION_MS["1d"]
"""A longer one is taken for a wrong time: it would have to be filled bar by bar."""

_NAME: Final = re.compile(r"([A-Z0-9]{1,18})_([A-Z0-9]{1,18})-(\w+)\.csv\.gz")
_WHOLE: Final = re.compile(r"[0-9]{1,15}")
_NUMBER: Final = re.compile(r"(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")


class RecordingError(Exception):
    """A file that can't be played. The text names the file, where it can the line, and what would be right."""

    def __init__(self, path: Path, problem: str, line: int | None = None) -> None:
        where = f"{path}, line {line}" if line is not None else f"{path}"
        super().__init__(f"{where}: {problem}")


@dataclass(frozen=True)
class Recording:
    """The candles of one file, as a series of the exchange `simulated`; at least one."""

    path: Path
    key: SeriesKey
    candles: Sequence[Candle]

    @property
    def timeframes(self) -> tuple[Timeframe, ...]:
        """Its own timeframe and all longer ones, which can be put together from it."""
        return TIMEFRAMES[TIMEFRAMES.index(self.key.timeframe) :]


def read_recording(path: Path) -> Recording:
    """Read one file. Raises RecordingError."""
    key = _key(path)
    try:
        with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
            candles = _candles(path, key, csv.reader(file, strict=True))
    except FileNotFoundError:
        raise RecordingError(path, "there is no such file") from None
    except (gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise RecordingError(path, f"is not a whole gzip file ({error})") from None
    except UnicodeDecodeError:
        raise RecordingError(path, "is not UTF-8 text") from None
    except csv.Error as error:
        raise RecordingError(path, f"is not a CSV file ({error})") from None
    except OSError as error:
        raise RecordingError(path, f"can't be read ({error.strerror or error})") from None
    if not candles:
        raise RecordingError(path, "holds no candles")
    return Recording(path, key, candles)


def read_recordings(paths: Iterable[Path]) -> tuple[Recording, ...]:
    """Read files that are to be played together: one a symbol, all of one timeframe. Raises RecordingError."""
    found: dict[str, Recording] = {}
    for path in paths:
        recording = read_recording(path)
        key = recording.key
        other = found.get(key.symbol)
        if other is not None:
            raise RecordingError(path, f"{key.symbol} is in {other.path} too; name one file a symbol")
        first = next(iter(found.values()), recording)
        if first.key.timeframe != key.timeframe:
            raise RecordingError(
                path,
                f"holds {key.timeframe} candles and {first.path} holds {first.key.timeframe}; "
                "what is played together has one timeframe",
            )
        found[key.symbol] = recording
    return tuple(found.values())


def _key(path: Path) -> SeriesKey:
    match = _NAME.fullmatch(path.name)
    if match is None:
        raise RecordingError(
            path, "the name says what it holds: BASE_QUOTE-TIMEFRAME.csv.gz, such as ETH_BTC-5m.csv.gz"
        )
    base, quote, text = match.groups()
    for timeframe in TIMEFRAMES:
        if timeframe == text:
            return SeriesKey(SIMULATED, f"{base}-{quote}", timeframe)
    raise RecordingError(path, f"'{text}' is not a timeframe; known are {', '.join(get_args(Timeframe))}")


def _candles(path: Path, key: SeriesKey, rows: Iterable[list[str]]) -> list[Candle]:
    numbered = enumerate(rows, start=1)
    _, header = next(numbered, (1, []))
    if tuple(header) != HEADER:
        raise RecordingError(path, f"the first line has to be {','.join(HEADER)}", 1)
    duration = DURATION_MS[key.timeframe]
    candles: list[Candle] = []
    last: int | None = None
    for line, row in numbered:
        try:
            candle = _candle(key, row)
        except ValueError as error:
            raise RecordingError(path, str(error), line) from None
        open_time = candle.open_time
        if open_time % duration:
            problem = f"{open_time} is not the open time of a {key.timeframe} candle (a multiple of {duration})"
            raise RecordingError(path, problem, line)
        if last is not None and open_time <= last:
            problem = "stands twice" if open_time == last else f"comes after {last}; the oldest comes first"
            raise RecordingError(path, f"the candle of {open_time} {problem}", line)
        if last is not None and open_time - last > LONGEST_GAP_MS:
            problem = f"the candle of {open_time} comes more than a year after {last}; split the recording there"
            raise RecordingError(path, problem, line)
        last = open_time
        candles.append(candle)
    return candles


def _candle(key: SeriesKey, row: Sequence[str]) -> Candle:
    if len(row) != len(HEADER):
        raise ValueError(f"{len(row)} values where {len(HEADER)} are expected: {','.join(HEADER)}")
    if not _WHOLE.fullmatch(row[0]):
        raise ValueError(f"open_time_ms is '{row[0][:40]}'; it is a whole number of milliseconds since 1970")
    numbers = []
    for name, text in zip(HEADER[1:], row[1:], strict=True):
        number = float(text) if _NUMBER.fullmatch(text) else math.nan
        if not math.isfinite(number) or (number == 0 and name != "volume"):
            kind = "0 or more" if name == "volume" else "more than 0"
            raise ValueError(f"{name} is '{text[:40]}'; it is a finite number, {kind}")
        numbers.append(number)
    opening, high, low, close, volume = numbers
    if high < low:
        raise ValueError(f"high {high} is below low {low}")
    if not (low <= opening <= high and low <= close <= high):
        raise ValueError(f"open {opening} and close {close} have to lie between low {low} and high {high}")
    return Candle(key, int(row[0]), opening, high, low, close, volume)
