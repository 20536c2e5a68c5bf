"""What is wrong with a value, in words that say what would be right."""

from typing import Final

from pydantic_core import ErrorDetails

_TYPE_MESSAGES: Final = {
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
_BOUND_MESSAGES: Final = {
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


def sentence(said: object) -> str:
    """Return what an error or a text says as a sentence of its own."""
    text = str(said)
    return f"{text[:1].upper()}{text[1:]}" + ("" if text.endswith((".", "?", "…")) else ".")


def in_words(detail: ErrorDetails) -> str:
    """Return what one of pydantic's errors means, as the end of a sentence that begins with the value's path."""
    kind = detail["type"]
    context = detail.get("ctx", {})
    if kind == "value_error":
        return str(context["error"])
    if kind in _TYPE_MESSAGES:
        return _TYPE_MESSAGES[kind]
    if kind in _BOUND_MESSAGES:
        key, text = _BOUND_MESSAGES[kind]
        return text.format(_plain(context[key]))
    return detail["msg"][0].lower() + detail["msg"][1:]


def _plain(bound: object) -> str:
    return f"{bound:,.10g}" if isinstance(bound, float) else str(bound)
