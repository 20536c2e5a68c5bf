"""Edits of the watchlist, on the document as JSON. Of one symbol all spellings count as the same: BTC-USD on the
primary exchange is simulated:BTC-USD where that is the primary one.
"""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any, Final

from settingsapp.schema.vocabulary import qualify, split_qualified

_LISTS: Final = ("symbols", "sparse_symbols", "disabled_symbols", "scanner_symbols")


@dataclass(frozen=True)
class Entry:
    """How a symbol (qualified) is to stand on the watchlist; None leaves that open."""

    symbol: str
    enabled: bool | None = None
    sparse: bool | None = None


def with_symbol(document: Mapping[str, Any], symbol: str) -> dict[str, Any]:
    """Return the document with the symbol watched: added to the watchlist if it is on no list, and switched on.

    Who adds it makes it theirs, also where the scanner brought it once.
    """
    wanted = _qualified(document, symbol)
    edited = dict(document) | {"disabled_symbols": _without(document, "disabled_symbols", wanted)}
    if not any(_holds(document, name, wanted) for name in ("symbols", "sparse_symbols")):
        edited["symbols"] = [*document.get("symbols", ()), symbol]
        if _holds(document, "scanner_symbols", wanted):
            edited["scanner_symbols"] = _without(document, "scanner_symbols", wanted)
    return edited


def without_symbol(document: Mapping[str, Any], symbol: str) -> dict[str, Any]:
    """Return the document with the symbol on none of the watchlist's lists."""
    unwanted = _qualified(document, symbol)
    return dict(document) | {name: _without(document, name, unwanted) for name in _LISTS if name in document}


def with_all(document: Mapping[str, Any], symbols: Sequence[str]) -> dict[str, Any]:
    """Return the document with each of the symbols watched, as `with_symbol` does it."""
    edited = dict(document)
    for symbol in symbols:
        edited = with_symbol(edited, symbol)
    return edited


def without_all(document: Mapping[str, Any], symbols: Set[str]) -> dict[str, Any]:
    """Return the document with none of the symbols (qualified) on any list."""
    return _without_all(document, symbols)


def switched(document: Mapping[str, Any], symbols: Set[str], *, on: bool) -> dict[str, Any]:
    """Return the document with these of its symbols (qualified) switched on or off; they stay on the watchlist."""
    off = [symbol for symbol in document.get("disabled_symbols", ()) if _qualified(document, symbol) not in symbols]
    if not on:
        already = _named(document, "disabled_symbols")
        off = list(document.get("disabled_symbols", ()))
        off += [written for full, written in _watched(document).items() if full in symbols - already]
    return dict(document) | {"disabled_symbols": off}


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
    edited = _without_all(document, symbols)
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
    edited = _without_all(document, frozenset(remove) & brought)
    known = _named(edited, "symbols") | _named(edited, "sparse_symbols")
    new = [full for full in dict.fromkeys(add) if full not in known]
    # Of what it brought once and a person removed, nothing is left there that would count twice.
    cleaned = _without_all(edited, frozenset(new))
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
    edited = _without_all(document, frozenset(new))
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


def _holds(document: Mapping[str, Any], name: str, qualified: str) -> bool:
    return any(_qualified(document, symbol) == qualified for symbol in document.get(name, ()))


def _without(document: Mapping[str, Any], name: str, qualified: str) -> list[str]:
    return [symbol for symbol in document.get(name, ()) if _qualified(document, symbol) != qualified]


def _without_all(document: Mapping[str, Any], symbols: Set[str]) -> dict[str, Any]:
    return dict(document) | {
        name: [symbol for symbol in document[name] if _qualified(document, symbol) not in symbols]
        for name in _LISTS
        if name in document
    }


def _named(document: Mapping[str, Any], name: str) -> Set[str]:
    return {_qualified(document, symbol) for symbol in document.get(name, ())}


def _watched(document: Mapping[str, Any]) -> dict[str, str]:
    """Return the symbols of the watchlist as they are written, by their qualified form."""
    found: dict[str, str] = {}
    for written in (*document.get("symbols", ()), *document.get("sparse_symbols", ())):
        found.setdefault(_qualified(document, written), written)
    return found


def _as_written(document: Mapping[str, Any], full: str) -> str:
    """Return a qualified symbol as the watchlist writes it: short where it is the primary exchange's."""
    exchange, symbol = split_qualified(full)
    return symbol if _qualified(document, symbol) == f"{exchange}:{symbol}" else full


def _qualified(document: Mapping[str, Any], symbol: str) -> str:
    return qualify(symbol, str(document["perseus_profile"]["primary_exchange"]))
