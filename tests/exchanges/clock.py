"""The market's clock: it starts where it is told and runs as many times faster than the real one as it is told."""

import time
from collections.abc import Callable


class MarketClock:
    """Market time, ms UTC: `start` and then `speed` ms for each real one. A clock as the engine's ports want it."""

    def __init__(
        self,
        start: int,
        speed: float = 1.0,
        monotonic: Callable[[], float] = time.monotonic,
        began: float | None = None,
    ) -> None:
        """`began`: what `monotonic` said at `start`; now where it is None. So two programs can have the same clock.

        Raises ValueError for a speed that is not above 0.
        """
        if speed <= 0:
            raise ValueError(f"speed is {speed:g}; it says how many times faster than real time, from above 0 on")
        self.start = start
        self.speed = speed
        self._monotonic = monotonic
        self.began = monotonic() if began is None else began
        self._skipped = 0

    def now_ms(self) -> int:
        """Return market time, ms UTC; it never goes back."""
        return self.start + self._skipped + int((self._monotonic() - self.began) * 1_000 * self.speed)

    def skip(self, ms: int) -> None:
        """Move on by `ms` of market time at once. Raises ValueError for a step back."""
        if ms < 0:
            raise ValueError(f"the market's clock can't go back by {-ms} ms")
        self._skipped += ms

    def real_seconds(self, ms: float) -> float:
        """Return how long `ms` of market time take."""
        return ms / 1_000 / self.speed
