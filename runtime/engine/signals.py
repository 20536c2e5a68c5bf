"""What happened between two readings of one series that is worth telling. Pure functions of both."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Final

from runtime.engine.readings import Reading
from runtime.protocol.alerts import AlertKind

LEVELS: Final = (150, 200, 250, 300, 350, 400)
"""Where MACD-V is extreme, on either side of zero."""


@dataclass(frozen=True)
class Signal:
    """One signal. `detail` says what the readings alone don't: the direction, the stages."""

    kind: AlertKind
    level: int | None = None
    detail: dict[str, str] = field(default_factory=dict)


def crossover(previous: Reading, current: Reading) -> Signal | None:
    """MACD-V passed its signal line; on the line counts as above it."""
    above = current.macdv >= current.signal
    if above == (previous.macdv >= previous.signal):
        return None
    return Signal(AlertKind.CROSSOVER, detail={"direction": "up" if above else "down"})


def momentum_shift(previous: Reading, current: Reading) -> Signal | None:
    """The stage changed."""
    if previous.stage is current.stage:
        return None
    return Signal(
        AlertKind.MOMENTUM_SHIFT, detail={"previousStage": previous.stage.value, "stage": current.stage.value}
    )


def level_crossing(previous: Reading, current: Reading, levels: Collection[int] = LEVELS) -> Signal | None:
    """MACD-V crossed one of these magnitudes outward, above zero or below; of several the deepest counts."""
    side = 1 if current.macdv > 0 else -1
    crossed = [level for level in levels if side * previous.macdv < level <= side * current.macdv]
    if not crossed:
        return None
    return Signal(AlertKind.LEVEL, side * max(crossed), {"direction": "up" if side > 0 else "down"})


def reversal(previous: Reading, current: Reading) -> Signal | None:
    """An excursion beyond ±150 turned: the histogram stands against it by at least 5 % of |MACD-V|.

    Once an excursion: it has to come back within ±150, or to change sides, before it can turn again.
    """
    same_excursion = previous.turned and (previous.macdv > 0) == (current.macdv > 0)
    if not current.turned or same_excursion:
        return None
    return Signal(AlertKind.REVERSAL, detail={"direction": "down" if current.macdv > 0 else "up"})
