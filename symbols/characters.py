"""Characters that mislead: invisible ones, ones that turn the direction of reading, lookalikes of others. Pure."""

import unicodedata
from typing import Final

_DIRECTION: Final = frozenset({"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})
_DIRECTION_MARKS: Final = frozenset("\u200e\u200f\u061c")
_RIGHT_TO_LEFT: Final = frozenset({"R", "AL", "AN"})
_BLANK: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0")
"""They show nothing, though Unicode does not count them among the format characters."""
_LOOKALIKES: Final = {
    alike: letter
    for letter, others in {
        "A": "\u0410\u0391\u13aa",
        "B": "\u0412\u0392\u13f4",
        "C": "\u0421\u03f9\u13df",
        "D": "\u13a0",
        "E": "\u0415\u0395\u13ac",
        "F": "\u03dc",
        "G": "\u050c\u13c0",
        "H": "\u041d\u0397\u13bb",
        "I": "\u0406\u0399\u04c0\u0130",
        "J": "\u0408\u037f\u13ab",
        "K": "\u041a\u039a\u13e6",
        "L": "\u13de",
        "M": "\u041c\u039c\u13b7",
        "N": "\u039d",
        "O": "\u041e\u039f\u0555",
        "P": "\u0420\u03a1\u13e2",
        "Q": "\u051a",
        "R": "\u13a1",
        "S": "\u0405\u13da\u054f",
        "T": "\u0422\u03a4\u13a2",
        "U": "\u054d",
        "V": "\u0474\u13d9",
        "W": "\u051c\u13b3",
        "X": "\u0425\u03a7",
        "Y": "\u04ae\u03a5",
        "Z": "\u0396\u13c3",
        "a": "\u0430\u03b1\u0251",
        "c": "\u0441\u03f2",
        "d": "\u0501",
        "e": "\u0435",
        "g": "\u0261",
        "h": "\u04bb",
        "i": "\u0456\u0131\u03b9",
        "j": "\u0458\u03f3",
        "k": "\u03ba",
        "l": "\u04cf\u01c0",
        "o": "\u043e\u03bf\u0585",
        "p": "\u0440\u03c1",
        "q": "\u051b",
        "s": "\u0455",
        "u": "\u057d",
        "v": "\u03bd\u0475",
        "w": "\u051d",
        "x": "\u0445",
        "y": "\u0443\u04af",
        "-": "\u2010\u2011\u2012\u2013\u2014\u2015\u2043\u2212\ufe58\u30fc",
        "/": "\u2044\u2215\u29f8",
        ":": "\u02d0\u0589\u05c3\u2236\ua789",
        ".": "\u00b7\u2024\u3002",
    }.items()
    for alike in others
}


def lookalike(character: str) -> str:
    """Return the ASCII character that another one looks like; empty where it is ASCII itself or looks like none."""
    if character.isascii():
        return ""
    alike = _LOOKALIKES.get(character) or unicodedata.normalize("NFKC", character)
    return alike if len(alike) == 1 and alike.isascii() and alike.isprintable() and alike != " " else ""


def as_it_looks(text: str) -> str:
    """Return a text with each character replaced by the ASCII one that it looks like; invisible ones are left out."""
    return "".join(lookalike(one) or one for one in text if not _invisible(one))


def no_part_of_a_symbol(text: str) -> str:
    """Say which character of a text can be none of a symbol's, where it stands and why; empty where all can."""
    for place, one in enumerate(text, 1):
        if not (one.isascii() and one.isprintable()):
            alike = lookalike(one)
            why = misleading(one) or (f"looks like {alike}" if alike else "is no character of a symbol")
            return located(place, one, why)
    return ""


def misleading(character: str) -> str:
    """Say why a character misleads wherever it stands; empty where it does not."""
    direction = unicodedata.bidirectional(character)
    if direction in _DIRECTION or character in _DIRECTION_MARKS:
        return "turns the direction of reading"
    if _invisible(character):
        return "can't be seen"
    if direction in _RIGHT_TO_LEFT:
        return "is written from right to left"
    return "is a control character" if unicodedata.category(character) == "Cc" else ""


def located(place: int, character: str, why: str) -> str:
    """Write down what a character is, where it stands (from 1), and what is wrong with it."""
    name = unicodedata.name(character, "")
    return f"character {place} is U+{ord(character):04X}{' ' + name if name else ''}, which {why}"


def _invisible(character: str) -> bool:
    return unicodedata.category(character) == "Cf" or character in _BLANK or 0xFE00 <= ord(character) <= 0xFE0F
