"""The options of `manage.py up`, checked."""

from dataclasses import dataclass
from pathlib import Path

from runtime.launch import checks


@dataclass(frozen=True)
class Options:
    """Where to listen, and what to play instead of making candles up."""

    address: str
    port: int
    recording: Path | None
    speed: float

    @property
    def engine_arguments(self) -> tuple[str, ...]:
        """What `runengine` is given of it."""
        if self.recording is None:
            return ()
        return ("--play", str(self.recording), "--speed", f"{self.speed!r}")


def read_options(host: str, port: str, play: str | None, speed: str | None) -> Options:
    """Check the options as they were typed. Raises checks.CannotStartError for the first bad one."""
    if speed is not None and play is None:
        raise checks.CannotStartError(f"--speed {speed}: goes with --play FILE, a file of recorded candles")
    recording = None if play is None else Path(play).expanduser().resolve()
    if recording is not None:
        checks.check_recording(recording)
    return Options(
        address=checks.address_of(host),
        port=checks.port_number(port),
        recording=recording,
        speed=1.0 if speed is None else checks.speed_number(speed),
    )
