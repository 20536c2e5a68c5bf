"""The document's JSON Schema in one piece, for readers that follow no references."""

from typing import Any

from settingsapp.schema.validation import json_schema


def inlined_schema() -> dict[str, Any]:
    """Return the schema with its references replaced by what they name; a new one with each call."""
    schema = json_schema()
    return _inlined(schema, schema)


def _inlined(schema: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    """Return the node without references; what stands beside one wins over what it names."""
    if "$ref" in node:
        named = schema["$defs"][node["$ref"].rpartition("/")[2]]
        node = named | {key: value for key, value in node.items() if key != "$ref"}
    inlined = {key: value for key, value in node.items() if key != "$defs"}
    if "properties" in node:
        inlined["properties"] = {name: _inlined(schema, child) for name, child in node["properties"].items()}
    for key in ("items", "additionalProperties"):
        if isinstance(node.get(key), dict):
            inlined[key] = _inlined(schema, node[key])
    if "anyOf" in node:
        inlined["anyOf"] = [_inlined(schema, choice) for choice in node["anyOf"]]
    return inlined
