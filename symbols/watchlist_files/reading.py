"""From the bytes of a file, or a pasted text, to its lines: CSV of any usual sort, a plain list, or JSON."""

import codecs
import csv
import io
from collections.abc import Iterator, Sequence
from typing import Any, Final

from settingsapp.schema import strict_json
from settingsapp.schema.exchange_names import EXCHANGE_NAMES
from settingsapp.schema.vocabulary import SIMULATED
from symbols.watchlist_files.cells import ALIASES, PRIORITIES, SWITCHES, left_aside, line_of
from symbols.watchlist_files.entries import (
    COLUMNS,
    LONGEST_FILE,
    MOST_LINES,
    Line,
    Listing,
    TooLongError,
    UnreadableFileError,
)
from symbols.watchlist_files.neutral import original

_DELIMITERS: Final = "\t;,"
_LIST_FIELD: Final = "symbols"
_OWN_FIELDS: Final = frozenset({"verdict", "message", "suggestion", "candidates", "changes"})
"""What our answers add to a line; their lines can be sent back as they came."""

_Record = tuple[int, list[str]]


def read_any(raw: bytes) -> Listing:
    """Read a file whose kind nobody has told. Raises UnreadableFileError."""
    text = text_of(raw)
    return read_json(text) if text.lstrip()[:1] in {"[", "{"} else read_text(text)


def text_of(raw: bytes) -> str:
    """Return a file's text: UTF-8, or what its byte order mark says. Raises UnreadableFileError."""
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding, name = "utf-16", "UTF-16"
    else:
        encoding, name = "utf-8-sig", "UTF-8"
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise UnreadableFileError(f"is not {name}: save it as CSV in UTF-8", line) from None
    if "\0" in text:
        raise UnreadableFileError("is no text: it holds the character U+0000", text[: text.index("\0")].count("\n") + 1)
    return text


def read_json(text: str) -> Listing:
    """Read a list of symbols or of objects, or `{"symbols": such a list}`. Raises UnreadableFileError."""
    try:
        value = strict_json.decode(text, LONGEST_FILE)
    except strict_json.MalformedJsonError as error:
        raise UnreadableFileError(str(error), error.line) from None
    if isinstance(value, dict):
        if not isinstance(value.get(_LIST_FIELD), list):
            raise UnreadableFileError(f'is no list of symbols: expected [...] or {{"{_LIST_FIELD}": [...]}}')
        value = value[_LIST_FIELD]
    if not isinstance(value, list):
        raise UnreadableFileError(f"is no list of symbols: expected an array, got {strict_json.kind_of(value)}")
    if len(value) > MOST_LINES:
        raise TooLongError
    keys = [key for one in value if isinstance(one, dict) for key in one if key not in _OWN_FIELDS | {"line"}]
    strange = left_aside(keys)
    return _whole([_json_line(number, one) for number, one in enumerate(value, 1)], strange)


def read_text(text: str) -> Listing:
    """Read CSV, with a header or without, or a plain list of symbols. Raises UnreadableFileError."""
    records = _records(text)
    try:
        first = next(records)
    except StopIteration:
        return _whole([], ())
    columns = _header(first[1])
    if columns:
        strange = left_aside(first[1])
        return _whole([_line(record, columns) for record in records], strange)
    listed: list[_Record] = [first]
    # What the columns mean is seen in the first line that has several.
    while len(listed[-1][1]) == 1 and (record := next(records, None)):
        listed.append(record)
    table = _is_table(listed[-1][1])
    listed += records
    if table:
        return _whole([_line(record, COLUMNS) for record in listed], ())
    symbols = [(number, cell.strip()) for number, cells in listed for cell in cells if cell.strip()]
    if len(symbols) > MOST_LINES:
        raise TooLongError
    return _whole([line_of(number, {"symbol": original(symbol)}) for number, symbol in symbols], ())


def _records(text: str) -> Iterator[_Record]:
    """Yield the records that are not empty, each with the line on which it begins. Raises UnreadableFileError."""
    # A space after a quotation mark would be a mistake; before a line's end it is none.
    trimmed = (line.rstrip(" \r\n") + "\n" for line in io.StringIO(text, newline=""))
    reader = csv.reader(trimmed, delimiter=_delimiter(text), skipinitialspace=True, strict=True)
    begins, count = 1, 0
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                count += 1
                # One for a header.
                if count > MOST_LINES + 1:
                    raise TooLongError
                yield begins, cells
            begins = reader.line_num + 1
    except csv.Error as error:
        raise UnreadableFileError(f"is no CSV: {error}", begins) from None


def _delimiter(text: str) -> str:
    """Return what separates the cells: what ends the first one in the first line that has several."""
    for line in io.StringIO(text):
        for part in line.strip(" \r\n").split('"')[::2]:
            for character in part:
                if character in _DELIMITERS:
                    return character
    return ","


def _header(cells: Sequence[str]) -> tuple[str, ...]:
    """Return which column each cell stands for; nothing where they are no header."""
    columns = tuple(ALIASES.get(cell.strip().casefold(), "") for cell in cells)
    if "symbol" not in columns:
        return ()
    named = [column for column in columns if column]
    twice = next((column for column in named if named.count(column) > 1), None)
    if twice:
        raise UnreadableFileError(f"two columns are called {twice}, or mean it", 1)
    return columns


def _is_table(cells: Sequence[str]) -> bool:
    """Tell whether a line of several cells is one symbol's with its columns, and not several symbols."""
    _, exchange, enabled, priority, *_ = (*(cell.strip().casefold() for cell in cells), "", "", "")
    if len(cells) == 1:
        return False
    if exchange in EXCHANGE_NAMES or exchange == SIMULATED or enabled in SWITCHES or priority in PRIORITIES:
        return True
    return len(cells) == len(COLUMNS) - 1 and not (exchange or enabled or priority)


def _line(record: _Record, columns: Sequence[str]) -> Line:
    number, cells = record
    told = {
        column: original(cell.strip()) if column != "categories" else cell
        for column, cell in zip(columns, cells, strict=False)
        if column
    }
    if any(cell.strip() for cell in cells[len(columns) :]):
        named = told.get("symbol", "")
        return Line(number, named, problem=f"has {len(cells)} cells, but there are {len(columns)} columns")
    return line_of(number, told)


def _json_line(number: int, value: Any) -> Line:
    if isinstance(value, str):
        return line_of(number, {"symbol": value})
    if not isinstance(value, dict):
        return Line(number, "", problem=f"is a symbol or an object, not {strict_json.kind_of(value)}")
    line = value.get("line")
    number = line if type(line) is int and 0 < line < 2**31 else number
    told: dict[str, Any] = {}
    for key, one in value.items():
        column = ALIASES.get(key.strip().casefold())
        if column in told:
            return Line(number, "", problem=f"says twice what its {column} is")
        if column:
            told[column] = one
    return line_of(number, told)


def _whole(lines: list[Line], strange: tuple[str, ...]) -> Listing:
    if not lines:
        raise UnreadableFileError("there is no symbol in it: one stands on each line, or they stand between commas")
    if len(lines) > MOST_LINES:
        raise TooLongError
    return Listing(tuple(lines), strange)
