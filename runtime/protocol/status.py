"""The status: what the engine really does, once a second."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

# Older than this by Redis's clock, a status means that nobody is there.
OFFLINE_AFTER_MS = 3_000


class EngineState(StrEnum):
    """What the engine does; `offline` is only ever said by those who look."""

    STARTING = "starting"
    WARMING = "warming"
    RUNNING = "running"
    PAUSED = "paused"
    DEGRADED = "degraded"
    STOPPING = "stopping"
    OFFLINE = "offline"


LOST = frozenset({"disconnected", "stalled", "unavailable"})
"""States of an exchange's connection over which no candles come."""


def _share(share: float) -> float:
    # Downward: as long as anything is left, it is not all.
    return math.floor(share * 10_000) / 10_000


@dataclass(frozen=True)
class ExchangeStatus:
    """One exchange's connection; times in ms UTC.

    `state` is `connecting`, `connected`, `disconnected`, `stalled` (open, but silent though there is trading), `ended`
    or `unavailable`.
    """

    exchange: str
    state: str
    latency_ms: float | None = None
    """How long its live messages take to be here."""
    last_message_at: int | None = None
    rest_latency_ms: float | None = None
    """How long its last answer to a request took."""
    connected_since: int | None = None
    reconnects: int = 0
    message: str = ""
    checked_share: float | None = None
    """Which share of the bars held, 0 to 1, was read again and compared; None where nobody counts."""

    def body(self) -> dict[str, Any]:
        body: dict[str, Any] = {
            "exchange": self.exchange,
            "state": self.state,
            "latencyMs": self.latency_ms,
            "lastMessageAt": self.last_message_at,
            "reconnects": self.reconnects,
        }
        if self.connected_since is not None:
            body["connectedSince"] = self.connected_since
        if self.rest_latency_ms is not None:
            body["restLatencyMs"] = self.rest_latency_ms
        if self.checked_share is not None:
            body["checkedShare"] = _share(self.checked_share)
        if self.message:
            body["message"] = self.message
        return body


@dataclass(frozen=True)
class Desired:
    """What the owner last asked for; `paused_until` in ms, None without a time box."""

    paused: bool
    paused_until: int | None
    mode: str


class Aspect(StrEnum):
    """In what desired and actual state can differ; the value is its name in the message."""

    MODE = "mode"
    PAUSED = "paused"
    SETTINGS_VERSION = "settingsVersion"


@dataclass(frozen=True)
class Difference:
    """What is wanted and is not so, since when (ms) without a break; a mode of '' and a version of 0 are none yet."""

    what: Aspect
    desired: str | bool | int
    actual: str | bool | int
    since: int

    def body(self) -> dict[str, Any]:
        return {"what": self.what.value, "desired": self.desired, "actual": self.actual, "since": self.since}


@dataclass(frozen=True)
class Status:
    """One status message; times in ms by Redis's clock."""

    engine_id: str
    host: str
    state: EngineState
    desired: Desired
    mode: str
    started_at: int
    uptime_seconds: float
    settings_version: int
    exchanges: tuple[ExchangeStatus, ...] = ()
    active_symbols: tuple[str, ...] = ()
    last_signal_at: int | None = None
    readings_at: int | None = None
    """When what the indicators say was last written to the cache: who shows that need not ask before it changes."""
    queue_depth: int = 0
    warmup_done: int = 0
    warmup_total: int = 0
    checked_share: float = 0.0
    """Which share of all bars held, 0 to 1, was read again from the exchange and compared."""
    stale_series: tuple[str, ...] = ()
    cache: Mapping[str, int] = field(default_factory=lambda: {"keys": 0, "memoryBytes": 0, "hits": 0, "misses": 0})
    environment: Mapping[str, str] = field(default_factory=dict)
    settings_problem: str = ""
    """Why the saved document is not in force, where it can't be applied."""
    drift: tuple[Difference, ...] = ()
    """In what desired and actual state differ; empty where they agree."""

    def body(self) -> dict[str, Any]:
        """Return the message to publish, without `timestamp`."""
        body: dict[str, Any] = {
            "type": "status",
            "engine": {"id": self.engine_id, "host": self.host},
            "state": self.state.value,
            "desired": {
                "paused": self.desired.paused,
                "pausedUntil": self.desired.paused_until,
                "mode": self.desired.mode,
            },
            "mode": self.mode,
            "uptimeSeconds": round(self.uptime_seconds, 1),
            "startedAt": self.started_at,
            "settingsVersion": self.settings_version,
            "exchanges": [exchange.body() for exchange in self.exchanges],
            "activeSymbols": list(self.active_symbols),
            "lastSignalAt": self.last_signal_at,
            "queueDepth": self.queue_depth,
            "warmup": {"done": self.warmup_done, "total": self.warmup_total},
            "checkedShare": _share(self.checked_share),
            "staleSeries": list(self.stale_series),
            "cache": dict(self.cache),
            "environment": dict(self.environment),
            "drift": [difference.body() for difference in self.drift],
        }
        if self.readings_at is not None:
            body["readingsAt"] = self.readings_at
        if self.settings_problem:
            body["settingsProblem"] = self.settings_problem
        return body
