"""One `manage.py up` on a data directory: a lock that lives as long as any of its processes."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LOCK_FILE = "up.lock"


class DataDirectoryInUseError(Exception):
    """Somebody else runs on the data directory. The text says who."""


@contextmanager
def data_lock(data_dir: Path, patience: float = 5.0) -> Iterator[int]:
    """Hold the data directory, and yield the file descriptor to hand down to the children.

    Since the children inherit it, the lock is free only when the last of them is gone, even after kill -9 of the
    process that took it: whoever gets the lock knows that no earlier server or engine is left. After such a kill
    the children need a moment to end, so a lock whose first holder is dead is waited for, `patience` seconds.
    Raises DataDirectoryInUseError, OSError.
    """
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(data_dir / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _take(descriptor, data_dir, patience)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield descriptor
    finally:
        os.close(descriptor)


def _take(descriptor: int, data_dir: Path, patience: float) -> None:
    deadline = time.monotonic() + patience
    while True:
        try:
            return fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(descriptor, 32, 0).strip().decode(errors="replace")
        if holder.isdigit() and _lives(int(holder)):
            raise DataDirectoryInUseError(
                f"manage.py up already runs on {data_dir} as process {holder}: "
                f"stop it first (Ctrl-C there, or kill {holder}), or set LIVERMORE_DATA_DIR to another directory"
            )
        if time.monotonic() >= deadline:
            raise DataDirectoryInUseError(
                f"{data_dir} is still held by a program that an earlier manage.py up (process "
                f"{holder or 'unknown'}) left behind: end it, or set LIVERMORE_DATA_DIR to another directory"
            )
        time.sleep(0.05)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
