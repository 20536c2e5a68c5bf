"""What it takes to undo a command: kept in its record when it has changed something."""

from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from settingsapp.schema.vocabulary import Mode


class _Undo(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Pausing(_Undo):
    """Paused or not, and until when (ms, None without a time box)."""

    paused: bool
    until: int | None = None


class UndoPausing(_Undo):
    """Of pause and resume."""

    subject: Literal["pausing"] = "pausing"
    before: Pausing
    after: Pausing


class UndoMode(_Undo):
    """Of switch-mode."""

    subject: Literal["mode"] = "mode"
    before: Mode
    after: Mode


class UndoWatchlist(_Undo):
    """Of add-symbol and remove-symbol: where the symbol stood before the version that the command made."""

    subject: Literal["watchlist"] = "watchlist"
    symbol: str
    """Qualified."""
    version: int


class UndoSettings(_Undo):
    """Of reload-settings: the version that was in force before, and the one that came."""

    subject: Literal["settings"] = "settings"
    before: int
    after: int


class UndoBatch(_Undo):
    """Of batch: its members, each of which knows how it is undone."""

    subject: Literal["batch"] = "batch"
    members: tuple[str, ...]


Undo = UndoPausing | UndoMode | UndoWatchlist | UndoSettings | UndoBatch

_UNDO: Final[TypeAdapter[Undo]] = TypeAdapter(Annotated[Undo, Field(discriminator="subject")])


def encode_undo(undo: Undo) -> str:
    """Return it as JSON."""
    return undo.model_dump_json()


def decode_undo(raw: str | bytes) -> Undo | None:
    """Return what was kept; None where it can't be read: a record may have been written by another program."""
    try:
        return _UNDO.validate_json(raw)
    except ValidationError:
        return None
