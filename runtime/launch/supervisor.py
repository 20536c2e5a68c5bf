"""Keeps programs running: starts them in order, starts again what ends, stops them in reverse order."""

import os
import select
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any

from runtime.launch import logs, processes
from runtime.launch.backoff import Backoff

STOPPING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True)
class Program:
    """A program to keep running.

    `is_ready` is asked now and then until it says yes, with the seconds since the program's latest start. It must
    answer quickly.
    """

    name: str
    command: Sequence[str]
    is_ready: Callable[[float], bool] = lambda _: True
    environment: Mapping[str, str] | None = None
    """None: this process's own."""


@dataclass(frozen=True)
class Timings:
    """All in seconds."""

    look: float = 0.1
    """How often programs that are not ready yet are asked."""
    stop: float = 10.0
    """How long a program may take to end before it is killed."""
    bound_logs: float = 30.0
    first_backoff: float = 0.5
    longest_backoff: float = 10.0
    stable: float = 30.0


@dataclass
class _Child:
    program: Program
    log: Path
    backoff: Backoff
    process: "subprocess.Popen[bytes] | None" = None
    started_at: float = 0.0
    due_at: float = 0.0
    log_size_at_start: int = 0
    ready: bool = False
    delay: float = 0.0
    """Before its latest start; 0 for the first."""


class Supervisor:
    """Use it as a context manager in the main thread: inside, SIGINT, SIGTERM and SIGHUP ask it to stop.

    `say` gets the lines that a person should see. `inherit` are file descriptors that every program keeps open.
    Leaving the block stops all programs; a second signal kills them at once.
    """

    def __init__(
        self,
        logs_dir: Path,
        say: Callable[[str], None],
        *,
        inherit: Sequence[int] = (),
        timings: Timings | None = None,
    ) -> None:
        self._logs_dir = logs_dir
        self._say = say
        self._inherit = inherit
        self._timings = timings or Timings()
        self._children: list[_Child] = []
        self._handlers_before: dict[signal.Signals, Any] = {}
        self._logs_bounded_at = time.monotonic()
        self._signals = 0
        self._stopping = False
        self.stopped_cleanly = True
        """False once a program had to be killed because it did not end when asked."""

    @property
    def stop_requested(self) -> bool:
        """True from the first signal on."""
        return self._signals > 0

    def __enter__(self) -> "Supervisor":
        # A signal writes to this pipe, so that waiting ends at once when a child ends or somebody presses Ctrl-C.
        self._woken, self._wake = os.pipe()
        os.set_blocking(self._woken, False)
        os.set_blocking(self._wake, False)
        self._wakeup_before = signal.set_wakeup_fd(self._wake, warn_on_full_buffer=False)
        for number in STOPPING_SIGNALS:
            # Under nohup SIGHUP is ignored, and that is to stay so. A script's background job ignores SIGINT, but
            # whoever sends it one means it.
            if number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:
                self._handlers_before[number] = signal.signal(number, self._on_signal)
        self._handlers_before[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        for number, handler in self._handlers_before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._wakeup_before)
        os.close(self._woken)
        os.close(self._wake)

    def start(self, program: Program) -> None:
        """Start a program and keep it running from now on. Returns at once; see wait_until_ready."""
        child = _Child(
            program,
            self._logs_dir / f"{program.name}.log",
            Backoff(self._timings.first_backoff, self._timings.longest_backoff, self._timings.stable),
        )
        self._children.append(child)
        self._launch(child)

    def wait_until_ready(self, name: str, patience: float) -> bool:
        """Wait until a program is ready; False when it isn't after `patience` seconds, or a stop was asked for."""
        child = next(child for child in self._children if child.program.name == name)
        deadline = time.monotonic() + patience
        while not child.ready and not self.stop_requested and time.monotonic() < deadline:
            self._turn()
        return child.ready

    def watch(self) -> None:
        """Start again what ends, until a stop is asked for."""
        while not self.stop_requested:
            self._turn()

    def stop(self) -> None:
        """Stop all programs, the last started first, each within the given time."""
        self._stopping = True
        for child in reversed(self._children):
            if child.process is None:
                continue
            status = processes.stop(child.process, self._timings.stop)
            if status == -signal.SIGKILL:
                self.stopped_cleanly = False
                if self._signals <= 1:
                    self._say(f"{child.program.name} did not end within {self._timings.stop:g} s and was killed")
            child.process = None

    def last_words(self, name: str) -> str:
        """Return the last line that a program wrote since its latest start."""
        child = next(child for child in self._children if child.program.name == name)
        return logs.last_words(child.log, child.log_size_at_start)

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self._signals += 1
        if self._signals == 1:
            return
        for child in self._children:
            if child.process is not None:
                processes.end_group(child.process)
        if not self._stopping:
            raise KeyboardInterrupt

    def _turn(self) -> None:
        now = time.monotonic()
        self._wait(self._until_next(now))
        now = time.monotonic()
        for child in self._children:
            if self.stop_requested:
                return
            if child.process is not None and child.process.poll() is not None:
                self._note_end(child, now)
            if child.process is None and now >= child.due_at:
                self._launch(child)
            if child.process is not None and not child.ready and child.program.is_ready(now - child.started_at):
                child.ready = True
                if child.delay:
                    self._say(f"{child.program.name} is up again")
        if now - self._logs_bounded_at >= self._timings.bound_logs:
            self._logs_bounded_at = now
            for child in self._children:
                logs.bound(child.log)

    def _until_next(self, now: float) -> float:
        waits = [self._logs_bounded_at + self._timings.bound_logs - now]
        waits += [child.due_at - now for child in self._children if child.process is None]
        if any(child.process is not None and not child.ready for child in self._children):
            waits.append(self._timings.look)
        return max(0.0, min(waits))

    def _wait(self, seconds: float) -> None:
        select.select([self._woken], [], [], seconds)
        with suppress(BlockingIOError):
            while os.read(self._woken, 512):
                pass

    def _launch(self, child: _Child) -> None:
        with logs.open_log(child.log) as output:
            child.log_size_at_start = output.seek(0, os.SEEK_END)
            child.process = processes.spawn(
                child.program.command,
                output=output,
                environment=child.program.environment,
                inherit=self._inherit,
            )
        child.started_at = time.monotonic()
        child.ready = False

    def _note_end(self, child: _Child, now: float) -> None:
        assert child.process is not None
        # What it started itself must not meet its successor.
        processes.end_group(child.process)
        how = _how_it_ended(child.process.returncode)
        words = logs.last_words(child.log, child.log_size_at_start)
        delay_before, child.delay = child.delay, child.backoff.after(now - child.started_at)
        child.process = None
        child.due_at = now + child.delay
        keeps_failing = child.delay >= self._timings.longest_backoff
        if keeps_failing and delay_before == child.delay:
            return
        again = "trying again every" if keeps_failing else "starting again in"
        self._say(
            f"{child.program.name} ended ({how}), {again} {child.delay:g} s; its log is {child.log}"
            + (f"; its last line: {words}" if words else "")
        )


def _how_it_ended(status: int) -> str:
    if status < 0:
        with suppress(ValueError):
            return f"killed by {signal.Signals(-status).name}"
    return f"exit status {status}"
