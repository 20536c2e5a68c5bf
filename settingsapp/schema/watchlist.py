"""Edits of the watchlist, on the document as JSON. Of one symbol all spellings count as the same: BTC-USD on the
primary exchange is simulated:BTC-USD where that is the primary one.
"""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any, Final

from settingsapp.schema.vocabulary import qualify, shortened

_LISTS: Final = ("symbols", "sparse_symbols", "disabled_symbols", "scanner_symbols")


@dataclass(frozen=True)
class Entry:
    """How a symbol (qualified) is to stand on the watchlist; None leaves that open."""

    symbol: str
    enabled: bool | None = None
    sparse: bool | None = None


def with_symbol(document: Mapping[str, Any], symbol: str) -> dict[str, Any]:
    """Return the document with the symbol watched, as `with_all` does it."""
    return with_all(document, (symbol,))


def with_all(document: Mapping[str, Any], symbols: Sequence[str]) -> dict[str, Any]:
    """Return the document with each of the symbols watched: put on the watchlist if it is on no list, and switched on.

    Who adds one makes it theirs, also where the scanner brought it once. It stands there as it is written here.
    """
    if not symbols:
        return dict(document)
    wanted: dict[str, str] = {}
    for symbol in symbols:
        wanted.setdefault(_qualified(document, symbol), symbol)
    known = _named(document, "symbols") | _named(document, "sparse_symbols")
    new = {full: written for full, written in wanted.items() if full not in known}
    edited = dict(document) | {"disabled_symbols": _without(document, "disabled_symbols", wanted.keys())}
    if new:
        edited["symbols"] = [*document.get("symbols", ()), *new.values()]
    if "scanner_symbols" in document:
        edited["scanner_symbols"] = _without(document, "scanner_symbols", new.keys())
    return edited


def without_symbol(document: Mapping[str, Any], symbol: str) -> dict[str, Any]:
    """Return the document with the symbol on none of the watchlist's lists."""
    return without_all(document, {_qualified(document, symbol)})


def without_all(document: Mapping[str, Any], symbols: Set[str]) -> dict[str, Any]:
    """Return the document with none of the symbols (qualified) on any list."""
    return dict(document) | {name: _without(document, name, symbols) for name in _LISTS if name in document}


def switched(document: Mapping[str, Any], symbols: Set[str], *, on: bool) -> dict[str, Any]:
    """Return the document with these of its symbols (qualified) switched on or off; they stay on the watchlist."""
    if on:
        return dict(document) | {"disabled_symbols": _without(document, "disabled_symbols", symbols)}
    switching = symbols - _named(document, "disabled_symbols")
    off = [written for full, written in _watched(document).items() if full in switching]
    return dict(document) | {"disabled_symbols": [*document.get("disabled_symbols", ()), *off]}


def prioritised(document: Mapping[str, Any], symbols: Set[str], *, sparse: bool) -> dict[str, Any]:
    """Return the document with these of its symbols (qualified) on the list of sparse ones, or on the usual one."""
    here, there = ("symbols", "sparse_symbols") if sparse else ("sparse_symbols", "symbols")
    known = _named(document, there)
    moving = [
        written
        for written in document.get(here, ())
        if (full := _qualified(document, written)) in symbols and full not in known
    ]
    return dict(document) | {
        here: [written for written in document.get(here, ()) if _qualified(document, written) not in symbols],
        there: [*document.get(there, ()), *moving],
    }


def put_back(document: Mapping[str, Any], symbol: str, earlier: Mapping[str, Any]) -> dict[str, Any]:
    """Return the document with the symbol (qualified) on the lists on which it stood in an earlier document.

    It comes back as it was written there, at its old place as far as the list is still that long. What it was written
    as is qualified where that would mean another exchange by now.
    """
    return put_all_back(document, frozenset({symbol}), earlier)


