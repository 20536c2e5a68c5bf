"""Misleading characters are told by what they are and where they stand; a category's name does without them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from symbols.category_names import LONGEST, UnfitNameError, fitted
from symbols.characters import as_it_looks, no_part_of_a_symbol
from tests.settingsapp.secret_samples import MARKER, SECRETS


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("B\u0422C-USD", "character 2 is U+0422 CYRILLIC CAPITAL LETTER TE, which looks like T"),
        ("\u0392TC-USD", "character 1 is U+0392 GREEK CAPITAL LETTER BETA, which looks like B"),
        ("BTC\u2011USD", "character 4 is U+2011 NON-BREAKING HYPHEN, which looks like -"),
        ("\uff22TC", "character 1 is U+FF22 FULLWIDTH LATIN CAPITAL LETTER B, which looks like B"),
        ("BTC\u200b-USD", "character 4 is U+200B ZERO WIDTH SPACE, which can't be seen"),
        ("BTC\ufeff", "character 4 is U+FEFF ZERO WIDTH NO-BREAK SPACE, which can't be seen"),
        ("BTC\u3164", "character 4 is U+3164 HANGUL FILLER, which can't be seen"),
        ("BTC\u202eDSU", "character 4 is U+202E RIGHT-TO-LEFT OVERRIDE, which turns the direction of reading"),
        ("BTC\u200f", "character 4 is U+200F RIGHT-TO-LEFT MARK, which turns the direction of reading"),
        ("BTC\u05d0", "character 4 is U+05D0 HEBREW LETTER ALEF, which is written from right to left"),
        ("BTC\x07", "character 4 is U+0007, which is a control character"),
        ("BTC\u20ac", "character 4 is U+20AC EURO SIGN, which is no character of a symbol"),
    ],
)
def test_a_character_that_misleads_is_told_with_its_place_and_why(text: str, told: str) -> None:
    assert no_part_of_a_symbol(text) == told


def test_what_a_disguised_symbol_looks_like_is_known() -> None:
    assert as_it_looks("\u0412\u0422\u0421\u200b\u2013\uff35SD") == "BTC-USD"


@given(st.text())
def test_only_printable_ascii_is_part_of_a_symbol(text: str) -> None:
    assert (no_part_of_a_symbol(text) == "") == (text.isascii() and (text == "" or text.isprintable()))


@pytest.mark.parametrize(
    "name", ["meme", "high-cap", "\u00fcber", "\u043c\u0435\u043c\u044b", "\u5e01", "=1+1", "'tis", "\U0001f680"]
)
def test_a_category_may_be_called_in_any_script(name: str) -> None:
    assert fitted(f"  {name} ") == name


@pytest.mark.parametrize(
    "name",
    [
        "m\u0435me",  # Cyrillic within Latin
        "\u0441\u043e\u0440",  # all of it looks Latin
        "me\u200bme",
        "me\u202eme",
        "\u05de\u05dd",
        "a,b",
        "a|b",
        "a;b",
        "a\tb\x00",
        "",
        "   ",
        "x" * (LONGEST + 1),
        *SECRETS.values(),
    ],
)
def test_a_category_is_not_called_what_would_mislead(name: str) -> None:
    with pytest.raises(UnfitNameError) as error:
        fitted(name)
    assert MARKER not in str(error.value)
