"""The step from one document to the next as JSON Patches (RFC 6902), there and back."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias

import jsonpatch

Patch: TypeAlias = list[dict[str, Any]]

MOST_LISTED: Final = 100
"""Where more entries of a list than this lie between its first and its last difference, it is replaced whole."""

_WHOLE: Final = "\x00"
"""Begins a list's stand-in. No text of a document holds this character."""


class PatchError(Exception):
    """The patch does not fit what it is applied to."""


def step(before: Any, after: Any) -> tuple[Patch, Patch]:
    """Return the patch that leads from one JSON value to another, and the one that leads back."""
    there, back = _standing_in(before, after)
    return _made(there, back), _made(back, there)


def applied(document: Any, patch: Sequence[Mapping[str, Any]]) -> Any:
    """Return what a patch makes of a JSON value, which stays as it was. Raises PatchError where it does not fit."""
    try:
        return jsonpatch.apply_patch(document, list(patch))
    # A patch that somebody altered fails within the library in whichever way it happens to.
    except Exception as error:
        raise PatchError(str(error)) from error


def _made(before: Any, after: Any) -> Patch:
    made: Patch = jsonpatch.make_patch(before, after).patch
    return [
        operation | {"value": _stood_for(operation["value"])} if "value" in operation else operation
        for operation in made
    ]


def _standing_in(before: Any, after: Any) -> tuple[Any, Any]:
    """Leave out what is the same in both objects, and put a text in the place of each list that changed much.

    Finding the fewest operations takes time that grows with the square of their number, and they are longer than the
    list itself.
    """
    match before, after:
        case dict(), dict():
            both = before.keys() & after.keys()
            same = {key for key in both if _same(before[key], after[key])}
            pairs = {key: _standing_in(before[key], after[key]) for key in both - same}
            return (
                {key: pairs[key][0] if key in pairs else value for key, value in before.items() if key not in same},
                {key: pairs[key][1] if key in pairs else value for key, value in after.items() if key not in same},
            )
        case list(), list() if max(_differing(before, after)) > MOST_LISTED:
            return _WHOLE + json.dumps(before), _WHOLE + json.dumps(after)
        case _:
            return before, after


def _same(one: Any, other: Any) -> bool:
    # To Python 1, 1.0 and True are equal. They are written differently.
    return one == other and json.dumps(one) == json.dumps(other)


def _differing(before: list[Any], after: list[Any]) -> tuple[int, int]:
    """Return how many entries of each lie between what both begin with and what both end with."""
    shorter = min(len(before), len(after))
    head = next((i for i in range(shorter) if before[i] != after[i]), shorter)
    rest = shorter - head
    tail = next((i for i in range(rest) if before[-1 - i] != after[-1 - i]), rest)
    return len(before) - head - tail, len(after) - head - tail


def _stood_for(value: Any) -> Any:
    return json.loads(value[1:]) if isinstance(value, str) and value.startswith(_WHOLE) else value
