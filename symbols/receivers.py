"""What follows here from the facts that the settings state: since when and by whom each symbol is tracked."""

from typing import Any, Final

from settingsapp.events import settings_saved
from settingsapp.models import Identity
from settingsapp.schema.effective import tracked_symbols
from settingsapp.services import Cause, SavedSettings
from symbols.models import TrackedSymbol

_WRITTEN_AT_ONCE: Final = 500


def connect() -> None:
    """Listen to the facts; called once, when the app is ready."""
    settings_saved.connect(note_tracked, dispatch_uid="symbols.note_tracked")


def note_tracked(*, sub: str, before: SavedSettings | None, after: SavedSettings, cause: Cause, **_: Any) -> None:
    """Note what came onto the watchlist, and forget what is on it no more."""
    had = set(tracked_symbols(before.document)) if before else set()
    has = set(tracked_symbols(after.document))
    if had == has:
        return
    identity = Identity.objects.get(sub=sub)
    gone = sorted(had - has)
    for first in range(0, len(gone), _WRITTEN_AT_ONCE):
        TrackedSymbol.objects.filter(identity=identity, symbol__in=gone[first : first + _WRITTEN_AT_ONCE]).delete()
    rows = [
        TrackedSymbol(
            identity=identity, symbol=one, added_at=after.updated_at, added_by=after.updated_by, way=cause.kind
        )
        for one in sorted(has - had)
    ]
    TrackedSymbol.objects.bulk_create(rows, ignore_conflicts=True, batch_size=_WRITTEN_AT_ONCE)
