"""The document's JSON Schema in the dialect of django-jsonform, and the document in the shape of its forms.

The form can't show a value that is left open (null). Where the document allows one, the form has an extra choice or an
empty field for it; `to_form` and `from_form` translate, guided by the schema. A list of texts is one text field with a
line for each: a field of its own for each of a thousand symbols would make every key stroke wait.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias

from settingsapp.schema.inlined import inlined_schema
from settingsapp.schema.problems import FieldProblem

Node: TypeAlias = dict[str, Any]

OPEN: Final = "open"
"""Chosen where a choice is left open."""
YES: Final = "yes"
NO: Final = "no"
OPEN_ITEM: Final = 0
"""Stands in a list of choices for the list's being left open; none of the lists has 0 as a value of its own."""

WRITTEN_BY_LIVERMORE: Final = frozenset({"sub", "portfolio_symbols_last_update", "scanner_symbols_last_update"})
SEPARATOR: Final = "§"
"""Between the parts of a path in the form's error map."""

_OPEN_MARK: Final = "Open: "
"""Begins the sentence of a description that tells what being left open means."""


def form_schema() -> Node:
    """Return the schema for the form; a new one with each call, since the form's code changes what it gets."""
    shown = _form_node(inlined_schema())
    # The page has said already whose settings these are.
    shown.pop("title", None)
    return shown


def to_form(document: Mapping[str, Any]) -> Any:
    """Return a document's JSON as the form shows it."""
    return _to_form(inlined_schema(), document)


def from_form(shown: Any, base: Mapping[str, Any]) -> Any:
    """Return what a form's data means.

    `base` is the document that the form was filled from: a value that the form still shows as it was stays exactly as
    it was, also where two values of the document look the same in the form.
    """
    return _from_form(inlined_schema(), shown, base)


def error_map(problems: Sequence[FieldProblem]) -> dict[str, list[str]]:
    """Return the problems as the form wants them, by path."""
    found: dict[str, list[str]] = {}
    schema = inlined_schema()
    for problem in problems:
        parts, line = _field_and_line(schema, problem.path.split("."))
        message = problem.message if line is None else f"line {line}: {problem.message}"
        found.setdefault(SEPARATOR.join(parts), []).append(message)
    return found


def _field_and_line(schema: Node, parts: Sequence[str]) -> tuple[Sequence[str], int | None]:
    """Return the path of the field that shows a value; with a list that is one field, the line within it as well."""
    node = schema
    for depth, part in enumerate(parts):
        node, _ = _closed(node)
        if node.get("type") == "array":
            line = int(part) + 1 if part.isdecimal() and _is_lines(node) else None
            return parts[:depth], line
        node = _child(node, part)
    return parts, None


def _is_lines(node: Node) -> bool:
    return node.get("type") == "array" and node["items"].get("type") == "string" and "enum" not in node["items"]


def _closed(node: Node) -> tuple[Node, bool]:
    """Return the node without its null, and whether it had one."""
    if "anyOf" not in node:
        return node, False
    others = [choice for choice in node["anyOf"] if choice.get("type") != "null"]
    return others[0] | {key: node[key] for key in ("title", "description", "default") if key in node}, True


def _form_node(node: Node, name: str = "") -> Node:
    node, optional = _closed(node)
    shown: Node = {key: node[key] for key in ("title", "default", "minimum", "maximum") if key in node}
    if "description" in node:
        shown["helpText"] = node["description"]
    if name in WRITTEN_BY_LIVERMORE or "const" in node:
        shown["readonly"] = True
    open_title = node.get("description", "").partition(_OPEN_MARK)[2].rstrip(".") or "from profile"
    kind = node.get("type") or ("string" if "enum" in node else "object")
    if _is_lines(node):
        return {key: shown[key] for key in ("title", "helpText") if key in shown} | {
            "type": "string",
            "widget": "textarea",
            "placeholder": "one on each line",
        }
    shown["type"] = kind
    match kind:
        case "object":
            shown["properties"] = {key: _form_node(child, key) for key, child in node.get("properties", {}).items()}
            if isinstance(node.get("additionalProperties"), dict):
                entry = _form_node(node["additionalProperties"])
                # Each entry goes by its own name.
                entry.pop("title", None)
                shown["additionalProperties"] = entry
        case "array":
            shown["items"] = _items(node["items"], open_title if optional else None)
        case "boolean" if optional:
            shown |= {"type": "string", "default": OPEN, "widget": "select"}
            shown["choices"] = [
                {"title": open_title, "value": OPEN},
                {"title": "yes", "value": YES},
                {"title": "no", "value": NO},
            ]
        case _ if "enum" in node:
            choices = [{"title": value, "value": value} for value in node["enum"]]
            shown["choices"] = [{"title": open_title, "value": OPEN}, *choices] if optional else choices
        case _:
            pass
    if optional and shown.get("default") is None:
        shown.pop("default", None)
        if kind != "boolean":
            shown["placeholder"] = open_title
    return shown


def _items(node: Node, open_title: str | None) -> Node:
    choices = [{"title": str(value), "value": value} for value in node["enum"]]
    if open_title is not None:
        choices.insert(0, {"title": open_title, "value": OPEN_ITEM})
    return {"type": node.get("type", "string"), "choices": choices, "widget": "multiselect"}


def _to_form(node: Node, value: Any) -> Any:
    node, optional = _closed(node)
    kind = node.get("type")
    if kind == "object" and isinstance(value, Mapping):
        return {key: _to_form(_child(node, key), child) for key, child in value.items()}
    if _is_lines(node) and isinstance(value, list):
        return "\n".join(map(str, value))
    if not optional:
        return value
    match kind, value:
        case "boolean", None:
            return OPEN
        case "boolean", bool():
            return YES if value else NO
        case "array", None:
            return [OPEN_ITEM]
        case "string", None:
            return OPEN if "enum" in node else ""
        case _:
            return value


def _from_form(node: Node, shown: Any, base: Any) -> Any:
    closed, optional = _closed(node)
    kind = closed.get("type")
    if kind == "object" and isinstance(shown, Mapping):
        known = base if isinstance(base, Mapping) else {}
        return {key: _from_form(_child(closed, key), child, known.get(key)) for key, child in shown.items()}
    if base is not None and shown == _to_form(node, base):
        return base
    if _is_lines(closed) and isinstance(shown, str):
        return [line.strip() for line in shown.splitlines() if line.strip()]
    if not optional:
        return shown
    match kind, shown:
        case "boolean", str():
            return {OPEN: None, YES: True, NO: False}.get(shown, shown)
        case "array", list() if OPEN_ITEM in shown:
            return None
        case "string", str() if shown == (OPEN if "enum" in closed else ""):
            return None
        case _:
            return shown


def _child(node: Node, key: str) -> Node:
    properties: Node = node.get("properties", {})
    others = node.get("additionalProperties")
    return properties.get(key) or (others if isinstance(others, dict) else {})
