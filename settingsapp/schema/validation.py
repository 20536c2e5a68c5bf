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

LONGEST_DOCUMENT: Final = 1024 * 1024
MOST_PROBLEMS: Final = 200
"""So many problems of one document are told; nobody reads more at once, and each costs time."""

_TYPE_MESSAGES = {
    "bool_type": "is either true or false",
    "string_type": "is a text",
    "int_type": "is a whole number",
    "int_from_float": "is a whole number",
    "int_parsing_size": "is too large a number",
    "float_type": "is a number",
    "finite_number": "is a finite number",
    "tuple_type": "is a list",
    "list_type": "is a list",
    "mapping_type": "is an object with one entry for each name",
    "dict_type": "is an object with one entry for each name",
    "model_type": "is an object",
    "model_attributes_type": "is an object",
    "missing": "is missing",
}
_BOUND_MESSAGES = {
    "greater_than": ("gt", "is more than {}"),
    "greater_than_equal": ("ge", "is at least {}"),
    "less_than": ("lt", "is less than {}"),
    "less_than_equal": ("le", "is at most {}"),
    "string_too_long": ("max_length", "has at most {} characters"),
    "string_too_short": ("min_length", "has at least {} characters"),
    "too_long": ("max_length", "has at most {} entries"),
    "too_short": ("min_length", "has at least {} entries"),
    "literal_error": ("expected", "is one of {}"),
    "enum": ("expected", "is one of {}"),
}


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
    kind = detail["type"]
    context = detail.get("ctx", {})
    if kind == "extra_forbidden":
        return f"no such field{suggestion(str(location[-1]), _fields_beside(location))}"
    if kind == "value_error":
        return str(context["error"])
    if kind in _TYPE_MESSAGES:
        return _TYPE_MESSAGES[kind]
    if kind in _BOUND_MESSAGES:
        key, text = _BOUND_MESSAGES[kind]
        return text.format(_plain(context[key])).replace("is one of 'positions'", "is always 'positions'")
    return detail["msg"][0].lower() + detail["msg"][1:]


def _plain(bound: object) -> str:
    return f"{bound:,.10g}" if isinstance(bound, float) else str(bound)


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
