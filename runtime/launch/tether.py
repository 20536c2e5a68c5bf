"""Ties a program's life to the process that starts it: `tether.py PARENT_PID HOW PROGRAM ARGUMENT…`.

Run as a file of its own between fork and exec, because only the child can ask the kernel for this, and
running Python code in a forked copy of a process with threads is unsafe. It imports the standard library alone.

HOW is `kernel` on Linux: the kernel kills the program when the parent ends, however that ends, and this process
becomes the program. Elsewhere it is `watch`: this process stays between the two and kills its process group once
the parent is gone.
"""

import ctypes
import os
import signal
import subprocess
import sys
from types import FrameType

PR_SET_PDEATHSIG = 1
LOOK_AGAIN_SECONDS = 0.25


def main(arguments: list[str]) -> int:
    """Become or watch the program; returns its exit status where it was watched."""
    parent = int(arguments[0])
    how, program = arguments[1], arguments[2:]
    if how == "kernel":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            return 1
        try:
            os.execvp(program[0], program)
        except OSError as error:
            sys.exit(f"{program[0]} can't be started: {error.strerror}")
    return _watch(parent, program)


def _watch(parent: int, program: list[str]) -> int:
    child = subprocess.Popen(program, close_fds=False)

    def pass_on(number: int, _: FrameType | None) -> None:
        child.send_signal(number)

    signal.signal(signal.SIGTERM, pass_on)
    signal.signal(signal.SIGINT, pass_on)
    while os.getppid() == parent:
        try:
            status = child.wait(LOOK_AGAIN_SECONDS)
        except subprocess.TimeoutExpired:
            continue
        return 128 - status if status < 0 else status
    os.killpg(os.getpgid(0), signal.SIGKILL)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
