"""What becomes of an alert beside its content: where it is due, or why it is only stored."""

from dataclasses import dataclass
from typing import Any, Literal

from settingsapp.schema.notations import Channel


@dataclass(frozen=True)
class Delivery:
    """The decision on one alert, taken when it was raised. It says what is due, not what was sent."""

    channels: tuple[Channel, ...]
    """Where it is due; none where it is held back, or where the owner wants such alerts nowhere."""
    held_back: str
    """Why it is stored and goes nowhere; empty where nothing holds it back."""
    trading_mode: Literal["paper", "live"]
    """The owner's trading mode at that moment."""

    def body(self) -> dict[str, Any]:
        """Return what travels beside an alert."""
        return {
            "channels": list(self.channels),
            "heldBack": self.held_back,
            "tradingMode": self.trading_mode,
        }
