"""The engine's life cycle, as a table of what may follow what.

Pausing, warming up and a lost connection can coincide; the state shows the one that matters most to the owner:
paused before degraded before warming. So leaving a pause leads through `warming`, which ends at once where nothing is
left to load.
"""

from collections.abc import Mapping
from enum import Enum
from typing import Final

from runtime.protocol.status import EngineState


class Moment(Enum):
    """What happens to an engine."""

    LOADED = "settings loaded"
    WARMED = "warm-up complete"
    REWARM = "series to be loaded again"
    PAUSED = "paused"
    RESUMED = "resumed"
    FEED_LOST = "exchange lost"
    FEEDS_BACK = "all exchanges connected"
    STOP = "stop"


class IllegalTransitionError(Exception):
    """The engine was asked to go where it can't go from its state: a defect, not a user's mistake."""


_S = EngineState
TRANSITIONS: Final[Mapping[EngineState, Mapping[Moment, EngineState]]] = {
    _S.STARTING: {
        Moment.LOADED: _S.WARMING,
        Moment.PAUSED: _S.PAUSED,
        Moment.STOP: _S.STOPPING,
    },
    _S.WARMING: {
        Moment.LOADED: _S.WARMING,
        Moment.WARMED: _S.RUNNING,
        Moment.REWARM: _S.WARMING,
        Moment.PAUSED: _S.PAUSED,
        Moment.FEED_LOST: _S.DEGRADED,
        Moment.FEEDS_BACK: _S.WARMING,
        Moment.STOP: _S.STOPPING,
    },
    _S.RUNNING: {
        Moment.WARMED: _S.RUNNING,
        Moment.REWARM: _S.WARMING,
        Moment.PAUSED: _S.PAUSED,
        Moment.FEED_LOST: _S.DEGRADED,
        Moment.FEEDS_BACK: _S.RUNNING,
        Moment.STOP: _S.STOPPING,
    },
    _S.PAUSED: {
        Moment.LOADED: _S.PAUSED,
        Moment.WARMED: _S.PAUSED,
        Moment.REWARM: _S.PAUSED,
        Moment.PAUSED: _S.PAUSED,
        Moment.RESUMED: _S.WARMING,
        Moment.FEED_LOST: _S.PAUSED,
        Moment.FEEDS_BACK: _S.PAUSED,
        Moment.STOP: _S.STOPPING,
    },
    _S.DEGRADED: {
        Moment.WARMED: _S.DEGRADED,
        Moment.REWARM: _S.DEGRADED,
        Moment.PAUSED: _S.PAUSED,
        Moment.FEED_LOST: _S.DEGRADED,
        Moment.FEEDS_BACK: _S.WARMING,
        Moment.STOP: _S.STOPPING,
    },
    _S.STOPPING: dict.fromkeys(Moment, _S.STOPPING),
}


def after(state: EngineState, moment: Moment) -> EngineState:
    """Return the state that follows. Raises IllegalTransitionError."""
    try:
        return TRANSITIONS[state][moment]
    except KeyError:
        raise IllegalTransitionError(f"{moment.value} can't happen while {state.value}") from None