def put_all_back(document: Mapping[str, Any], symbols: Set[str], earlier: Mapping[str, Any]) -> dict[str, Any]:
    """Return the document with each of the symbols (qualified) put back as `put_back` does it."""
    edited = without_all(document, symbols)
    for name in _LISTS:
        listed = list(edited.get(name, ()))
        for at, written in enumerate(earlier.get(name, ())):
            full = _qualified(earlier, written)
            if full in symbols:
                listed.insert(at, written if _qualified(document, written) == full else full)
        if name in edited or listed:
            edited[name] = listed
    return edited


def after_proposal(document: Mapping[str, Any], add: Sequence[str], remove: Sequence[str]) -> dict[str, Any]:
    """Return the document with the approved part of a proposal applied; both lists are of qualified symbols.

    What a person has added or taken over meanwhile is theirs: it is neither taken for the scanner's nor removed.
    """
    brought = _named(document, "scanner_symbols")
    edited = without_all(document, frozenset(remove) & brought)
    known = _named(edited, "symbols") | _named(edited, "sparse_symbols")
    new = [full for full in dict.fromkeys(add) if full not in known]
    # Of what it brought once and a person removed, nothing is left there that would count twice.
    cleaned = without_all(edited, frozenset(new))
    written = [_as_written(document, full) for full in new]
    return cleaned | {
        "symbols": [*cleaned.get("symbols", ()), *written],
        "scanner_symbols": [*cleaned.get("scanner_symbols", ()), *written],
    }


def taken_over(document: Mapping[str, Any], entries: Sequence[Entry]) -> dict[str, Any]:
    """Return the document with each entry's symbol on the watchlist, switched and prioritised as the entry says.

    What an entry leaves open stays as it is; of a symbol that comes new it is on, and of the usual priority. What comes
    so is a person's, also where the scanner brought it once.
    """
    known = _named(document, "symbols") | _named(document, "sparse_symbols")
    new = {one.symbol: one for one in entries if one.symbol not in known}
    edited = without_all(document, frozenset(new))
    for name, sparse in (("symbols", False), ("sparse_symbols", True)):
        written = [_as_written(document, one.symbol) for one in new.values() if bool(one.sparse) is sparse]
        if written:
            edited[name] = [*edited.get(name, ()), *written]
    for sparse in (False, True):
        moving = frozenset(one.symbol for one in entries if one.sparse is sparse and one.symbol in known)
        edited = prioritised(edited, moving, sparse=sparse) if moving else edited
    for on in (False, True):
        switching = frozenset(one.symbol for one in entries if one.enabled is on)
        edited = switched(edited, switching, on=on) if switching else edited
    return edited


def named_anywhere(document: Mapping[str, Any]) -> Set[str]:
    """Return all symbols (qualified) that stand on any of the watchlist's lists."""
    return {full for name in _LISTS for full in _named(document, name)}


def places(document: Mapping[str, Any], symbols: Set[str]) -> dict[str, frozenset[str]]:
    """Return on which lists each of the symbols (qualified) stands."""
    found: dict[str, set[str]] = {symbol: set() for symbol in symbols}
    for name in _LISTS:
        for full in _named(document, name) & symbols:
            found[full].add(name)
    return {symbol: frozenset(names) for symbol, names in found.items()}


def _without(document: Mapping[str, Any], name: str, symbols: Set[str]) -> list[str]:
    return [symbol for symbol in document.get(name, ()) if _qualified(document, symbol) not in symbols]


def _named(document: Mapping[str, Any], name: str) -> Set[str]:
    return {_qualified(document, symbol) for symbol in document.get(name, ())}


def _watched(document: Mapping[str, Any]) -> dict[str, str]:
    """Return the symbols of the watchlist as they are written, by their qualified form."""
    found: dict[str, str] = {}
    for written in (*document.get("symbols", ()), *document.get("sparse_symbols", ())):
        found.setdefault(_qualified(document, written), written)
    return found


def _as_written(document: Mapping[str, Any], full: str) -> str:
    return shortened(full, str(document["perseus_profile"]["primary_exchange"]))


def _qualified(document: Mapping[str, Any], symbol: str) -> str:
    return qualify(symbol, str(document["perseus_profile"]["primary_exchange"]))
