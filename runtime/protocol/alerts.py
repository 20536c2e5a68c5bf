"""Alerts as they travel: the same in the API, the websocket and `replay --json`."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from settingsapp.schema import strict_json

# The namespace of alert ids: an alert's id follows from its content, so a repeated one is recognised.
ALERT_NAMESPACE = uuid.UUID("6f1c5a52-8d0e-4f0b-9f55-0a6c2b3d7e10")


class AlertKind(StrEnum):
    """What happened."""

    CROSSOVER = "crossover"
    MOMENTUM_SHIFT = "momentum-shift"
    LEVEL = "level"
    REVERSAL = "reversal"
    STOP_LOSS = "stop-loss"
    TAKE_PROFIT = "take-profit"


@dataclass(frozen=True)
class Alert:
    """One alert with what explains it.

    `open_time` is the candle's, ms UTC; `indicators` holds the values that led to the alert, by name;
    `first_bar` is the open time of the first bar that fed the series, so that a replay can start from the same one.
    """

    exchange: str
    symbol: str
    timeframe: str
    open_time: int
    kind: AlertKind
    mode: str
    settings_version: int
    first_bar: int
    indicators: Mapping[str, float | str | bool | None]
    level: int | None = None
    late: bool = False
    """The candle closed while the engine was paused or away: stored, but nobody was notified."""

    @property
    def id(self) -> uuid.UUID:
        """A uuid5 of what the alert says; `late` is about its delivery, not its content."""
        return uuid.uuid5(ALERT_NAMESPACE, strict_json.encode(self._content()))

    def as_late(self) -> "Alert":
        """Return the same alert, of which nobody was notified."""
        return replace(self, late=True)

    def body(self) -> dict[str, Any]:
        """Return the message to publish."""
        body = {"type": "alert", "id": str(self.id), **self._content()}
        if self.late:
            body["late"] = True
        return body

    def _content(self) -> dict[str, Any]:
        content: dict[str, Any] = {
            "exchange": self.exchange,
            "symbol": self.symbol,
            "timeframe": self.timeframe,
            "openTime": self.open_time,
            "kind": self.kind.value,
        }
        if self.level is not None:
            content["level"] = self.level
        return content | {
            "mode": self.mode,
            "settingsVersion": self.settings_version,
            "firstBar": self.first_bar,
            "indicators": dict(self.indicators),
        }
