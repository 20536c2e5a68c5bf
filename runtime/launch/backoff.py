"""How long to wait before a program that ended is started again."""

from dataclasses import dataclass, field


@dataclass
class Backoff:
    """Doubles from `first` to `longest` seconds; a run of `stable` seconds or more counts as a fresh beginning."""

    first: float = 0.5
    longest: float = 10.0
    stable: float = 30.0
    _next: float = field(default=0.0, init=False)

    def after(self, lived: float) -> float:
        """Return the seconds to wait after a run of `lived` seconds."""
        delay = self.first if lived >= self.stable or not self._next else self._next
        self._next = min(self.longest, delay * 2)
        return delay
