"""Files of any usual sort are read as what they mean; whatever the bytes, they are read or refused."""

import csv
import io
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from symbols.watchlist_files.entries import MOST_LINES, Line, TooLongError, UnreadableFileError
from symbols.watchlist_files.reading import read_any


def lines(text: str) -> list[Line]:
    return list(read_any(text.encode()).lines)


def symbols(text: str) -> list[tuple[int, str]]:
    return [(one.line, one.symbol) for one in lines(text)]


@pytest.mark.parametrize(
    "text",
    [
        "BTC-USD\nETH-USD\n",
        "BTC-USD\r\nETH-USD",
        "BTC-USD\rETH-USD\r",
        "\ufeffsymbol\nBTC-USD\nETH-USD",
        "BTC-USD,ETH-USD",
        "BTC-USD, ETH-USD,",
        "BTC-USD;ETH-USD",
        "BTC-USD\tETH-USD",
        ' BTC-USD \n\n "ETH-USD" \n\n',
        "Ticker;Price\nBTC-USD;1,5\nETH-USD;2,5",
        '["BTC-USD", "ETH-USD"]',
        '{"symbols": ["BTC-USD", {"symbol": "ETH-USD"}]}',
        '\ufeff [{"pair": "BTC-USD"}, "ETH-USD"]',
    ],
)
def test_two_symbols_are_read_however_they_are_listed(text: str) -> None:
    assert [one for _, one in symbols(text)] == ["BTC-USD", "ETH-USD"]


def test_a_spreadsheets_unicode_text_is_read_by_its_mark() -> None:
    raw = "symbol\tcategories\r\nBTC-USD\tm\u00fcnzen".encode("utf-16")
    assert read_any(raw).lines == (Line(2, "BTC-USD", categories=("m\u00fcnzen",)),)


def test_columns_are_read_with_a_header_in_any_order_and_without_one_in_ours() -> None:
    told = Line(1, "BTCUSDT", "binance", enabled=False, sparse=True, categories=("meme", "high cap"))
    (row,) = lines("BTCUSDT,binance,no,sparse,meme|high  cap\n")
    assert row == told
    (row,) = lines('tags;Active;SYMBOL;exchange;Priority\n"meme, high cap";FALSE;BTCUSDT;binance;Sparse')
    assert row == Line(2, "BTCUSDT", "binance", enabled=False, sparse=True, categories=("meme", "high cap"))
    assert lines("BTC-USD,,0\nETH-USD")[0] == Line(1, "BTC-USD", enabled=False)
    assert lines("BTC-USD,,,,meme")[0] == Line(1, "BTC-USD", categories=("meme",))
    (row,) = lines("symbol,added\nBTC-USD,2026-01-31T12:00:00+02:00")
    assert row.added == datetime(2026, 1, 31, 10, tzinfo=UTC)


def test_a_line_is_told_by_where_it_begins_in_the_file() -> None:
    text = 'symbol,categories\n\nBTC-USD,"two\nlines"\nETH-USD,x\n'
    assert symbols(text) == [(3, "BTC-USD"), (5, "ETH-USD")]
    assert symbols('["A", {"symbol": "B", "line": 7}, "C"]') == [(1, "A"), (7, "B"), (3, "C")]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("symbol,enabled\nBTC-USD,maybe", "enabled is yes or no, or empty"),
        ("symbol,priority\nBTC-USD,high", "priority is normal or sparse, or empty"),
        ("symbol,added\nBTC-USD,yesterday", "added is a moment as ISO 8601 writes it"),
        ("symbol,added\nBTC-USD,0001-01-01T00:00:00+14:00", "added is a moment as ISO 8601 writes it"),
        ("symbol,exchange\nBTC-USD,simulated,yes", "has 3 cells, but there are 2 columns"),
        ("symbol,exchange\n,simulated", "names no symbol"),
        ("[7]", "is a symbol or an object, not a number"),
        ('[{"symbol": 7}]', "symbol is a text, not a number"),
        ('[{"symbol": "A", "enabled": 1}]', "enabled is a text, not a number"),
        ('[{"symbol": "A", "categories": [1]}]', "categories is a text, or a list of texts"),
        ('[{"symbol": "A", "pair": "B"}]', "says twice what its symbol is"),
    ],
)
def test_what_a_line_says_wrongly_is_that_lines_problem(text: str, problem: str) -> None:
    (row,) = lines(text)
    assert problem in row.problem


