"""JSON as it travels: what one party can read, every party can."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settingsapp.schema.strict_json import LONGEST_MESSAGE, MalformedJsonError, decode, decode_object, encode

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=10)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)


@given(values)
def test_what_is_written_is_read_back(value: object) -> None:
    assert decode(encode(value)) == value
    assert decode(encode(value).encode()) == json.loads(encode(value))


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("NaN", "NaN is not a JSON number"),
        ("[-Infinity]", "-Infinity is not a JSON number"),
        ("1e400", "the number 1e400 is too large"),
        ("9" * 5_000, "not a usable number"),
        ('{"a":1,"a":2}', "the key 'a' stands twice in one object"),
        ('{"a":{"b":1,"b":1}}', "the key 'b' stands twice in one object"),
        ('"\\ud800"', "half of a surrogate pair"),
        ('{"\\u0000":1}', "the character \\\\u0000"),
        ("[" * 40 + "]" * 40, "nested more than 32 levels deep"),
        ("[" * 100_000, "nested too deeply"),
        (b'"\xff"', "not UTF-8"),
        ("{", "not JSON"),
        ("", "not JSON"),
        (" " * (LONGEST_MESSAGE + 1), "longer than 262144 bytes"),
    ],
)
def test_what_a_database_would_refuse_later_is_refused_at_once_with_the_reason(raw: str | bytes, reason: str) -> None:
    with pytest.raises(MalformedJsonError, match=reason):
        decode(raw)


@pytest.mark.parametrize(
    ("raw", "kind"),
    [("[]", "an array"), ("null", "null"), ("true", "a boolean"), ("1", "a number"), ('""', "a string")],
)
def test_a_message_is_an_object(raw: str, kind: str) -> None:
    with pytest.raises(MalformedJsonError, match=f"expected an object, got {kind}"):
        decode_object(raw)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_nothing_is_written_that_would_not_be_read(value: float) -> None:
    with pytest.raises(ValueError):
        encode({"x": value})
