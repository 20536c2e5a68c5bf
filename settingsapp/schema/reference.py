"""What every field of the settings means, made from the model: `python -m settingsapp.schema.reference` prints it.

The same entries make docs/settings.md and the page of the admin.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from settingsapp.schema.fields import ANY_NAME, LeafField, leaf_fields, sections
from settingsapp.schema.impact import EXPLAINED, IMPACTS, Impact

TITLE: Final = "The settings, field by field"
INTRODUCTION: Final = (
    "Everything that you want from Livermore is one JSON document. What it leaves out gets its default. "
    "In a path, * stands for a name of your own choice, such as an exchange's."
)
_TYPES: Final = {"boolean": "true or false", "string": "a text", "integer": "a whole number", "number": "a number"}


@dataclass(frozen=True)
class FieldEntry:
    """One field, in words. `default` is JSON."""

    path: str
    title: str
    meaning: str
    allowed: str
    default: str
    impact: Impact


@dataclass(frozen=True)
class SectionEntry:
    """The fields that stand together in one part of the document. The document's own part has the empty path."""

    path: str
    title: str
    meaning: str
    fields: tuple[FieldEntry, ...]


def entries() -> tuple[SectionEntry, ...]:
    """Return every part that has fields of its own, in the document's order."""
    parts = ((path, node, _fields_of(path)) for path, node in sections().items())
    return tuple(
        SectionEntry(
            path,
            _heading(path),
            str(node.get("description", "")) if path else INTRODUCTION,
            fields,
        )
        for path, node, fields in parts
        if fields
    )


def markdown() -> str:
    """Return the reference as it stands in docs/settings.md."""
    return "\n".join(_markdown_lines())


def _markdown_lines() -> Iterator[str]:
    yield from (f"# {TITLE}", "", INTRODUCTION, "", "What a change causes:", "")
    yield from (f"- **{impact.value}**: {told}" for impact, told in EXPLAINED.items())
    for section in entries():
        yield from ("", f"## {section.title}")
        if section.path:
            yield from ("", f"`{section.path}`. {section.meaning}")
        yield from ("", "| field | meaning | allowed | default | a change causes |", "| --- | --- | --- | --- | --- |")
        for field in section.fields:
            name = field.path.removeprefix(f"{section.path}.")
            meaning = f"**{field.title}.** {field.meaning}"
            cells = (f"`{name}`", meaning, field.allowed, f"`{field.default}`", field.impact.value)
            yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
    yield ""


def _heading(section: str) -> str:
    """Return the titles of a part and of those around it: alert thresholds there are in every mode."""
    parts = section.split(".") if section else []
    around = [".".join(parts[: length + 1]) for length in range(len(parts))]
    titles = ["each" if path.endswith(ANY_NAME) else str(sections()[path].get("title", "")) for path in around]
    return ": ".join(titles) or "The document itself"


def _fields_of(section: str) -> tuple[FieldEntry, ...]:
    return tuple(_entry(field) for field in leaf_fields() if field.pattern.rpartition(".")[0] == section)


def _entry(field: LeafField) -> FieldEntry:
    node = field.node
    return FieldEntry(
        path=field.pattern,
        title=str(node.get("title", "")),
        meaning=str(node.get("description", "")),
        allowed=_allowed(node),
        default=json.dumps(node.get("default"), ensure_ascii=False),
        impact=IMPACTS[field.pattern],
    )


def _allowed(node: Mapping[str, Any]) -> str:
    if "anyOf" in node:
        choices = [choice for choice in node["anyOf"] if choice.get("type") != "null"]
        return f"{' or '.join(map(_allowed, choices))}; or null: left open"
    if "const" in node:
        return f"always {json.dumps(node['const'])}"
    if "enum" in node:
        return f"one of {', '.join(str(value) for value in node['enum'])}"
    if node.get("type") == "array":
        most = f", at most {node['maxItems']:,}" if "maxItems" in node else ""
        return f"a list{most}; each {_allowed(node['items'])}"
    return _TYPES[node["type"]] + "".join(f", {bound}" for bound in _bounds(node))


def _bounds(node: Mapping[str, Any]) -> Iterator[str]:
    for key, words in (
        ("minimum", "at least {}"),
        ("exclusiveMinimum", "more than {}"),
        ("maximum", "at most {}"),
        ("maxLength", "at most {} characters"),
    ):
        if key in node:
            bound = node[key]
            yield words.format(f"{int(bound):,}" if bound == int(bound) else bound)


if __name__ == "__main__":
    sys.stdout.write(markdown())
