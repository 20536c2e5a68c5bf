"""What the machine writes about itself: shown within the document, kept beside it, no part of its versions."""

from collections.abc import Mapping
from typing import Any, Final

OBSERVED_FIELDS: Final = ("portfolio_symbols_last_update", "scanner_symbols_last_update")
"""Each a moment as ISO 8601 text, empty where nothing was observed yet. Nobody but Livermore writes them."""


HELD: Final = "position_symbols"
"""What the exchanges say is held, qualified. It stands in place of the document's own list while that rests."""


def every_field(observed: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was observed, with the fields of which nothing was yet."""
    return {field: observed.get(field, "") for field in OBSERVED_FIELDS}


def with_observed(document: Mapping[str, Any], observed: Mapping[str, Any]) -> dict[str, Any]:
    """Return the document's JSON as it is read and exported; nothing is added of which there is nothing to tell."""
    told = every_field(observed)
    shown = dict(document) | {field: value for field, value in told.items() if value or field in document}
    if not document.get("load_positions_from_exchange") or HELD not in observed:
        return shown
    # An exchange may have gone from the document since.
    known = document.get("exchanges", {})
    return shown | {HELD: [symbol for symbol in observed[HELD] if symbol.partition(":")[0] in known]}


def without_observed(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the document's JSON as it is saved."""
    return dict(document) | dict.fromkeys(OBSERVED_FIELDS, "")


def observed_in(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the document's JSON tells as observed."""
    return {field: document[field] for field in OBSERVED_FIELDS if document.get(field)}
