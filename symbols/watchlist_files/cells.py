"""What stands in the columns of a file, from text or JSON to what it means."""

from collections.abc import Mapping
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import Any, Final

from settingsapp.schema.secrets import shown
from settingsapp.schema.strict_json import kind_of
from symbols.category_names import SEPARATORS
from symbols.watchlist_files.entries import COLUMNS, Line, UnreadableFileError
from symbols.watchlist_files.neutral import original

ALIASES: Final[Mapping[str, str]] = {
    **{name: name for name in COLUMNS},
    "active": "enabled",
    "category": "categories",
    "instrument": "symbol",
    "market": "symbol",
    "pair": "symbol",
    "symbols": "symbol",
    "tags": "categories",
    "ticker": "symbol",
}
"""How files call the columns."""
SWITCHES: Final[Mapping[str, bool]] = {
    **dict.fromkeys(("yes", "true", "on", "1"), True),
    **dict.fromkeys(("no", "false", "off", "0"), False),
}
PRIORITIES: Final[Mapping[str, bool]] = {"normal": False, "sparse": True}
_MOST_TOLD: Final = 20
"""So many names that say nothing to us are told."""


class _UnreadableError(ValueError):
    """A cell says nothing that can be understood."""


def line_of(number: int, told: Mapping[str, Any]) -> Line:
    """Return what a file tells of a symbol, by column; where something can't be read, with that as its problem."""
    symbol = exchange = ""
    try:
        symbol = _text(told, "symbol")
        exchange = _text(told, "exchange")
        if not symbol:
            raise _UnreadableError("names no symbol")
        return Line(
            number,
            symbol,
            exchange,
            enabled=_choice(told, "enabled", SWITCHES, "yes or no"),
            sparse=_choice(told, "priority", PRIORITIES, "normal or sparse"),
            categories=_names(told.get("categories")),
            added=_moment(_text(told, "added")),
        )
    except _UnreadableError as error:
        return Line(number, symbol, exchange, problem=str(error))


def left_aside(names: list[str]) -> tuple[str, ...]:
    """Return the names that say nothing to us. Raises UnreadableFileError for one that is nearly one of ours."""
    strange = [name for name in dict.fromkeys(names) if name.strip() and name.strip().casefold() not in ALIASES]
    strange = strange[:_MOST_TOLD]
    for name in strange:
        # So near that "change" is not taken for "exchange".
        if near := get_close_matches(name.strip().casefold()[:40], COLUMNS, n=1, cutoff=0.88):
            raise UnreadableFileError(
                f"there is no column {shown(name.strip())}; did you mean {near[0]}? Columns are {', '.join(COLUMNS)}"
            )
    return tuple(shown(name.strip()) for name in strange)


def _text(told: Mapping[str, Any], column: str) -> str:
    value = told.get(column)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise _UnreadableError(f"{column} is a text, not {kind_of(value)}")
    return value.strip()


def _choice(told: Mapping[str, Any], column: str, words: Mapping[str, bool], right: str) -> bool | None:
    value = told.get(column)
    if isinstance(value, bool) and words is SWITCHES:
        return value
    text = _text(told, column).casefold()
    if not text:
        return None
    if text not in words:
        raise _UnreadableError(f"{column} is {right}, or empty")
    return words[text]


def _names(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    if isinstance(value, str):
        for separator in SEPARATORS:
            value = value.replace(separator, "|")
        value = [original(part.strip()) for part in value.split("|")]
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise _UnreadableError("categories is a text, or a list of texts")
    return tuple(dict.fromkeys(name for one in value if (name := " ".join(one.split()))))


def _moment(text: str) -> datetime | None:
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise _UnreadableError("added is a moment as ISO 8601 writes it: 2026-01-31T12:00:00+00:00") from None
