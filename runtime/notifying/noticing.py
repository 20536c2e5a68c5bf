"""Which events the engine's own messages tell of. Pure: it compares one status with the one before."""

from collections.abc import Iterator

from runtime.notifying.planning import Notice
from runtime.protocol.status import LOST, EngineState, Status

_BEGUN = frozenset({EngineState.WARMING, EngineState.RUNNING, EngineState.PAUSED, EngineState.DEGRADED})


def notices(before: Status | None, now: Status) -> Iterator[Notice]:
    """Yield what has happened between two statuses of one engine; `before` is None for its first."""
    previous = before.state if before is not None else EngineState.STARTING
    yield from _of_state(previous, now)
    if before is None or previous is EngineState.STARTING:
        return
    if before.mode and now.mode and before.mode != now.mode:
        yield Notice("engine_state", f"Mode switched from {before.mode} to {now.mode}.")
    if before.settings_version and now.settings_version != before.settings_version:
        yield Notice("settings_changes", f"Settings version {now.settings_version} is in force.")
    if now.settings_problem and now.settings_problem != before.settings_problem:
        yield Notice("errors", now.settings_problem)


def _of_state(previous: EngineState, now: Status) -> Iterator[Notice]:
    state = now.state
    if state is previous:
        return
    if state is EngineState.STOPPING:
        yield Notice("engine_state", "The engine stops; nothing alerts until it is started again.")
    elif previous is EngineState.STARTING and state in _BEGUN:
        paused = " It is paused." if state is EngineState.PAUSED else ""
        yield Notice("engine_state", f"The engine has started in mode {now.mode}.{paused}")
    elif state is EngineState.PAUSED:
        by_itself = " It resumes by itself." if now.desired.paused_until else ""
        yield Notice("engine_state", f"The engine is paused; nothing alerts meanwhile.{by_itself}")
    elif previous is EngineState.PAUSED:
        yield Notice("engine_state", "The engine has resumed.")
    elif state is EngineState.DEGRADED:
        lost = [exchange.exchange for exchange in now.exchanges if exchange.state in LOST]
        yield Notice("engine_state", f"The engine is without {', '.join(lost) or 'an exchange'}; the others go on.")
    elif previous is EngineState.DEGRADED:
        yield Notice("engine_state", "All exchanges are connected again.")
