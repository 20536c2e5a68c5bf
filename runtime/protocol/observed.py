"""What people see: the engine's last status, told apart from an engine that has fallen silent."""

from collections.abc import Mapping
from typing import Any, Final

from runtime.protocol.status import OFFLINE_AFTER_MS, Desired, EngineState, Status

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


def observed(
    last: Mapping[str, Any] | None, now_ms: int, saved_version: int | None, trouble: str = ""
) -> dict[str, Any]:
    """Return the status as people see it.

    `last` is the engine's last message, None where there never was one; `now_ms` is Redis's clock; `saved_version` is
    the version of the saved document, None where it isn't known. Older than 3 s, the state is `offline`, `lastSeenAt`
    (ms, or None) says when the engine was last heard, and all else is what it said then. `trouble` says why nothing
    can be heard, where that is not the engine's doing.
    """
    status: dict[str, Any] = _NEVER_SEEN.body() | {"startedAt": None, "timestamp": None} | dict(last or {})
    heard = status["timestamp"]
    seen_at = heard if isinstance(heard, int | float) and not isinstance(heard, bool) else None
    if seen_at is None or now_ms - seen_at > OFFLINE_AFTER_MS:
        status |= {"state": EngineState.OFFLINE.value, "lastSeenAt": seen_at}
    if trouble:
        status["trouble"] = trouble
    return status | {"type": "status", "savedSettingsVersion": saved_version}
