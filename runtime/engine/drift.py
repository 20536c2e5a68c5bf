"""Desired against actual: in what they differ, and since when."""

from collections.abc import Mapping
from dataclasses import dataclass

from runtime.protocol.status import Aspect, Difference

Pair = tuple[str, str] | tuple[bool, bool] | tuple[int, int]
"""What is wanted, and what is so."""


class Drift:
    """Remembers since when what is wanted is not so."""

    def __init__(self) -> None:
        self._since: dict[Aspect, int] = {}

    def at(self, now_ms: int, compared: Mapping[Aspect, Pair]) -> tuple[Difference, ...]:
        """Return the differences as of now.

        One that goes on keeps its beginning, also when something else is wanted meanwhile; what agrees, or is not
        compared, is forgotten.
        """
        apart = {what: pair for what, pair in compared.items() if pair[0] != pair[1]}
        self._since = {what: self._since.get(what, now_ms) for what in apart}
        return tuple(
            Difference(what, apart[what][0], apart[what][1], self._since[what]) for what in Aspect if what in apart
        )


@dataclass(frozen=True)
class SavedLook:
    """One look at the database: the version that is saved, and the one that was in force just before the look."""

    version: int
    while_running: int

    def wanted_over(self, running: int) -> int:
        """Return the saved version, as far as this look tells it to an engine that runs that version now.

        What came into force since the look was saved by then, too, unless the look saw something newer.
        """
        return self.version if self.while_running == running or self.version > running else running
