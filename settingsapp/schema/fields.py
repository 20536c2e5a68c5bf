"""The document's fields, one by one, as its schema describes them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from settingsapp.schema.inlined import inlined_schema

ANY_NAME: Final = "*"
"""Stands in a pattern for a name that the owner chooses, such as an exchange's."""


@dataclass(frozen=True)
class LeafField:
    """A field that holds a value and no further fields. `pattern` is its dotted path, `*` for any name.

    `node` is its JSON Schema without references; treat it as read-only.
    """

    pattern: str
    node: Mapping[str, Any]


@cache
def leaf_fields() -> tuple[LeafField, ...]:
    """Return every field of the document, in its order."""
    return tuple(_leaves("", inlined_schema()))


@cache
def sections() -> Mapping[str, Mapping[str, Any]]:
    """Return the schema of each part that holds fields, by its pattern; the document's own is the empty one."""
    return dict(_sections("", inlined_schema()))


def matches(pattern: str, path: str) -> bool:
    """Tell whether a dotted path is one of those that a pattern stands for."""
    wanted, parts = pattern.split("."), path.split(".")
    return len(wanted) == len(parts) and all(w in (ANY_NAME, part) for w, part in zip(wanted, parts, strict=True))


def _leaves(path: str, node: Mapping[str, Any]) -> Iterator[LeafField]:
    children = dict(_children(path, node))
    if not children and path:
        yield LeafField(path, node)
    for name, child in children.items():
        yield from _leaves(name, child)


def _sections(path: str, node: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    children = dict(_children(path, node))
    if children:
        yield path, node
    for name, child in children.items():
        yield from _sections(name, child)


def _children(path: str, node: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    before = f"{path}." if path else ""
    for name, child in node.get("properties", {}).items():
        yield before + name, child
    others = node.get("additionalProperties")
    if isinstance(others, Mapping):
        yield before + ANY_NAME, others
