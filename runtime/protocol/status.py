"""The status: what the engine really does, once a second."""

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


@dataclass(frozen=True)
class ExchangeStatus:
    """One exchange's connection; `state` is `connecting`, `connected`, `disconnected`, `ended` or `unavailable`."""

    exchange: str
    state: str
    latency_ms: float | None = None
    last_message_at: int | None = None
    reconnects: int = 0
    message: str = ""

    def body(self) -> dict[str, Any]:
        body: dict[str, Any] = {
            "exchange": self.exchange,
            "state": self.state,
            "latencyMs": self.latency_ms,
            "lastMessageAt": self.last_message_at,
            "reconnects": self.reconnects,
        }
        if self.message:
            body["message"] = self.message
        return body


@dataclass(frozen=True)
class Desired:
    """What the owner last asked for; `paused_until` in ms, None without a time box."""

    paused: bool
    paused_until: int | None
    mode: str


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
    queue_depth: int = 0
    warmup_done: int = 0
    warmup_total: int = 0
    stale_series: tuple[str, ...] = ()
    cache: Mapping[str, int] = field(default_factory=lambda: {"keys": 0, "memoryBytes": 0, "hits": 0, "misses": 0})
    environment: Mapping[str, str] = field(default_factory=dict)
    settings_problem: str = ""
    """Why the saved document is not in force, where it can't be applied."""

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
            "staleSeries": list(self.stale_series),
            "cache": dict(self.cache),
            "environment": dict(self.environment),
        }
        if self.settings_problem:
            body["settingsProblem"] = self.settings_problem
        return body
