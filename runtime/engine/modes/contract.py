"""What a mode is. To add one: copy a neighbour's file; the registry finds it by its `DEFINITION`. Modes don't know each
other.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from runtime.engine.market import Bar
from runtime.engine.ports.positions import Entry
from runtime.engine.raised import Raised
from runtime.protocol.alerts import Alert
from settingsapp.schema.document import SettingsDocument
from settingsapp.schema.vocabulary import Mode


@dataclass(frozen=True)
class ModeContext:
    """What a mode goes by: the document in force, and where positions were first seen."""

    mode: Mode
    settings_version: int
    document: SettingsDocument
    entries: Mapping[str, Entry]
    """By qualified symbol."""


class ModeNotImplementedError(Exception):
    """A mode that can be named but not run."""


class ModeRun(Protocol):
    """A mode at work. It may remember things from bar to bar, such as its cooldowns."""

    @property
    def mode(self) -> Mode: ...

    def alerts(self, bar: Bar, context: ModeContext) -> tuple[Alert, ...]:
        """Return what there is to say about one bar. Called with every bar of its symbols, in order."""

    def recall(self, raised: Iterable[Raised], context: ModeContext, closes: Mapping[str, float]) -> None:
        """Go on from what this mode raised before (each symbol's alerts in order), as if it had been this run.

        `closes`: the last close by qualified symbol, as far as it is known.
        """


@dataclass(frozen=True)
class ModeDefinition:
    """A mode by its name: what it is for, what it watches, and how to start it."""

    mode: Mode
    purpose: str
    symbols: Callable[[SettingsDocument], tuple[str, ...]]
    """Returns the symbols that it wants bars of, qualified."""
    create: Callable[[], ModeRun] | None
    """Returns a fresh run, without memory; None: not implemented."""

    @property
    def implemented(self) -> bool:
        return self.create is not None

    @property
    def refusal(self) -> str:
        """Why it can't be switched to; empty where it can."""
        return "" if self.implemented else f"{self.mode.value} is not implemented"

    def start(self) -> ModeRun:
        """Return a fresh run. Raises ModeNotImplementedError."""
        if self.create is None:
            raise ModeNotImplementedError(self.refusal)
        return self.create()
