"""From data to a document, or to every problem with its path."""

from collections.abc import Iterable, Mapping
from functools import cache
from itertools import islice
from typing import Any, Final

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from settingsapp.schema import strict_json
from settingsapp.schema.document import RULES_ERROR, SettingsDocument
from settingsapp.schema.migrations import NewerSchemaError, migrated
from settingsapp.schema.problems import FieldProblem
from settingsapp.schema.secrets import pasted_secrets
from settingsapp.schema.spelling import suggestion
from settingsapp.schema.wording import in_words

LONGEST_DOCUMENT: Final = 1024 * 1024
MOST_PROBLEMS: Final = 200
"""So many problems of one document are told; nobody reads more at once, and each costs time."""


class InvalidSettingsError(Exception):
    """A document that can't be saved. `problems` holds everything that is wrong with it, in its order."""

    def __init__(self, problems: Iterable[FieldProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(f"{p.path}: {p.message}" if p.path else p.message for p in self.problems))


def validate(data: Mapping[str, Any]) -> SettingsDocument:
    """Return the document that the data describes, defaults filled in. Raises InvalidSettingsError.

    A problem of the whole document has the empty path. Where a text looks like a pasted secret, that alone is told:
    no other message may repeat it.
    """
    try:
        secrets = tuple(islice(pasted_secrets(data), MOST_PROBLEMS))
    except RecursionError:
        raise InvalidSettingsError([FieldProblem("", "the document can't be read: nested too deeply")]) from None
    if secrets:
        raise InvalidSettingsError(secrets)
    return _checked(data)


def read_saved(data: Any) -> SettingsDocument:
    """Return the document that was saved, perhaps in an earlier form. Raises InvalidSettingsError.

    What was taken once is not searched again for secrets, nor for what a database would refuse.
    """
    present = _in_present_form(data) if isinstance(data, Mapping) else data
    try:
        return _document(strict_json.encode(present))
    except (TypeError, ValueError, RecursionError) as error:
        raise _unreadable(error) from None


def validate_file(data: Mapping[str, Any]) -> SettingsDocument:
    """Return the document that a file describes, perhaps in an earlier form. Raises as `validate` does."""
    return validate(_in_present_form(data))


def _in_present_form(data: Mapping[str, Any]) -> Mapping[str, Any]:
    try:
        return migrated(data)
    except NewerSchemaError as error:
        raise InvalidSettingsError([error.problem]) from None


def _checked(data: Mapping[str, Any]) -> SettingsDocument:
    try:
        # Through the strict reader, so that nothing is saved that one of the databases would refuse.
        raw = strict_json.encode(data)
        strict_json.decode_object(raw, LONGEST_DOCUMENT)
    except strict_json.MalformedJsonError as error:
        raise InvalidSettingsError([FieldProblem("", f"the document can't be read: {error}")]) from None
    except (TypeError, ValueError, RecursionError) as error:
        raise _unreadable(error) from None
    return _document(raw)


def _document(raw: str) -> SettingsDocument:
    try:
        # As JSON, in which a list may be a tuple and a text an enumeration's member, while nothing else is converted.
        return SettingsDocument.model_validate_json(raw)
    except ValidationError as error:
        raise InvalidSettingsError(_problems(error)) from None


def _unreadable(error: Exception) -> InvalidSettingsError:
    reason = "nested too deeply" if isinstance(error, RecursionError) else str(error)
    return InvalidSettingsError([FieldProblem("", f"the document is not JSON: {reason}")])


def _problems(error: ValidationError) -> Iterable[FieldProblem]:
    found: dict[FieldProblem, None] = {}
    for detail in error.errors(include_url=False, include_input=False):
        if len(found) >= MOST_PROBLEMS:
            found[FieldProblem("", f"there are more than {MOST_PROBLEMS} problems; these are the first")] = None
            break
        if detail["type"] == RULES_ERROR:
            found.update(dict.fromkeys(detail["ctx"]["problems"]))
        else:
            location = tuple(part for part in detail["loc"] if part != "[key]")
            found[FieldProblem(".".join(map(str, location)), _message(detail, location))] = None
    return found


def _message(detail: ErrorDetails, location: tuple[int | str, ...]) -> str:
    if detail["type"] == "extra_forbidden":
        return f"no such field{suggestion(str(location[-1]), _fields_beside(location))}"
    return in_words(detail).replace("is one of 'positions'", "is always 'positions'")


def _fields_beside(location: tuple[int | str, ...]) -> tuple[str, ...]:
    schema: dict[str, Any] = json_schema()
    node = schema
    for part in location[:-1]:
        node = _resolve(schema, node)
        node = node.get("properties", {}).get(part) or node.get("additionalProperties") or {}
    return tuple(_resolve(schema, node).get("properties", {}))


def _resolve(schema: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in node:
        node = schema["$defs"][node["$ref"].rpartition("/")[2]]
    return node


@cache
def json_schema(model: type[BaseModel] = SettingsDocument) -> dict[str, Any]:
    """Return the document's JSON Schema, as it is written (by alias). Treat it as read-only."""
    return model.model_json_schema(by_alias=True)
