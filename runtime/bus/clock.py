"""Redis's clock, kept between its answers by this machine's monotonic one."""

import time
from collections.abc import Callable


class RedisClock:
    """Tells Redis's time in ms without asking each time."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._offset_ms: float | None = None

    def set(self, now_ms: int) -> None:
        """Take over what Redis just said."""
        self._offset_ms = now_ms - self._monotonic() * 1000

    def now_ms(self) -> int:
        """Raises RuntimeError before the first answer."""
        if self._offset_ms is None:
            raise RuntimeError("Redis has not told its time yet")
        return int(self._monotonic() * 1000 + self._offset_ms)
