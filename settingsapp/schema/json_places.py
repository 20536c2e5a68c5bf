"""Where the values of a JSON text stand: for editors that show a problem at its line.

Reads valid text and faulty one alike, as far as it goes, without recursion. It decides nothing about validity but for
what `settingsapp.schema.strict_json` refuses beyond the syntax, whose place Python's own reader does not tell.
"""

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from settingsapp.schema.secrets import shown

_TOKEN: Final = re.compile(r'\s+|"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\],:]|[^\s{}\[\],:"]+|"', re.DOTALL)
_NOT_NUMBERS: Final = frozenset({"NaN", "Infinity", "-Infinity"})
_NUMBER: Final = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_MOST_DIGITS: Final = 4_300


@dataclass(frozen=True)
class Place:
    """A value's dotted path (empty: the whole) and its line, counted from 1. `faulty`: a strict reader refuses it."""

    path: str
    line: int
    faulty: bool = False


@dataclass
class _Container:
    path: str
    is_object: bool
    index: int = 0
    key: str | None = None
    seen: set[str] = field(default_factory=set)

    def child(self) -> str:
        name = shown(self.key or "") if self.is_object else str(self.index)
        return f"{self.path}.{name}" if self.path else name


def lines_of(text: str, deepest: int) -> dict[str, int]:
    """Return the line of every value by its path: of an object's value the line on which its key stands."""
    found: dict[str, int] = {}
    for place in _places(text, deepest):
        found.setdefault(place.path, place.line)
    return found


def nearest_line(path: str, lines: Mapping[str, int]) -> int:
    """Return the line of a path, or of the nearest part around it that stands in the text."""
    while path and path not in lines:
        path = path.rpartition(".")[0]
    return lines.get(path, 1)


def first_fault(text: str, deepest: int) -> Place | None:
    """Return the first value that is refused: no finite number, half a surrogate pair, U+0000, a key's second
    appearance, nesting deeper than `deepest` containers. None where there is none.
    """
    return next((place for place in _places(text, deepest) if place.faulty), None)


def _places(text: str, deepest: int) -> Iterator[Place]:
    line, stack = 1, list[_Container]()
    for match in _TOKEN.finditer(text):
        token = match[0]
        inside = stack[-1] if stack else None
        if token in "}]":
            if not stack:
                return
            stack.pop()
        elif token == ",":
            if inside is None:
                return
            inside.index += 1
            inside.key = None
        elif token == '"':
            return
        elif token != ":" and not token.isspace():
            if token[0] == '"' and inside is not None and inside.is_object and inside.key is None:
                yield from _key(token, inside, line)
            else:
                yield from _value(token, inside, line, too_deep=len(stack) >= deepest)
            if token in "{[":
                if len(stack) >= deepest:
                    return
                stack.append(_Container(_path(inside), token == "{"))
        line += token.count("\n")


def _value(token: str, inside: _Container | None, line: int, *, too_deep: bool) -> Iterator[Place]:
    # Of an object's value, the key has told the place.
    if inside is None or not inside.is_object:
        yield Place(_path(inside), line)
    if too_deep if token in "{[" else _is_refused(token):
        yield Place(_path(inside), line, faulty=True)


def _path(inside: _Container | None) -> str:
    return "" if inside is None else inside.child()


def _key(token: str, inside: _Container, line: int) -> Iterator[Place]:
    key = _text(token)
    if key is None or _is_unusable(key):
        yield Place(inside.path, line, faulty=True)
        return
    inside.key = key
    yield Place(inside.child(), line, faulty=key in inside.seen)
    inside.seen.add(key)


def _is_refused(token: str) -> bool:
    if token[0] == '"':
        text = _text(token)
        return text is not None and _is_unusable(text)
    if token in _NOT_NUMBERS:
        return True
    if not _NUMBER.fullmatch(token):
        return False
    if token.lstrip("-").isdigit():
        return len(token.lstrip("-")) > _MOST_DIGITS
    return not math.isfinite(float(token))


def _text(token: str) -> str | None:
    try:
        return str(json.loads(token))
    except ValueError:
        return None


def _is_unusable(text: str) -> bool:
    return "\0" in text or any("\ud800" <= character <= "\udfff" for character in text)
