"""Where values stand in a text."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settingsapp.schema.json_places import Place, first_fault, lines_of, nearest_line

names = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0."), min_size=1, max_size=5)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | names,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4),
    max_leaves=12,
)


def paths_of(value: Any, path: tuple[str, ...] = ()) -> list[str]:
    children: list[tuple[str, Any]] = []
    if isinstance(value, dict):
        children = list(value.items())
    elif isinstance(value, list):
        children = [(str(index), child) for index, child in enumerate(value)]
    return [".".join(path), *(p for key, child in children for p in paths_of(child, (*path, key)))]


@given(values, st.sampled_from([None, 0, 1, 4]), st.booleans())
def test_every_value_of_any_text_has_the_line_on_which_it_begins(
    value: Any, indent: int | None, only_ascii: bool
) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=only_ascii)
    lines = lines_of(text, 32)
    assert set(lines) == set(paths_of(value))
    assert first_fault(text, 32) is None
    if indent is None:
        assert set(lines.values()) == {1}
    else:
        # One value to a line, but for the whole, which begins on the first.
        assert sorted(lines.values()) == sorted(set(lines.values()))


@given(st.dictionaries(names, values, min_size=1, max_size=4), st.data())
def test_a_second_appearance_of_a_key_is_found_at_its_line(value: dict[str, Any], data: st.DataObject) -> None:
    key = data.draw(st.sampled_from(sorted(value)))
    text = json.dumps(value, indent=1).removesuffix("}").rstrip() + f",\n{json.dumps(key)}: 1\n}}"
    assert first_fault(text, 32) == Place(key, text.count("\n"), faulty=True)


def test_the_line_of_a_key_is_its_own_and_not_its_values() -> None:
    text = '{\n "a":\n  [\n   1, 2,\n   {"b": "x"}\n ]\n}'
    assert lines_of(text, 32) == {"": 1, "a": 2, "a.0": 4, "a.1": 4, "a.2": 5, "a.2.b": 5}


def test_what_stands_nowhere_is_shown_at_what_is_around_it() -> None:
    lines = {"": 1, "a": 3}
    assert nearest_line("a.b.c", lines) == 3
    assert nearest_line("x.y", lines) == 1


@pytest.mark.parametrize(
    ("text", "path", "line"),
    [
        ('{"a": [1,\nNaN]}', "a.1", 2),
        ("-Infinity", "", 1),
        ('{"a":\n1e400}', "a", 2),
        ('{"a": ["ok", "\\u0000"]}', "a.1", 1),
        ('{"a": {\n"\\ud800": 1}}', "a", 2),
        ('{"a": "\\ud800"}', "a", 1),
        ("[" + "9" * 5_000 + "]", "0", 1),
        ('{"a":\n' + "[" * 5_000, "a" + ".0" * 31, 2),
    ],
)
def test_what_a_strict_reader_refuses_is_found(text: str, path: str, line: int) -> None:
    fault = first_fault(text, 32)
    assert fault is not None
    assert (fault.path, fault.line) == (path, line)


@given(st.text(st.sampled_from('{}[]",:\\ \n1aeE+-.nul'), max_size=60))
def test_any_text_is_read_to_its_end_or_given_up(text: str) -> None:
    lines_of(text, 32)


def test_a_secret_as_a_key_is_not_repeated() -> None:
    assert "AKIAIOSFODNN7EXAMPLE" not in str(lines_of('{"AKIAIOSFODNN7EXAMPLE": 1}', 32))
