"""The watchlist as CSV and as JSON, which an import reads back as it was."""

import csv
import io
import json
from collections.abc import Iterable
from typing import Final

from symbols.watchlist_files.entries import COLUMNS, Line
from symbols.watchlist_files.neutral import neutralised

_BETWEEN_NAMES: Final = "|"


def csv_text(lines: Iterable[Line]) -> str:
    """Return the lines as CSV (RFC 4180) with a header; nothing in it can begin a formula."""
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow(COLUMNS)
    for one in lines:
        # Each name by itself: a program that cuts cells elsewhere would begin a cell with any of them.
        names = _BETWEEN_NAMES.join(map(neutralised, one.categories))
        plain = (one.symbol, one.exchange, _switch(one.enabled), _priority(one.sparse))
        writer.writerow((*map(neutralised, plain), names, one.added.isoformat() if one.added else ""))
    return written.getvalue()


def json_text(lines: Iterable[Line]) -> str:
    """Return the lines as JSON, one symbol on each line."""
    told = [
        json.dumps(
            {
                "symbol": one.symbol,
                "exchange": one.exchange,
                "enabled": one.enabled,
                "priority": _priority(one.sparse) or None,
                "categories": list(one.categories),
                "added": one.added.isoformat() if one.added else None,
            },
            ensure_ascii=False,
        )
        for one in lines
    ]
    inside = ",\n".join(f"    {one}" for one in told)
    return f'{{\n  "symbols": [\n{inside}\n  ]\n}}\n' if told else '{\n  "symbols": []\n}\n'


def _switch(on: bool | None) -> str:
    return "" if on is None else "yes" if on else "no"


def _priority(sparse: bool | None) -> str:
    return "" if sparse is None else "sparse" if sparse else "normal"
