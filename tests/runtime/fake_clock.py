"""Time that passes only when somebody sleeps."""


class FakeClock:
    """A clock (ms) with the sleep that moves it. `suspend` moves it without anybody having slept."""

    def __init__(self, now_ms: float = 1_763_856_000_000) -> None:
        self._now = float(now_ms)
        self.slept: list[float] = []

    def now_ms(self) -> int:
        return int(self._now)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self._now += seconds * 1000

    def suspend(self, seconds: float) -> None:
        self._now += seconds * 1000
