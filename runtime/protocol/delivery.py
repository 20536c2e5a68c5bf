"""What becomes of an alert beside its content: where it is due, or why it is only stored, and whether it was sent."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

from settingsapp.schema.notations import Channel


class SendingState(StrEnum):
    """Where an alert stands on one channel."""

    WAITING = "waiting"
    """It is to be sent, for the first time or again."""
    SENDING = "sending"
    """The service is being asked to take it, or was when the engine ended."""
    SENT = "sent"
    """The service took it."""
    FAILED = "failed"
    """Given up; its error says why."""
    SKIPPED = "skipped"
    """Never tried; its error says why."""

    @property
    def is_final(self) -> bool:
        """True once nothing more will happen."""
        return self in (SendingState.SENT, SendingState.FAILED, SendingState.SKIPPED)


@dataclass(frozen=True)
class Sending:
    """How far an alert has come on one channel. `at`: when that became so, ms, None where nothing happened yet."""

    state: SendingState = SendingState.WAITING
    attempts: int = 0
    at: int | None = None
    error: str = ""
    """What the last attempt came to, in words without any address; empty where it went well."""

    def body(self) -> dict[str, Any]:
        body: dict[str, Any] = {"state": self.state.value, "attempts": self.attempts, "at": self.at}
        if self.error:
            body["error"] = self.error
        return body


@dataclass(frozen=True)
class Delivery:
    """The decision on one alert, taken when it was raised, and what was sent since."""

    channels: tuple[Channel, ...]
    """Where it is due; none where it is held back, or where the owner wants such alerts nowhere."""
    held_back: str
    """Why it is stored and goes nowhere; empty where nothing holds it back."""
    trading_mode: Literal["paper", "live"]
    """The owner's trading mode at that moment."""
    sent: Mapping[str, Sending] = field(default_factory=dict)
    """How far it has come, by channel; on a channel that is not among them it waits."""

    def body(self) -> dict[str, Any]:
        """Return what travels beside an alert."""
        return {
            "channels": list(self.channels),
            "heldBack": self.held_back,
            "tradingMode": self.trading_mode,
            "sent": {channel: self.sent.get(channel, Sending()).body() for channel in self.channels},
        }


def sending_body(alert_id: str, channel: str, sending: Sending) -> dict[str, Any]:
    """Something became of an alert on one channel."""
    return {"type": "delivery", "alertId": alert_id, "channel": channel, **sending.body()}
