import gzip
from pathlib import Path

import pytest

from runtime.engine.candles import Candle, SeriesKey
from runtime.feeds.recordings import RecordingError, read_recording, read_recordings
from tests.runtime.engine.walks import walk
from tests.runtime.feeds.recording_files import HEADER, write_candles, write_lines

GOOD = "300000,10,12,9,11,1.5"


def test_a_recording_is_read_as_it_was_written(tmp_path: Path) -> None:
    candles = walk("5m", 50, missing=0.2)
    recording = read_recording(write_candles(tmp_path, candles))
    assert recording.candles == candles
    assert recording.key == SeriesKey("simulated", "BTC-USD", "5m")
    assert recording.timeframes == ("5m", "15m", "1h", "4h", "1d")


def test_numbers_are_read_in_every_usual_form(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "A_B-1m.csv.gz", "60000,5.33e-05,5.4E-5,.00005,0.0000533,0", "120000,1,1,1,1.,2.")
    key = SeriesKey("simulated", "A-B", "1m")
    assert read_recording(path).candles == [
        Candle(key, 60_000, 5.33e-5, 5.4e-5, 5e-5, 5.33e-5, 0.0),
        Candle(key, 120_000, 1.0, 1.0, 1.0, 1.0, 2.0),
    ]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("300000,10,12,9,11", "5 values where 6 are expected"),
        ("300000,10,12,9,11,1.5,7", "7 values where 6 are expected"),
        ("", "0 values where 6 are expected"),
        ("300000.5,10,12,9,11,1.5", "open_time_ms is '300000.5'; it is a whole number of milliseconds"),
        ("-300000,10,12,9,11,1.5", "open_time_ms is '-300000'"),
        ("300001,10,12,9,11,1.5", "300001 is not the open time of a 5m candle"),
        ("300000,nan,12,9,11,1.5", "open is 'nan'; it is a finite number, more than 0"),
        ("300000,10,inf,9,11,1.5", "high is 'inf'"),
        ("300000,10,1e999,9,11,1.5", "high is '1e999'"),
        ("300000,10,12,0,11,1.5", "low is '0'"),
        ("300000,10,12,9,1_1,1.5", "close is '1_1'"),
        ("300000,10,12,9,11,-1", "volume is '-1'; it is a finite number, 0 or more"),
        ("300000,10,9,12,11,1.5", "high 9.0 is below low 12.0"),
        ("300000,13,12,9,11,1.5", "open 13.0 and close 11.0 have to lie between"),
        ("0,10,12,9,11,1.5", "the candle of 0 comes after 600000; the oldest comes first"),
        ("600000,10,12,9,11,1.5", "the candle of 600000 stands twice"),
        ("99999900000000,10,12,9,11,1.5", "comes more than a year after 600000"),
        ('300000,"10,12,9,11,1.5', "is not a CSV file"),
    ],
)
def test_a_bad_line_is_told_with_its_number_and_what_would_be_right(tmp_path: Path, line: str, problem: str) -> None:
    path = write_lines(tmp_path / "ETH_BTC-5m.csv.gz", "600000,10,12,9,11,1.5", line)
    with pytest.raises(RecordingError) as caught:
        read_recording(path)
    assert problem in str(caught.value)
    if "CSV" not in problem:
        assert str(caught.value).startswith(f"{path}, line 3: ")


@pytest.mark.parametrize(
    "name", ["ETH-BTC-5m.csv.gz", "ETH_BTC.csv.gz", "eth_btc-5m.csv.gz", "ETH_BTC-5m.csv", "ETH_BTC-5m.json"]
)
def test_a_name_that_does_not_say_what_it_holds_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(RecordingError, match="BASE_QUOTE-TIMEFRAME"):
        read_recording(write_lines(tmp_path / name, GOOD))


def test_an_unknown_timeframe_is_told_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="'7m' is not a timeframe; known are 1m, 5m, 15m, 1h, 4h, 1d"):
        read_recording(write_lines(tmp_path / "ETH_BTC-7m.csv.gz", GOOD))


def test_a_file_that_is_none_is_told_by_name(tmp_path: Path) -> None:
    path = tmp_path / "ETH_BTC-5m.csv.gz"
    with pytest.raises(RecordingError, match="there is no such file"):
        read_recording(path)
    path.mkdir()
    with pytest.raises(RecordingError, match="can't be read"):
        read_recording(path)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"open_time_ms", "is not a whole gzip file"),
        (gzip.compress(f"{HEADER}\n{GOOD}\n".encode())[:-12], "is not a whole gzip file"),
        (gzip.compress(b"\xff\xfe\xfa"), "is not UTF-8"),
        (gzip.compress(f"{HEADER}\n".encode()), "holds no candles"),
        (gzip.compress(b""), "line 1: the first line has to be open_time_ms,open,high,low,close,volume"),
        (gzip.compress(GOOD.encode()), "line 1: the first line has to be"),
    ],
    # Not by the bytes: they hold the time at which they were made.
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_file_of_another_content_is_refused(tmp_path: Path, content: bytes, problem: str) -> None:
    path = tmp_path / "ETH_BTC-5m.csv.gz"
    path.write_bytes(content)
    with pytest.raises(RecordingError, match=problem):
        read_recording(path)


def test_what_is_played_together_has_one_timeframe_and_each_symbol_once(tmp_path: Path) -> None:
    first = write_candles(tmp_path, walk("5m", 3))
    second = write_candles(tmp_path, walk("5m", 3), "ETH_USD")
    assert [r.key.symbol for r in read_recordings([first, second])] == ["BTC-USD", "ETH-USD"]
    with pytest.raises(RecordingError, match="name one file a symbol"):
        read_recordings([first, first])
    with pytest.raises(RecordingError, match=r"holds 1m candles and .* holds 5m"):
        read_recordings([first, write_candles(tmp_path, walk("1m", 3), "XRP_USD")])
