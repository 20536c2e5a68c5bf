"""What is exported is imported as it was, and no cell of it begins a formula."""

import csv
import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import example, given
from hypothesis import strategies as st

from symbols.category_names import LONGEST, UnfitNameError, fitted
from symbols.watchlist_files.entries import Line
from symbols.watchlist_files.neutral import neutralised, original
from symbols.watchlist_files.reading import read_any
from symbols.watchlist_files.writing import csv_text, json_text

DANGEROUS = "=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"


def _is_fitted(name: str) -> bool:
    try:
        return fitted(name) == name
    except UnfitNameError:
        return False


NAMES = st.text(st.one_of(st.sampled_from("=+-@'\"\\ a"), st.characters()), min_size=1, max_size=LONGEST)
LINES = st.builds(
    Line,
    line=st.just(0),
    symbol=st.from_regex(r"[A-Z0-9][A-Z0-9./_-]{0,39}", fullmatch=True),
    exchange=st.from_regex(r"[a-z0-9_]{1,40}", fullmatch=True),
    enabled=st.booleans(),
    sparse=st.booleans(),
    categories=st.lists(NAMES.filter(_is_fitted), unique=True, max_size=3).map(tuple),
    added=st.none()
    | st.integers(0, 10**15).map(lambda us: datetime(2010, 1, 1, tzinfo=UTC) + timedelta(microseconds=us)),
)


@given(st.lists(LINES, min_size=1, max_size=5))
def test_what_is_written_as_csv_or_json_is_read_as_it_was(lines: list[Line]) -> None:
    for text in (csv_text(lines), json_text(lines)):
        found = read_any(text.encode())
        assert [replace(one, line=0) for one in found.lines] == lines
        assert found.left_aside == ()


@given(st.lists(LINES, min_size=1, max_size=3))
def test_no_cell_of_the_csv_begins_a_formula_wherever_it_is_cut(lines: list[Line]) -> None:
    for row in csv.reader(io.StringIO(csv_text(lines), newline="")):
        for cell in row:
            for part in cell.split("|"):
                assert part[:1] not in set(DANGEROUS)


@given(st.text())
@example("'=1")
@example("''")
@example("'")
def test_what_is_neutralised_comes_back(cell: str) -> None:
    assert original(neutralised(cell)) == cell
    assert neutralised(cell)[:1] not in set(DANGEROUS)
