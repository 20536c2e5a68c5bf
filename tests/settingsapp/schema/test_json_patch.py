"""JSON Patch: the standard's own examples, and where implementations differ."""

import contextlib
import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settingsapp.schema.json_patch import MOST_OPERATIONS, FailedTestError, UnfitPatchError, apply

# RFC 6902, appendix A, in its order: document, patch, result.
APPENDIX_A: list[tuple[Any, list[Any], Any]] = [
    ({"foo": "bar"}, [{"op": "add", "path": "/baz", "value": "qux"}], {"baz": "qux", "foo": "bar"}),
    (
        {"foo": ["bar", "baz"]},
        [{"op": "add", "path": "/foo/1", "value": "qux"}],
        {"foo": ["bar", "qux", "baz"]},
    ),
    ({"baz": "qux", "foo": "bar"}, [{"op": "remove", "path": "/baz"}], {"foo": "bar"}),
    ({"foo": ["bar", "qux", "baz"]}, [{"op": "remove", "path": "/foo/1"}], {"foo": ["bar", "baz"]}),
    (
        {"baz": "qux", "foo": "bar"},
        [{"op": "replace", "path": "/baz", "value": "boo"}],
        {"baz": "boo", "foo": "bar"},
    ),
    (
        {"foo": {"bar": "baz", "waldo": "fred"}, "qux": {"corge": "grault"}},
        [{"op": "move", "from": "/foo/waldo", "path": "/qux/thud"}],
        {"foo": {"bar": "baz"}, "qux": {"corge": "grault", "thud": "fred"}},
    ),
    (
        {"foo": ["all", "grass", "cows", "eat"]},
        [{"op": "move", "from": "/foo/1", "path": "/foo/3"}],
        {"foo": ["all", "cows", "eat", "grass"]},
    ),
    (
        {"baz": "qux", "foo": ["a", 2, "c"]},
        [{"op": "test", "path": "/baz", "value": "qux"}, {"op": "test", "path": "/foo/1", "value": 2}],
        {"baz": "qux", "foo": ["a", 2, "c"]},
    ),
    (
        {"foo": "bar"},
        [{"op": "add", "path": "/child", "value": {"grandchild": {}}}],
        {"foo": "bar", "child": {"grandchild": {}}},
    ),
    (
        {"foo": "bar"},
        [{"op": "add", "path": "/baz", "value": "qux", "xyz": 123}],
        {"foo": "bar", "baz": "qux"},
    ),
    ({"/": 9, "~1": 10}, [{"op": "test", "path": "/~01", "value": 10}], {"/": 9, "~1": 10}),
    (
        {"foo": ["bar"]},
        [{"op": "add", "path": "/foo/-", "value": ["abc", "def"]}],
        {"foo": ["bar", ["abc", "def"]]},
    ),
]

FURTHER: list[tuple[Any, list[Any], Any]] = [
    ({}, [], {}),
    ({"a": 1}, [{"op": "add", "path": "", "value": {"b": 2}}], {"b": 2}),
    ({"a": 1}, [{"op": "replace", "path": "", "value": []}], []),
    ({"": 1}, [{"op": "replace", "path": "/", "value": 2}], {"": 2}),
    ({"a": [1]}, [{"op": "add", "path": "/a/1", "value": 2}], {"a": [1, 2]}),
    ({"a": {"0": 1}}, [{"op": "add", "path": "/a/01", "value": 2}], {"a": {"0": 1, "01": 2}}),
    ({"a": None}, [{"op": "test", "path": "/a", "value": None}], {"a": None}),
    ({"a": 1}, [{"op": "add", "path": "/a", "value": None}], {"a": None}),
    ({"a": 1}, [{"op": "test", "path": "/a", "value": 1.0}], {"a": 1}),
    ({"a": {"x": 1, "y": 2}}, [{"op": "test", "path": "/a", "value": {"y": 2, "x": 1}}], {"a": {"x": 1, "y": 2}}),
    ({"a": [1, 2]}, [{"op": "copy", "from": "/a", "path": "/a/0"}], {"a": [[1, 2], 1, 2]}),
    ({"a": 1}, [{"op": "move", "from": "/a", "path": "/a"}], {"a": 1}),
    ({"a": 1}, [{"op": "copy", "from": "", "path": "/b"}], {"a": 1, "b": {"a": 1}}),
    ({"a": [1, 2, 3]}, [{"op": "remove", "path": "/a/0"}, {"op": "remove", "path": "/a/0"}], {"a": [3]}),
    ({"a b%": 1, 'k"l': 2}, [{"op": "remove", "path": "/a b%"}, {"op": "remove", "path": '/k"l'}], {}),
]

FAILED_TESTS: list[tuple[Any, list[Any]]] = [
    ({"baz": "qux"}, [{"op": "test", "path": "/baz", "value": "bar"}]),
    ({"/": 9, "~1": 10}, [{"op": "test", "path": "/~01", "value": "10"}]),
    ({"a": 1}, [{"op": "test", "path": "/a", "value": True}]),
    ({"a": [0]}, [{"op": "test", "path": "/a", "value": [False]}]),
    ({"a": 0}, [{"op": "test", "path": "/a", "value": None}]),
    ({"a": [1, 2]}, [{"op": "test", "path": "/a", "value": [2, 1]}]),
    ({}, [{"op": "test", "path": "/a", "value": None}]),
    ({"a": []}, [{"op": "test", "path": "/a/0", "value": None}]),
]

