"""Cells that a spreadsheet would take for a formula are written so that it does not, and read back as they were."""

from typing import Final

_MARK: Final = "'"
_FORMULA: Final = frozenset("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
"""With these a formula begins; the last four are the wide forms, which some programs take for the same."""


def neutralised(cell: str) -> str:
    """Return the cell as it is written: an apostrophe comes before what begins a formula, or before an apostrophe."""
    return _MARK + cell if _needs_a_mark(cell) else cell


def original(cell: str) -> str:
    """Return what `neutralised` was given. An apostrophe that it can't have written stays."""
    return cell[1:] if cell[:1] == _MARK and _needs_a_mark(cell[1:]) else cell


def _needs_a_mark(cell: str) -> bool:
    return cell[:1] == _MARK or cell[:1] in _FORMULA
