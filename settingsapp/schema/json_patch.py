"""JSON Patch, RFC 6902, as somebody sends it: every operation is told by its number and place where it does not fit.

No message repeats a value: it may be a secret in the wrong place.
"""

import copy
from collections.abc import Mapping, Sequence
from typing import Any, Final

import jsonpatch
import jsonpointer

from settingsapp.schema.problems import FieldProblem
from settingsapp.schema.secrets import shown

MOST_OPERATIONS: Final = 10_000
HEAVIEST: Final = 4 * 1024 * 1024
"""So many values and characters may be copied by one patch. Copies of copies grow without limit otherwise."""

_MEMBERS: Final[Mapping[str, tuple[str, ...]]] = {
    "add": ("path", "value"),
    "remove": ("path",),
    "replace": ("path", "value"),
    "move": ("from", "path"),
    "copy": ("from", "path"),
    "test": ("path", "value"),
}


class UnfitPatchError(Exception):
    """The patch can't be applied. `problem.path` is the place in the document, or in the patch where it has none."""

    def __init__(self, problem: FieldProblem) -> None:
        super().__init__(f"{problem.path}: {problem.message}")
        self.problem = problem


class FailedTestError(UnfitPatchError):
    """A `test` operation found something else than it named."""


def apply(document: Any, operations: Sequence[Any]) -> Any:
    """Return what a patch makes of a JSON value, which stays as it was; all of it or nothing.

    Raises UnfitPatchError, FailedTestError.
    """
    if len(operations) > MOST_OPERATIONS:
        raise UnfitPatchError(FieldProblem("", f"a patch has at most {MOST_OPERATIONS} operations"))
    patched, copied = copy.deepcopy(document), 0
    for index, operation in enumerate(operations):
        checked = _checked(operation, index)
        name = f"operation {index} ({checked['op']})"
        place = _dotted(checked["path"])
        try:
            if checked["op"] == "copy":
                copied += _weight(jsonpointer.resolve_pointer(patched, checked["from"]), HEAVIEST - copied)
                if copied > HEAVIEST:
                    raise UnfitPatchError(FieldProblem(place, f"{name} copies too much"))
            patched = jsonpatch.JsonPatch([checked]).apply(patched, in_place=True)
        except jsonpatch.JsonPatchTestFailed:
            raise FailedTestError(FieldProblem(place, f"{name}: something else stands there")) from None
        except (jsonpatch.JsonPatchException, jsonpointer.JsonPointerException, TypeError):
            raise UnfitPatchError(FieldProblem(place, f"{name} does not fit: {_expectation(checked)}")) from None
        except RecursionError:
            raise UnfitPatchError(FieldProblem(place, f"{name} nests too deeply")) from None
    return patched


def _checked(operation: Any, index: int) -> dict[str, Any]:
    """Return the members that count. Raises UnfitPatchError where one is missing or no pointer."""
    if not isinstance(operation, Mapping):
        raise UnfitPatchError(FieldProblem(str(index), "an operation is an object"))
    members = _MEMBERS.get(operation["op"]) if isinstance(operation.get("op"), str) else None
    if members is None:
        raise UnfitPatchError(FieldProblem(f"{index}.op", f"an operation is one of {', '.join(_MEMBERS)}"))
    for member in members:
        if member not in operation:
            raise UnfitPatchError(FieldProblem(f"{index}.{member}", f"is missing: {operation['op']} needs it"))
        if member != "value":
            _check_pointer(operation[member], f"{index}.{member}")
    return {"op": operation["op"]} | {member: operation[member] for member in members}


def _check_pointer(pointer: Any, path: str) -> None:
    try:
        jsonpointer.JsonPointer(pointer)
    except (jsonpointer.JsonPointerException, TypeError, AttributeError):
        told = "is a JSON Pointer: empty, or begins with / as in /symbols/0; in names ~ is written ~0 and / is ~1"
        raise UnfitPatchError(FieldProblem(path, told)) from None


def _dotted(pointer: str) -> str:
    return ".".join(shown(part) for part in jsonpointer.JsonPointer(pointer).parts)


def _expectation(operation: Mapping[str, Any]) -> str:
    match operation["op"]:
        case "add":
            return "what is around the path has to be there, and a list's index to be within it, or - for its end"
        case "move" | "copy":
            return f"from ({_dotted(operation['from'])}) has to be there, and what is around the path"
        case _:
            return "nothing stands there"


def _weight(value: Any, most: int) -> int:
    """Count values and characters, until there are more than `most`."""
    weight, waiting = 0, [value]
    while waiting and weight <= most:
        part = waiting.pop()
        weight += 1
        if isinstance(part, str):
            weight += len(part)
        elif isinstance(part, Mapping):
            weight += sum(map(len, part))
            waiting.extend(part.values())
        elif isinstance(part, list):
            waiting.extend(part)
    return weight
