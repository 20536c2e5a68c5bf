"""What `manage.py up` says once the product runs. Pure."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Announcement:
    """All that a person in front of the terminal needs to know."""

    url: str
    web_answers: bool
    sign_in: str
    engine: str
    stores: str
    market: str
    data_dir: Path
    notes: tuple[str, ...] = ()

    def text(self) -> str:
        """Return the block to print."""
        heading = (
            f"Livermore is up: {self.url}"
            if self.web_answers
            else f"Livermore is starting; the web server does not answer yet at {self.url}"
        )
        rows = [
            ("sign in", self.sign_in),
            ("engine", self.engine),
            ("market", self.market),
            ("stores", self.stores),
            ("logs", str(self.data_dir / "logs")),
            ("stop", "Ctrl-C"),
            *(("note", note) for note in self.notes),
        ]
        return "\n".join(["", heading, *(f"  {name:<8} {text}" for name, text in rows), ""])


def sign_in_text(*, username: str | None, password: str | None) -> str:
    """How to sign in; `username` is None where there were logins already, `password` where it was given."""
    if username is None:
        return "as before (a forgotten password: manage.py changepassword admin)"
    if password is None:
        return f"{username}, with the password in LIVERMORE_ADMIN_PASSWORD"
    return f"{username}, password {password} (shown this once: keep it)"


def url_text(address: str, port: int) -> str:
    """The page's address in a browser on this machine."""
    return f"http://{f'[{address}]' if ':' in address else address}:{port}/"


def stores_text(*, database: str, redis_url: str | None) -> str:
    """`redis_url` is None for the embedded server; of a given one only host and port are shown."""
    if redis_url is None:
        return f"{database}, embedded Valkey"
    place = redis_url.partition("://")[2].rpartition("@")[2].partition("?")[0]
    return f"{database}, Redis at {place}"


def market_text(recording: Path | None, speed: float) -> str:
    if recording is None:
        return "as the settings say (a new installation: a simulated market with invented prices)"
    return f"recorded candles of {recording.name} at {speed:g} times their speed, as the exchange 'simulated'"
