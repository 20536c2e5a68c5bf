"""Facts that this app states. What follows from them is decided elsewhere.

`settings_saved` is sent after the commit, with `sub: str`, `before: SavedSettings | None`, `after: SavedSettings`
and `cause: Cause` (see settingsapp.services).
"""

from django.dispatch import Signal

settings_saved = Signal()
