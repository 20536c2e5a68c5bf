"""Which waiting commands lose their point when another one comes in that was sent after them.

A command is passed over only where the newer one leaves the engine just as both would have, and where the newer one
can't turn out to be refused. What answers a question (status and the tests), and what holds others (batch,
rollback), is never passed over.
"""

from collections.abc import Callable, Mapping
from typing import Final, cast

from runtime.engine.modes import MODES
from runtime.protocol.commands import Command
from runtime.protocol.payloads import (
    BackfillPayload,
    ClearCachePayload,
    CommandName,
    Payload,
    SwitchModePayload,
    SymbolPayload,
)

Rule = Callable[[Payload, Payload], bool]
"""Takes the newer command's payload and the waiting one's."""


def _always(newer: Payload, waiting: Payload) -> bool:
    return True


def _to_a_mode_that_there_is(newer: Payload, waiting: Payload) -> bool:
    return MODES[cast("SwitchModePayload", newer).mode].implemented


def _of_the_same_symbol(newer: Payload, waiting: Payload) -> bool:
    return cast("SymbolPayload", newer).symbol == cast("SymbolPayload", waiting).symbol


def _of_the_same_series(newer: Payload, waiting: Payload) -> bool:
    one, other = cast("BackfillPayload", newer), cast("BackfillPayload", waiting)
    if one.symbol != other.symbol:
        return False
    return one.timeframes is None or (other.timeframes is not None and set(other.timeframes) <= set(one.timeframes))


def _of_the_same_caches(newer: Payload, waiting: Payload) -> bool:
    return newer == waiting or cast("ClearCachePayload", newer).scope == "all"


_C = CommandName
SUPERSEDES: Final[Mapping[CommandName, Mapping[CommandName, Rule]]] = {
    # Whoever pauses after somebody resumed wants it paused, though pause overtakes resume in the queue.
    _C.PAUSE: {_C.RESUME: _always},
    _C.RESUME: {_C.RESUME: _always},
    # One reload reads whatever was saved by then.
    _C.RELOAD_SETTINGS: {_C.RELOAD_SETTINGS: _always},
    _C.SWITCH_MODE: {_C.SWITCH_MODE: _to_a_mode_that_there_is},
    # Not of a removal: whether the exchange has the symbol shows only when it is added.
    _C.ADD_SYMBOL: {_C.ADD_SYMBOL: _of_the_same_symbol},
    _C.REMOVE_SYMBOL: {_C.ADD_SYMBOL: _of_the_same_symbol, _C.REMOVE_SYMBOL: _of_the_same_symbol},
    _C.FORCE_BACKFILL: {_C.FORCE_BACKFILL: _of_the_same_series},
    _C.CLEAR_CACHE: {_C.CLEAR_CACHE: _of_the_same_caches},
}


def superseded_by(newer: Command, waiting: Command) -> bool:
    """Tell whether a waiting command need not run because `newer` was sent after it."""
    if newer.expires_at is not None and newer.name is not CommandName.PAUSE:
        # It may expire before its turn, and then neither would have run. A pause does not wait.
        return False
    rule = SUPERSEDES.get(newer.name, {}).get(waiting.name)
    return rule is not None and rule(newer.payload, waiting.payload)
