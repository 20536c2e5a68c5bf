"""A change of the primary exchange must not change, unseen, what the watchlist means.

An entry that is written without an exchange (`BTC-USD`) is the primary exchange's. So the primary exchange can't be
changed beneath entries that stay as they are written: whoever changes it says what they mean from then on, by writing
them with their exchange (`simulated:BTC-USD`), in the same write or before it. What counts is an entry's text, on
whichever list it stands. An entry that was not there before, or that was written with its exchange, was written for
the new primary exchange and is no one's concern.

Two kinds of documents say of themselves what their entries mean, since they were not made by editing this one: an
earlier version that is restored, and a whole document that names its primary exchange and is another identity's, or
no one's. One that carries this identity's name is taken for what it mostly is: what was read here, with something
changed.
"""

from collections.abc import Mapping
from typing import Any, Final

from settingsapp.schema.document import SettingsDocument
from settingsapp.schema.problems import FieldProblem
from settingsapp.schema.rules import SYMBOL_LISTS
from settingsapp.schema.vocabulary import qualify

FIELD: Final = "perseus_profile.primary_exchange"
MOST_NAMED: Final = 3
"""So many entries are named in the message."""


def entries_left_behind(before: SettingsDocument, after: SettingsDocument) -> tuple[FieldProblem, ...]:
    """Return what is wrong with a change of the primary exchange: one problem of that field, or none."""
    old, new = before.perseus_profile.primary_exchange, after.perseus_profile.primary_exchange
    if old == new:
        return ()
    known = {symbol for field in SYMBOL_LISTS for symbol in _unqualified(before, field)}
    left = {field: [s for s in _unqualified(after, field) if s in known] for field in SYMBOL_LISTS}
    fields = [field for field, symbols in left.items() if symbols]
    if not fields:
        return ()
    symbols = list(dict.fromkeys(symbol for field in fields for symbol in left[field]))
    # The old exchange may be taken out of the document by the same write.
    right = [f"{qualify(symbols[0], old)} as until now"] if old in after.exchanges else []
    told = (
        f"can't be changed from {old} to {new} while these symbols are written without their exchange: "
        f"{_some(symbols)} (in {', '.join(fields)}). Write which one they are of: "
        f"{', or '.join([*right, qualify(symbols[0], new)])}"
    )
    return (FieldProblem(FIELD, told),)


def says_what_its_entries_mean(document: Mapping[str, Any], sub: str) -> bool:
    """Tell whether a whole document was written elsewhere, beneath a primary exchange that it names."""
    profile = document.get("perseus_profile")
    return document.get("sub") != sub and isinstance(profile, Mapping) and "primary_exchange" in profile


def _unqualified(document: SettingsDocument, field: str) -> list[str]:
    return [symbol for symbol in getattr(document, field) if ":" not in symbol]


def _some(symbols: list[str]) -> str:
    rest = len(symbols) - MOST_NAMED
    return ", ".join(symbols[:MOST_NAMED]) + (f" and {rest} more" if rest > 0 else "")
