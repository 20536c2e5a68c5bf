"""Which waiting commands lose their point when another one comes in."""

from collections.abc import Mapping
from typing import Final

from runtime.protocol.commands import CommandName

SUPERSEDES: Final[Mapping[CommandName, frozenset[CommandName]]] = {
    # Whoever pauses after somebody resumed wants it paused, though pause overtakes resume in the queue.
    CommandName.PAUSE: frozenset({CommandName.RESUME}),
    # One reload reads whatever was saved by then.
    CommandName.RELOAD_SETTINGS: frozenset({CommandName.RELOAD_SETTINGS}),
}


def superseded_by(newer: CommandName, waiting: CommandName) -> bool:
    """Tell whether a waiting command need not run because `newer` was sent after it."""
    return waiting in SUPERSEDES.get(newer, frozenset())