UNFIT: list[tuple[Any, list[Any], str]] = [
    ({"foo": "bar"}, [{"op": "add", "path": "/baz/bat", "value": "qux"}], "baz.bat"),
    ({"foo": ["bar"]}, [{"op": "add", "path": "/foo/2", "value": 1}], "foo.2"),
    ({"foo": ["bar"]}, [{"op": "add", "path": "/foo/-1", "value": 1}], "foo.-1"),
    ({"foo": ["bar"]}, [{"op": "add", "path": "/foo/01", "value": 1}], "foo.01"),
    ({"foo": ["bar"]}, [{"op": "add", "path": "/foo/1e0", "value": 1}], "foo.1e0"),
    ({"foo": ["bar"]}, [{"op": "add", "path": "/foo/bar", "value": 1}], "foo.bar"),
    ({"foo": "bar"}, [{"op": "add", "path": "/foo/0", "value": 1}], "foo.0"),
    ({"foo": 1}, [{"op": "remove", "path": "/foo/x"}], "foo.x"),
    ({"foo": 1}, [{"op": "remove", "path": "/bar"}], "bar"),
    ({"foo": []}, [{"op": "remove", "path": "/foo/-"}], "foo.-"),
    ({"foo": [1]}, [{"op": "replace", "path": "/foo/-", "value": 1}], "foo.-"),
    ({"foo": 1}, [{"op": "replace", "path": "/bar", "value": 1}], "bar"),
    ({"foo": 1}, [{"op": "move", "from": "/bar", "path": "/baz"}], "baz"),
    ({"foo": {"a": 1}}, [{"op": "move", "from": "/foo", "path": "/foo/b"}], "foo.b"),
    ({"foo": 1}, [{"op": "copy", "from": "/bar", "path": "/baz"}], "baz"),
    ({"foo": 1}, [{"op": "remove", "path": ""}], ""),
    ({}, [{"op": "spam", "path": "/a", "value": 1}], "0.op"),
    ({}, [{"path": "/a", "value": 1}], "0.op"),
    ({}, [{"op": ["add"], "path": "/a", "value": 1}], "0.op"),
    ({}, [{"op": "add", "path": "/a"}], "0.value"),
    ({}, [{"op": "add", "value": 1}], "0.path"),
    ({}, [{"op": "add", "path": None, "value": 1}], "0.path"),
    ({}, [{"op": "add", "path": "a", "value": 1}], "0.path"),
    ({}, [{"op": "add", "path": "/~2", "value": 1}], "0.path"),
    ({"a": 1}, [{"op": "copy", "path": "/b"}], "0.from"),
    ({"a": 1}, [{"op": "test", "path": "/a", "value": 1}, {"op": "move", "path": "/b", "from": 7}], "1.from"),
    ({}, ["add"], "0"),
    ({}, [None], "0"),
]


@pytest.mark.parametrize(("document", "patch", "result"), [*APPENDIX_A, *FURTHER])
def test_a_patch_does_what_the_standard_says(document: Any, patch: list[Any], result: Any) -> None:
    before = copy.deepcopy(document)
    assert apply(document, patch) == result
    assert document == before, "the document that was given stays as it was"


@pytest.mark.parametrize(("document", "patch"), FAILED_TESTS)
def test_a_test_that_fails_is_told_apart(document: Any, patch: list[Any]) -> None:
    with pytest.raises(FailedTestError):
        apply(document, patch)


@pytest.mark.parametrize(("document", "patch", "path"), UNFIT)
def test_what_does_not_fit_is_told_with_its_place(document: Any, patch: list[Any], path: str) -> None:
    before = copy.deepcopy(document)
    with pytest.raises(UnfitPatchError) as caught:
        apply(document, patch)
    assert not isinstance(caught.value, FailedTestError)
    assert caught.value.problem.path == path
    assert document == before


def test_a_patch_is_applied_whole_or_not_at_all() -> None:
    document = {"a": {"b": 1}}
    with pytest.raises(UnfitPatchError):
        apply(document, [{"op": "remove", "path": "/a/b"}, {"op": "remove", "path": "/a/b"}])
    assert document == {"a": {"b": 1}}


def test_copies_of_copies_end_before_they_fill_the_memory() -> None:
    doubling = [{"op": "copy", "from": "", "path": f"/n{number}"} for number in range(64)]
    with pytest.raises(UnfitPatchError, match="copies too much"):
        apply({"text": "x" * 1_000}, doubling)


def test_a_patch_that_nests_and_nests_is_refused_or_harmless() -> None:
    deeper = [
        {"op": "add", "path": "/outer", "value": {}},
        {"op": "move", "from": "/inner", "path": "/outer/inner"},
        {"op": "move", "from": "/outer", "path": "/inner"},
    ]
    nested = apply({"inner": {}}, deeper * (MOST_OPERATIONS // 3))
    assert set(nested) == {"inner"}


def test_there_is_a_limit_to_the_operations() -> None:
    with pytest.raises(UnfitPatchError, match="at most"):
        apply({}, [{"op": "test", "path": "", "value": {}}] * (MOST_OPERATIONS + 1))


pointers = st.sampled_from(["", "/", "/a", "/a/0", "/a/-", "/a/b", "/b", "/b/1", "a", "/~", "/a/01", "/c/d/e"])
values = st.sampled_from([None, True, 1, 1.0, "x", [], [1, [2]], {}, {"b": 1}])
operations = st.fixed_dictionaries(
    {"op": st.sampled_from(["add", "remove", "replace", "move", "copy", "test", "other"]), "path": pointers},
    optional={"from": pointers, "value": values},
)


@given(values, st.lists(operations, max_size=6))
def test_any_patch_of_anything_fits_or_is_refused_and_leaves_the_document_alone(document: Any, patch: Any) -> None:
    before = copy.deepcopy(document)
    with contextlib.suppress(UnfitPatchError):
        apply(document, patch)
    assert document == before
