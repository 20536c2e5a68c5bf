"""Tiny programs to supervise, and what is left of programs, seen from outside."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path


def python(code: str) -> Sequence[str]:
    """A program that runs this code."""
    return (sys.executable, "-I", "-S", "-c", code)


def processes_naming(text: str) -> dict[int, str]:
    """All processes whose command line or environment holds `text`, by pid, but the asking one and its parents."""
    found = {}
    own = {os.getpid(), os.getppid()}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) in own:
            continue
        try:
            command = (entry / "cmdline").read_bytes()
            known = command + (entry / "environ").read_bytes()
        except OSError:
            continue
        if text.encode() in known:
            found[int(entry.name)] = command.replace(b"\0", b" ").decode(errors="replace").strip()
    return found


def alive(pid: int) -> bool:
    """True while it runs: neither gone nor a zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
