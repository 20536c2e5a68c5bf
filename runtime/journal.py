"""The engine's log as the settings want it: how much of it, and a file of its own where its owner named a place."""

import asyncio
import logging
import os
import re
from collections.abc import Sequence
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Final

from settingsapp.schema.running import LoggingSettings, Verbosity, read_verbosity

LEVELS: Final[dict[Verbosity, int]] = {
    "error": logging.ERROR,
    "warn": logging.WARNING,
    "info": logging.INFO,
    "debug": logging.DEBUG,
}
LARGEST_BYTES: Final = 5_000_000
FALLBACK: Final = "the engine's log stays in the server's data directory"
_FORMAT: Final = "{asctime} {levelname:<7} {name}: {message}"


class DirectoryUnusableError(Exception):
    """A directory can't be used on this machine; the text says why."""


class EngineJournal:
    """Implements runtime.engine.ports.journal.Journal for the program's own logging. Call `close` in the end."""

    def __init__(self, sub: str) -> None:
        # An identity's name may come from an OpenID provider and hold anything.
        self._file_name = f"livermore-engine-{re.sub(r'[^A-Za-z0-9_-]', '_', sub)[:64]}.log"
        # Other libraries' debugging would tell what they send to exchanges.
        self._engine = logging.getLogger("runtime")
        self._root = logging.getLogger()
        self._level_before = self._engine.level
        self._handler: RotatingFileHandler | None = None

    async def follow(self, wanted: LoggingSettings) -> Sequence[str]:
        problems = await asyncio.to_thread(self._place, wanted)
        # Last, so that what is told from then on is told in the right place too.
        self._engine.setLevel(LEVELS[read_verbosity(wanted.verbosity_level)])
        return problems

    def close(self) -> None:
        """Leave the program's logging as it was."""
        self._write_to(None)
        self._engine.setLevel(self._level_before)

    def _place(self, wanted: LoggingSettings) -> list[str]:
        problems = []
        chosen = None
        named = {"log_directory": wanted.log_directory, "data_directory": wanted.data_directory}
        for field, text in named.items():
            if not text.strip():
                continue
            try:
                path = usable_directory(text) / self._file_name
                if chosen is None:
                    self._write_to(path)
                    chosen = path
            except (DirectoryUnusableError, OSError) as error:
                reason = error.strerror if isinstance(error, OSError) else str(error)
                instead = "" if chosen else f"; {FALLBACK}"
                problems.append(f"livermore_runtime.logging.{field}: '{text}' can't be used here: {reason}{instead}")
        if chosen is None:
            self._write_to(None)
        return problems

    def _write_to(self, path: Path | None) -> None:
        """Write the log to this file as well. Raises OSError; then the log goes on as it did before."""
        present = self._handler
        if present is not None and path is not None and Path(present.baseFilename) == path:
            return
        handler = None
        if path is not None:
            if path.is_symlink():
                raise DirectoryUnusableError(f"{path.name} in it is a link to somewhere else")
            handler = RotatingFileHandler(path, maxBytes=LARGEST_BYTES, backupCount=1, encoding="utf-8")
            handler.setFormatter(logging.Formatter(_FORMAT, style="{"))
            self._root.addHandler(handler)
        if present is not None:
            self._root.removeHandler(present)
            present.close()
        self._handler = handler


def usable_directory(text: str) -> Path:
    """Return the directory that a text names, if this machine can write to it. Raises DirectoryUnusableError.

    None is ever created: a name that is mistyped must not leave directories about.
    """
    path = Path(text.strip())
    if not path.is_absolute():
        raise DirectoryUnusableError("it is not a whole path on this machine, such as /var/log/livermore")
    if not path.is_dir():
        raise DirectoryUnusableError("there is no such directory on this machine")
    if not os.access(path, os.W_OK | os.X_OK):
        raise DirectoryUnusableError("the engine may not write there")
    return path
