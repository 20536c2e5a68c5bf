"""The document's own positions while they are loaded from the exchanges: they rest, and nobody writes them."""

from collections.abc import Mapping
from typing import Any

from settingsapp.schema.document import SettingsDocument
from settingsapp.schema.effective import qualified
from settingsapp.schema.observed import HELD


def with_own_positions(own: SettingsDocument, shown: SettingsDocument, sent: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the JSON that is sent with the positions that are to be saved.

    `own` is what is saved, and `shown` the same as it is read: with what is held in place of positions that rest. What
    is sent back of that list is no edit, however old it is; an edit is what differs once loading is switched off.
    """
    if not own.load_positions_from_exchange:
        return sent
    if not sent.get("load_positions_from_exchange") and sent.get(HELD) != list(shown.position_symbols):
        return sent
    kept = list(own.position_symbols)
    profile = sent.get("perseus_profile")
    primary = profile.get("primary_exchange") if isinstance(profile, Mapping) else None
    if primary != own.perseus_profile.primary_exchange:
        # They are written by the notation of another exchange from now on.
        kept = [qualified(own, symbol) for symbol in kept]
    return {**sent, HELD: kept}
