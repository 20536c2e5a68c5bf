"""The programs' output: one file each, bounded, with one older file beside it."""

import shutil
from pathlib import Path
from typing import IO

LARGEST_BYTES = 5_000_000
LONGEST_REASON = 300


def open_log(path: Path, largest: int = LARGEST_BYTES) -> IO[bytes]:
    """Open a log to append to, after bounding it. Creates its directory."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    bound(path, largest)
    return path.open("ab", buffering=0)


def bound(path: Path, largest: int = LARGEST_BYTES) -> None:
    """Where a log has outgrown `largest` bytes, move its text to `NAME.log.1`.

    The file itself stays: programs hold it open in append mode and go on at its new end.
    """
    if path.exists() and path.stat().st_size > largest:
        shutil.copyfile(path, path.with_name(path.name + ".1"))
        with path.open("r+b") as file:
            file.truncate()


def last_words(path: Path, since: int = 0) -> str:
    """Return the last line with text of what was written from byte `since` on, shortened; "" without one."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        # A log that was bounded meanwhile is shorter than it was.
        file.seek(max(since if since <= size else 0, size - 4096))
        lines = file.read().decode(errors="replace").split("\n")
    said = [line.strip() for line in lines if line.strip()]
    return said[-1][:LONGEST_REASON] if said else ""
