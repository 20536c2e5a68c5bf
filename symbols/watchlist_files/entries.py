"""What a file says of one symbol."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

COLUMNS: Final = ("symbol", "exchange", "enabled", "priority", "categories", "added")
"""What a file tells of a symbol; only the first is needed."""
MOST_LINES: Final = 5_000
LONGEST_FILE: Final = 2 * 1024 * 1024
"""In bytes: as many symbols are shorter with all that can be said of them."""


@dataclass(frozen=True)
class Line:
    """One symbol of a file; None and what is empty leave that as it is, or as it is by default."""

    line: int
    """The file's line on which it begins; of JSON, which one it is, from 1."""
    symbol: str
    exchange: str = ""
    enabled: bool | None = None
    sparse: bool | None = None
    categories: tuple[str, ...] = ()
    added: datetime | None = None
    problem: str = ""
    """Why it can't be read."""


@dataclass(frozen=True)
class Listing:
    """A file that was read. `left_aside`: names of columns, or fields, that say nothing to us."""

    lines: tuple[Line, ...]
    left_aside: tuple[str, ...] = ()


class UnreadableFileError(ValueError):
    """A file is no list of symbols. The text says what is wrong; `line` (from 1) where, as far as that can be told."""

    def __init__(self, reason: str, line: int | None = None) -> None:
        super().__init__(reason)
        self.line = line


class TooLongError(UnreadableFileError):
    """A file holds more symbols than can be taken at once."""

    def __init__(self) -> None:
        super().__init__(f"there are more than {MOST_LINES:,} symbols: that many can be taken at once, and no more")
