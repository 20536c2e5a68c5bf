"""Starting and ending child processes so that none outlives the process that started it."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

TETHER = Path(__file__).with_name("tether.py")


def spawn(
    command: Sequence[str],
    *,
    output: IO[bytes] | int = subprocess.DEVNULL,
    environment: Mapping[str, str] | None = None,
    inherit: Sequence[int] = (),
    tether: str = "kernel" if sys.platform == "linux" else "watch",
) -> subprocess.Popen[bytes]:
    """Start a program in a session of its own, killed by the kernel when this process ends in any way.

    `output` takes both of its streams; it has no input. `inherit` are file descriptors that it keeps open. Call
    it from a thread that lives as long as the program should, best the main one: Linux counts the starting thread
    as the parent. `tether`: `kernel` or `watch`, see runtime.launch.tether.
    """
    return subprocess.Popen(
        # -I and -S: the tether needs neither the site packages nor the environment, and starts in 20 ms so.
        [sys.executable, "-I", "-S", str(TETHER), str(os.getpid()), tether, *command],
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        env=dict(os.environ if environment is None else environment),
        pass_fds=tuple(inherit),
        start_new_session=True,
    )


def end_group(process: subprocess.Popen[bytes], number: int = signal.SIGKILL) -> None:
    """Send a signal to a program and all that it has started; harmless where nothing is left."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)


def stop(process: subprocess.Popen[bytes], patience: float) -> int:
    """Ask a program to end, kill it after `patience` seconds, and return its exit status."""
    if process.poll() is None:
        process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(patience)
    end_group(process)
    return process.wait()
