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

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from settingsapp.schema.document import SettingsDocument
from settingsapp.schema.problems import FieldProblem
from settingsapp.schema.rules import SYMBOL_LISTS
from settingsapp.schema.vocabulary import qualify, split_qualified

FIELD: Final = "perseus_profile.primary_exchange"
MOST_NAMED: Final = 3
"""So many entries are named in the message."""
_MARKS: Final = frozenset({"disabled_symbols", "scanner_symbols"})
"""Lists that say something of what stands on the others."""
_WATCHED: Final = tuple(field for field in SYMBOL_LISTS if field not in _MARKS)


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


def with_primary_exchange(
    document: Mapping[str, Any], exchange: str, becomes: Mapping[str, str | None]
) -> dict[str, Any]:
    """Return the document with another primary exchange and its entries rewritten for it.

    `becomes`: what each entry that is written without its exchange is from then on, qualified, or None for none; one
    that is not named stays on the exchange that it is of. What several entries become stands once, and is switched
    off, or the scanner's, only where all of them were. The scanner's exclusions move along where it follows the
    primary exchange.
    """
    old = str(document["perseus_profile"]["primary_exchange"])

    def after(entry: str) -> str | None:
        return entry if ":" in entry else becomes.get(entry, qualify(entry, old))

    def written(entry: str) -> str:
        """As before where it named its exchange; else short on the new one, and with its exchange on another."""
        full = after(entry) or ""
        of, symbol = split_qualified(full)
        return symbol if of == exchange and ":" not in entry else full

    def moved(entries: Iterable[str]) -> list[str]:
        named: dict[str, str] = {}
        for entry in entries:
            if full := after(entry):
                named.setdefault(full, written(entry))
        return list(named.values())

    sources: dict[str, set[str]] = {}
    for field in _WATCHED:
        for entry in document.get(field, ()):
            if full := after(entry):
                sources.setdefault(full, set()).add(qualify(entry, old))

    def of_all(entries: Sequence[str]) -> list[str]:
        """Only what every one of its sources was listed for."""
        listed = {qualify(entry, old) for entry in entries}
        return [entry for entry in entries if sources.get(after(entry) or "", set()) <= listed]

    edited = dict(document)
    edited["perseus_profile"] = {**document["perseus_profile"], "primary_exchange": exchange}
    for field in SYMBOL_LISTS:
        entries = list(document.get(field, ()))
        edited[field] = moved(of_all(entries) if field in _MARKS else entries)
    criteria = document.get("scanner", {})
    if not document.get("scanner_exchange") and criteria.get("excluded_symbols"):
        edited["scanner"] = {**criteria, "excluded_symbols": moved(criteria["excluded_symbols"])}
    return edited


def _unqualified(document: SettingsDocument, field: str) -> list[str]:
    return [symbol for symbol in getattr(document, field) if ":" not in symbol]


def _some(symbols: list[str]) -> str:
    rest = len(symbols) - MOST_NAMED
    return ", ".join(symbols[:MOST_NAMED]) + (f" and {rest} more" if rest > 0 else "")
