"""What is different between two documents, for people and for the engine."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from settingsapp.schema.document import SettingsDocument
from settingsapp.schema.effective import watched_symbols

LONGEST_VALUE: Final = 120
_WATCHLIST: Final = frozenset({"symbols", "sparse_symbols", "disabled_symbols", "scanner_symbols"})


class Absent:
    """Stands for a value that is not there; unlike null, which is a value."""

    def __repr__(self) -> str:
        return "nothing"


ABSENT: Final = Absent()


@dataclass(frozen=True)
class Change:
    """One field that differs; `before` or `after` is ABSENT where the field is missing on that side."""

    path: str
    before: Any
    after: Any

    @property
    def sentence(self) -> str:
        """The change in words: `exchanges.coinbase.enabled: no → yes`."""
        if isinstance(self.before, list) and isinstance(self.after, list):
            # By how they are written, since what is no document may hold items that no set takes.
            had, has = set(map(repr, self.before)), set(map(repr, self.after))
            gained = [item for item in self.after if repr(item) not in had]
            lost = [item for item in self.before if repr(item) not in has]
            parts = [f"{word} {_shown(items)}" for word, items in (("added", gained), ("removed", lost)) if items]
            if parts:
                return f"{self.path}: {', '.join(parts)}"
            return f"{self.path}: put in another order"
        return f"{self.path}: {_shown(self.before)} → {_shown(self.after)}"


@dataclass(frozen=True)
class WatchlistChange:
    """Qualified symbols that came to be watched and that ceased to be; `anything_else` that changed besides."""

    gained: tuple[str, ...]
    lost: tuple[str, ...]
    anything_else: bool


def changes(before: SettingsDocument, after: SettingsDocument) -> tuple[Change, ...]:
    """Return what differs, field by field, in the document's order."""
    return changes_of(before.as_json(), after.as_json())


def changes_of(before: Any, after: Any) -> tuple[Change, ...]:
    """Return what differs between two values of JSON, whether they are documents or not."""
    return tuple(_changes("", before, after))


def watchlist_changes(before: SettingsDocument, after: SettingsDocument) -> WatchlistChange:
    """Return what a save means for the watchlist."""
    old, new = watched_symbols(before), watched_symbols(after)
    had, has = set(old), set(new)
    others = [change for change in changes(before, after) if change.path not in _WATCHLIST]
    return WatchlistChange(
        gained=tuple(symbol for symbol in new if symbol not in had),
        lost=tuple(symbol for symbol in old if symbol not in has),
        anything_else=bool(others),
    )


def _changes(path: str, before: Any, after: Any) -> Iterator[Change]:
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in dict.fromkeys((*before, *after)):
            yield from _changes(f"{path}.{key}" if path else key, before.get(key, ABSENT), after.get(key, ABSENT))
    elif before != after:
        yield Change(path, before, after)


def _shown(value: Any) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case None:
            return "open"
        case str():
            text = value or "empty"
        case list() | tuple():
            text = ", ".join(map(str, value)) or "empty"
        case Mapping():
            text = "an entry"
        case _:
            text = str(value)
    return text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 1]}…"
