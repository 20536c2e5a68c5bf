"""JSON Patch against the cases that its implementers share (json-patch/json-patch-tests), through the strict reader.

The suite switches four of its cases off, since many readers can't see what they are about: a scalar as the document, a
test of the whole document, and a key that stands twice. Here they have to hold like all others.
"""

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest

from settingsapp.schema import strict_json
from settingsapp.schema.json_patch import UnfitPatchError, apply
from tests.public_suites import suite_file
from tests.running import unavailable

SUITE = "json-patch-test-suite"
VERSION = "1.1.0"
FILES = {"tests.json": 78, "spec_tests.json": 17}
"""How many cases each holds in that version."""
PLACE = suite_file(SUITE)
ABSENT = (
    f"needs the public JSON Patch cases at {PLACE}: "
    f"mkdir -p {PLACE} && npm pack {SUITE}@{VERSION} && tar -xzf {SUITE}-{VERSION}.tgz -C {PLACE}"
)


def raw_cases(name: str) -> Iterator[str]:
    """The text of each case: once read, a key that stood twice stands once."""
    path = suite_file(f"{SUITE}/package/{name}")
    if not path.exists():
        return
    text = path.read_text()
    reader = json.JSONDecoder()
    at = text.index("[") + 1
    while text[at:].lstrip().startswith("{"):
        begin = text.index("{", at)
        _, at = reader.raw_decode(text, begin)
        yield text[begin:at]
        at += len(text[at:]) - len(text[at:].lstrip(", \n\r\t"))


def parameters() -> Iterator[Any]:
    for name in FILES:
        for number, raw in enumerate(raw_cases(name)):
            comment = json.loads(raw).get("comment") or "without a comment"
            yield pytest.param(raw, id=f"{name.removesuffix('.json')} {number}: {comment}")


def holds_a_key_twice(raw: str) -> bool:
    objects: list[list[tuple[str, Any]]] = []

    def read(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        objects.append(pairs)
        return dict(pairs)

    json.loads(raw, object_pairs_hook=read)
    return any(len(dict(pairs)) < len(pairs) for pairs in objects)


def exactly(value: Any) -> str:
    """So that 1, 1.0 and true differ."""
    return json.dumps(value, sort_keys=True)


def test_the_suite_is_there_whole() -> None:
    if not PLACE.exists():
        unavailable(ABSENT)
    package = json.loads(suite_file(f"{SUITE}/package/package.json").read_text())
    assert package["version"] == VERSION
    assert {name: len(list(raw_cases(name))) for name in FILES} == FILES


@pytest.mark.parametrize("raw", list(parameters()) or [pytest.param("", id="absent")])
def test_a_public_case_comes_out_as_it_says(raw: str) -> None:
    if not raw:
        unavailable(ABSENT)
    if holds_a_key_twice(raw):
        assert "error" in json.loads(raw)
        with pytest.raises(strict_json.MalformedJsonError, match="stands twice") as caught:
            strict_json.decode_object(raw)
        assert caught.value.path.startswith("patch.0")
        return
    case = strict_json.decode_object(raw)
    before = copy.deepcopy(case["doc"])
    if "error" in case:
        with pytest.raises(UnfitPatchError):
            apply(case["doc"], case["patch"])
    else:
        # A case of tests alone says nothing of the result: it stays as it was.
        assert exactly(apply(case["doc"], case["patch"])) == exactly(case.get("expected", before))
    assert case["doc"] == before