@pytest.mark.parametrize(
    ("raw", "reason", "line"),
    [
        (b"", "there is no symbol in it", None),
        (b" \n\t\n", "there is no symbol in it", None),
        (b"symbol,exchange\n", "there is no symbol in it", None),
        (b"[]", "there is no symbol in it", None),
        (b"BTC-USD\n\xe9\n", "is not UTF-8: save it as CSV in UTF-8", 2),
        (b"\xff\xfeA", "is not UTF-16", 1),
        (b"A\nB\x00", "U+0000", 2),
        (b'A\n"B', "is no CSV", 2),
        (b"symbol,categorie\nA,b", "there is no column categorie; did you mean categories?", None),
        (b"symbol,pair\nA,B", "two columns are called symbol", 1),
        (b'{"symbols": 7}', "is no list of symbols", None),
        (b'{"symbls": []}', "is no list of symbols", None),
        (b'["A",]', "not JSON", 1),
        (b"[\n1e999]", "too large", 2),
        (b"[" * 5000 + b"]" * 5000, "nested", 1),
    ],
)
def test_what_is_no_list_is_refused_with_what_is_wrong_and_where(raw: bytes, reason: str, line: int | None) -> None:
    with pytest.raises(UnreadableFileError) as error:
        read_any(raw)
    assert (reason in str(error.value), error.value.line) == (True, line)


def test_columns_that_say_nothing_to_us_are_told_and_change_is_not_taken_for_exchange() -> None:
    found = read_any(b"Symbol,Name,Change,Price\nBTC-USD,Bitcoin,1,2")
    assert (found.lines, found.left_aside) == ((Line(2, "BTC-USD"),), ("Name", "Change", "Price"))
    assert read_any(b'[{"symbol": "A", "note": "x", "verdict": "valid"}]').left_aside == ("note",)


@pytest.mark.parametrize("between", ["\n", ","])
def test_more_lines_than_can_be_taken_are_not_read_to_their_end(between: str) -> None:
    assert len(lines(between.join(["A"] * MOST_LINES))) == MOST_LINES
    with pytest.raises(TooLongError):
        lines(between.join(["A"] * (MOST_LINES + 1)))
    with pytest.raises(TooLongError):
        lines(f"symbol{between if between == chr(10) else chr(10)}" + "\n".join(["A"] * (MOST_LINES + 1)))


@given(st.one_of(st.binary(max_size=200), st.text(max_size=200).map(str.encode)))
@example(b'\xef\xbb\xbf"')
@example(b'{"symbols":[{"symbol":null}]}')
@example(b"\xff\xfe\x00\xd8")
def test_whatever_the_bytes_they_are_read_or_refused(raw: bytes) -> None:
    with suppress(UnreadableFileError):
        assert read_any(raw).lines


CELLS = st.text("ABC-/:'=+ 09,;\"\n\r\t", max_size=6)


@given(st.lists(st.lists(CELLS, min_size=2, max_size=4), min_size=1, max_size=6), st.sampled_from(",;\t"))
def test_a_table_that_another_program_wrote_has_its_symbols(rows: list[list[str]], delimiter: str) -> None:
    written = io.StringIO()
    writer: Any = csv.writer(written, delimiter=delimiter, quoting=csv.QUOTE_ALL)
    writer.writerow(["symbol", "a", "b", "c"])
    writer.writerows(rows)
    expected = [row[0].strip() for row in rows if any(cell.strip() for cell in row)]
    try:
        found = [one.symbol for one in lines(written.getvalue())]
    except UnreadableFileError:
        assert expected == []
        return
    # An apostrophe before what begins a formula is ours, and a line's end within a cell is any line's end.
    assert [_bare(one) for one in found] == [_bare(one) for one in expected]


def _bare(text: str) -> list[str]:
    return text.lstrip("'").split()
