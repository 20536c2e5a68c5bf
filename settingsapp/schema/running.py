"""How the engine starts and what it writes down."""

from typing import Annotated, Literal, TypeAlias

from pydantic import AfterValidator, Field

from settingsapp.schema.notations import ShortText
from settingsapp.schema.section import Section
from settingsapp.schema.vocabulary import Mode

Verbosity: TypeAlias = Literal["error", "warn", "info", "debug"]
_VERBOSITIES: dict[str, Verbosity] = {
    "error": "error",
    "critical": "error",
    "warn": "warn",
    "warning": "warn",
    "info": "info",
    "debug": "debug",
    "trace": "debug",
    "verbose": "debug",
}


def read_verbosity(text: str) -> Verbosity:
    """Return what a verbosity means; case does not matter. Raises ValueError."""
    try:
        return _VERBOSITIES[text.strip().lower()]
    except KeyError:
        raise ValueError("is not a verbosity; write error, warn, info or debug") from None


def _verbosity_text(text: str) -> str:
    read_verbosity(text)
    return text


def _implemented(mode: Mode) -> Mode:
    if mode is Mode.SCALPER_ORDERBOOK:
        raise ValueError("scalper-orderbook is not implemented; choose position-monitor or scalper-macdv")
    return mode


class LoggingSettings(Section):
    """What the engine writes down, and where."""

    data_directory: ShortText = Field(
        "",
        title="Data directory",
        description="A directory on the engine's machine for its log file, where no log directory is named. "
        "Empty, or not usable there: the server's data directory.",
    )
    log_directory: ShortText = Field(
        "",
        title="Log directory",
        description="A directory on the engine's machine that gets its log file as well. It has to be there already. "
        "Empty, or not usable there: the server's data directory.",
    )
    verbosity_level: Annotated[ShortText, AfterValidator(_verbosity_text)] = Field(
        "info", title="Verbosity", description="What the engine logs: error, warn, info or debug."
    )


class RuntimeSettings(Section):
    """How the engine starts."""

    auto_start: bool = Field(
        True,
        title="Start by itself",
        description="Off: an engine that was never told otherwise starts paused. "
        "Later it comes back as it was, paused or running.",
    )
    start_mode: Annotated[Mode, AfterValidator(_implemented)] = Field(
        Mode.POSITION_MONITOR,
        title="Start mode",
        description="The mode of an engine that was never told otherwise. Later it keeps the mode it was in.",
    )
    logging: LoggingSettings = Field(
        default_factory=LoggingSettings, title="Logging", description="What the engine writes down, and where."
    )
