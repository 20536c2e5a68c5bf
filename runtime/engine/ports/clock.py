"""The time."""

from typing import Protocol


class Clock(Protocol):
    """Redis's clock, or a recording's."""

    def now_ms(self) -> int: ...
