"""How a category may be called. Pure."""

from typing import Final

from settingsapp.schema.secrets import REFUSED, looks_like_a_secret
from symbols.characters import located, lookalike, misleading

LONGEST: Final = 40
SEPARATORS: Final = ",;|"
"""In files they stand between the names of several categories."""


class UnfitNameError(ValueError):
    """A category can't be called so; the text says what would be right."""


def fitted(text: str) -> str:
    """Return the name with its spaces in order. Raises UnfitNameError."""
    name = " ".join(text.split())
    if looks_like_a_secret(name):
        raise UnfitNameError(REFUSED)
    if not name or len(name) > LONGEST or any(one in name for one in SEPARATORS):
        raise UnfitNameError(
            f"a category's name has 1 to {LONGEST} characters and no comma, semicolon or bar: high-cap, meme"
        )
    alike = _disguised(name)
    for place, one in enumerate(name, 1):
        why = misleading(one) or (f"looks like {lookalike(one)}" if one in alike else "")
        if not why and not one.isprintable():
            why = "can't be shown"
        if why:
            raise UnfitNameError(f"{located(place, one, why)}: a category's name does without")
    return name


def _disguised(name: str) -> set[str]:
    """Return the letters that pass for Latin ones: beside Latin letters, or where the whole name is of such letters.

    A name in another script that nobody can take for Latin is a name.
    """
    letters = {one for one in name if one.isalpha()}
    alike = {one for one in letters if lookalike(one)}
    return alike if alike == letters or any(one.isascii() for one in letters) else set()
