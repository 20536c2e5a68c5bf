"""JSON as it travels: strict on the way in, compact on the way out.

Python's own reader takes NaN, Infinity, 1e400 and lone surrogates, which the databases and other languages refuse
later and elsewhere, and keeps the last of two equal keys without a word. All of these are refused here.
"""

import json
import math
from typing import Any, NoReturn

from settingsapp.schema.json_places import first_fault
from settingsapp.schema.secrets import shown

# json.dumps would make a new one for each message.
_ENCODER = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, allow_nan=False)

LONGEST_MESSAGE = 256 * 1024
DEEPEST_NESTING = 32


class MalformedJsonError(ValueError):
    """The text is not JSON that every party can read. The message says what is wrong with it.

    `path` and `line` (from 1) say where; None where the text has no lines, as when it is too long or not UTF-8.
    """

    def __init__(self, reason: str, path: str = "", line: int | None = None) -> None:
        super().__init__(reason)
        self.path = path
        self.line = line

    @property
    def on_line(self) -> str:
        """The message with the line before it."""
        return str(self) if self.line is None else f"line {self.line}: {self}"

    @property
    def located(self) -> str:
        """The message with line and path before it, as far as it has them."""
        places = [f"line {self.line}" if self.line is not None else "", self.path]
        return ": ".join(part for part in (", ".join(filter(None, places)), str(self)) if part)


def encode(message: object) -> str:
    """Write compact JSON. Raises ValueError for NaN and the infinities."""
    return _ENCODER.encode(message)


def decode_object(raw: bytes | str, longest: int = LONGEST_MESSAGE) -> dict[str, Any]:
    """Read one JSON object, UTF-8. Raises MalformedJsonError."""
    value = decode(raw, longest)
    if not isinstance(value, dict):
        raise MalformedJsonError(f"expected an object, got {kind_of(value)}")
    return value


def decode(raw: bytes | str, longest: int = LONGEST_MESSAGE) -> Any:
    """Read any JSON value, UTF-8. Raises MalformedJsonError."""
    if len(raw) > longest:
        raise MalformedJsonError(f"longer than {longest} bytes")
    text = _decoded(raw) if isinstance(raw, bytes) else raw
    try:
        value = json.loads(
            text, parse_constant=_refuse_constant, parse_float=_finite, object_pairs_hook=_without_duplicates
        )
        _check(value, DEEPEST_NESTING)
        return value
    except RecursionError:
        raise _located("nested too deeply", text) from None
    except json.JSONDecodeError as error:
        raise MalformedJsonError(f"not JSON: {error}", "", error.lineno) from None
    except MalformedJsonError as error:
        raise _located(str(error), text) from None
    except ValueError as error:
        # An integer of more digits than Python converts.
        raise _located(f"not a usable number: {error}", text) from None


def kind_of(value: object) -> str:
    """Name a decoded value's JSON type, for messages."""
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int() | float():
            return "a number"
        case str():
            return "a string"
        case list():
            return "an array"
        case _:
            return "an object"


def _decoded(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        raise MalformedJsonError("not UTF-8", "", raw[: error.start].count(b"\n") + 1) from None


def _located(reason: str, text: str) -> MalformedJsonError:
    place = first_fault(text, DEEPEST_NESTING)
    return MalformedJsonError(reason, place.path, place.line) if place else MalformedJsonError(reason)


def _refuse_constant(name: str) -> NoReturn:
    raise MalformedJsonError(f"{name} is not a JSON number")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise MalformedJsonError(f"the number {text[:20]} is too large")
    return number


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise MalformedJsonError(f"the key {shown(key)[:60]!r} stands twice in one object")
            seen.add(key)
    return found


def _check(value: Any, depth: int) -> None:
    if depth < 0:
        raise MalformedJsonError(f"nested more than {DEEPEST_NESTING} levels deep")
    match value:
        case str():
            _check_text(value)
        case list():
            for item in value:
                _check(item, depth - 1)
        case dict():
            for key, item in value.items():
                _check_text(key)
                _check(item, depth - 1)
        case _:
            pass


def _check_text(text: str) -> None:
    if "\x00" in text:
        raise MalformedJsonError("a text holds the character \\u0000")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise MalformedJsonError("a text holds half of a surrogate pair") from None
