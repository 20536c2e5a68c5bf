"""Edits of the watchlist, on the document as JSON. Of one symbol all spellings count as the same: BTC-USD on the
primary exchange is simulated:BTC-USD where that is the primary one.
"""

from collections.abc import Mapping
from typing import Any, Final

from settingsapp.schema.vocabulary import qualify

_LISTS: Final = ("symbols", "sparse_symbols", "disabled_symbols")


def with_symbol(document: Mapping[str, Any], symbol: str) -> dict[str, Any]:
    """Return the document with the symbol watched: added to the watchlist if it is on no list, and switched on."""
    wanted = _qualified(document, symbol)
    edited = dict(document) | {"disabled_symbols": _without(document, "disabled_symbols", wanted)}
    if not any(_holds(document, name, wanted) for name in ("symbols", "sparse_symbols")):
        edited["symbols"] = [*document.get("symbols", ()), symbol]
    return edited


def without_symbol(document: Mapping[str, Any], symbol: str) -> dict[str, Any]:
    """Return the document with the symbol on none of the watchlist's lists."""
    unwanted = _qualified(document, symbol)
    return dict(document) | {name: _without(document, name, unwanted) for name in _LISTS if name in document}


def put_back(document: Mapping[str, Any], symbol: str, earlier: Mapping[str, Any]) -> dict[str, Any]:
    """Return the document with the symbol (qualified) on the lists on which it stood in an earlier document.

    It comes back as it was written there, at its old place as far as the list is still that long. What it was written
    as is qualified where that would mean another exchange by now.
    """
    edited = without_symbol(document, symbol)
    for name in _LISTS:
        stood = [
            (at, written) for at, written in enumerate(earlier.get(name, ())) if _qualified(earlier, written) == symbol
        ]
        if stood:
            listed = list(edited.get(name, ()))
            for at, written in stood:
                listed.insert(at, written if _qualified(document, written) == symbol else symbol)
            edited[name] = listed
    return edited


def _holds(document: Mapping[str, Any], name: str, qualified: str) -> bool:
    return any(_qualified(document, symbol) == qualified for symbol in document.get(name, ()))


def _without(document: Mapping[str, Any], name: str, qualified: str) -> list[str]:
    return [symbol for symbol in document.get(name, ()) if _qualified(document, symbol) != qualified]


def _qualified(document: Mapping[str, Any], symbol: str) -> str:
    return qualify(symbol, str(document["perseus_profile"]["primary_exchange"]))
