"""What people see: the engine's last status, told apart from an engine that has fallen silent."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from runtime.protocol.status import OFFLINE_AFTER_MS, Aspect, Desired, EngineState, Status

# The shape of a status that never was, so that whoever reads one finds every field.
_NEVER_SEEN: Final = Status(
    engine_id="",
    host="",
    state=EngineState.OFFLINE,
    desired=Desired(paused=False, paused_until=None, mode=""),
    mode="",
    started_at=0,
    uptime_seconds=0,
    settings_version=0,
)


class SavedVersion(NamedTuple):
    """Which version of the document is saved, and since when: ms, by the clock of the web server that saved it."""

    number: int
    saved_at: int


def observed(
    last: Mapping[str, Any] | None, now_ms: int, saved: SavedVersion | None, trouble: str = ""
) -> dict[str, Any]:
    """Return the status as people see it.

    `last` is the engine's last message, None where there never was one; `now_ms` is Redis's clock; `saved` is
    None where that isn't known. Older than 3 s, the state is `offline`, `lastSeenAt`
    (ms, or None) says when the engine was last heard, and all else is what it said then. `trouble` says why nothing
    can be heard, where that is not the engine's doing.

    `drift` tells what is saved against what the engine runs, or ran last, even while it is silent or has not looked
    yet. It begins when the engine noticed it, or when the version was saved, where that was earlier.
    """
    status: dict[str, Any] = _NEVER_SEEN.body() | {"startedAt": None, "timestamp": None} | dict(last or {})
    heard = status["timestamp"]
    seen_at = heard if isinstance(heard, int | float) and not isinstance(heard, bool) else None
    if seen_at is None or now_ms - seen_at > OFFLINE_AFTER_MS:
        status |= {"state": EngineState.OFFLINE.value, "lastSeenAt": seen_at}
    if trouble:
        status["trouble"] = trouble
    status["drift"] = _drift(status, now_ms, saved)
    return status | {"type": "status", "savedSettingsVersion": saved.number if saved else None}


def _drift(status: Mapping[str, Any], now_ms: int, saved: SavedVersion | None) -> list[Mapping[str, Any]]:
    said = status["drift"] if isinstance(status["drift"], list) else []
    told = [one for one in said if isinstance(one, Mapping) and one.keys() >= {"what", "desired", "actual", "since"}]
    if saved is None:
        return told
    noticed = [one["since"] for one in told if one["what"] == Aspect.SETTINGS_VERSION]
    others = [one for one in told if one["what"] != Aspect.SETTINGS_VERSION]
    running = status["settingsVersion"]
    if running == saved.number:
        return others
    # Another clock than Redis's may say that it is saved in the future.
    stamped = min(saved.saved_at, now_ms) if now_ms else saved.saved_at
    since = min((moment for moment in (*noticed, stamped) if isinstance(moment, int)), default=stamped)
    what = Aspect.SETTINGS_VERSION.value
    return [*others, {"what": what, "desired": saved.number, "actual": running, "since": since}]
