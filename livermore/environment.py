"""The environment variables that Livermore reads, checked at start, by name.

Pure: takes a mapping, touches nothing outside it but the paths that it is asked to resolve.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

BASE_DIR = Path(__file__).resolve().parent.parent

# A unix socket's path has to fit into sockaddr_un: 108 bytes with its closing zero.
LONGEST_SOCKET_PATH = 107
SOCKET_NAME = "valkey.sock"
SHORTEST_PASSWORD = 8
SHORTEST_SECRET_KEY = 32

TRUE_WORDS = frozenset({"1", "true", "yes", "on"})
FALSE_WORDS = frozenset({"0", "false", "no", "off"})
DATABASE_SCHEMES = ("postgres", "postgresql", "sqlite")
REDIS_SCHEMES = ("redis", "rediss", "unix")


class BadEnvironmentError(Exception):
    """An environment variable holds what it can't mean. The text names it and says what would be right."""

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(f"{name}: {problem}")
        self.name = name
        self.problem = problem


@dataclass(frozen=True)
class Environment:
    """What the environment says, complete: every default is filled in."""

    data_dir: Path
    database_url: str | None
    """None: SQLite in the data directory."""
    redis_url: str
    embedded_redis: bool
    """True: `redis_url` is the socket of the Valkey server that `manage.py up` runs in the data directory."""
    secret_key: str | None
    """None: one is generated and kept in the data directory."""
    debug: bool
    allowed_hosts: tuple[str, ...]
    allowed_hosts_are_set: bool
    """False: `allowed_hosts` are those of this machine alone."""
    csrf_trusted_origins: tuple[str, ...]
    admin_password: str | None
    """Of the first login; None: a random one is made up."""

    @property
    def socket_path(self) -> Path:
        """Where the embedded Valkey server listens."""
        return self.data_dir / SOCKET_NAME


def read_environment(variables: Mapping[str, str], base_dir: Path = BASE_DIR) -> Environment:
    """Read and check all variables; empty ones count as unset. Raises BadEnvironmentError for the first bad one."""

    def value(name: str) -> str | None:
        return variables.get(name, "").strip() or None

    data_dir = Path(value("LIVERMORE_DATA_DIR") or base_dir / "var").expanduser()
    if not data_dir.is_absolute():
        data_dir = base_dir / data_dir
    if data_dir.exists() and not data_dir.is_dir():
        raise BadEnvironmentError("LIVERMORE_DATA_DIR", f"{data_dir} is a file; name a directory")

    database_url = value("DATABASE_URL")
    if database_url is not None:
        _check_database_url(database_url)

    redis_url = value("REDIS_URL")
    if redis_url is not None:
        _check_redis_url(redis_url)
    elif len(bytes(data_dir / SOCKET_NAME)) > LONGEST_SOCKET_PATH:
        room = LONGEST_SOCKET_PATH - len(SOCKET_NAME) - 1
        raise BadEnvironmentError(
            "LIVERMORE_DATA_DIR",
            f"{data_dir} is too long for the embedded Redis server's socket: "
            f"choose a directory of at most {room} bytes, or set REDIS_URL to a server of your own",
        )

    secret_key = value("DJANGO_SECRET_KEY")
    if secret_key is not None and len(secret_key) < SHORTEST_SECRET_KEY:
        raise BadEnvironmentError(
            "DJANGO_SECRET_KEY",
            f"needs at least {SHORTEST_SECRET_KEY} characters; "
            "leave it unset to have one generated in the data directory",
        )

    # Taken as it is, not stripped: a blank can belong to a password.
    admin_password = variables.get("LIVERMORE_ADMIN_PASSWORD") or None
    if admin_password is not None and len(admin_password) < SHORTEST_PASSWORD:
        raise BadEnvironmentError(
            "LIVERMORE_ADMIN_PASSWORD",
            f"needs at least {SHORTEST_PASSWORD} characters; leave it unset to have one made up and shown once",
        )

    allowed_hosts = _words(value("DJANGO_ALLOWED_HOSTS"), _check_host)
    return Environment(
        data_dir=data_dir,
        database_url=database_url,
        redis_url=redis_url or f"unix://{data_dir / SOCKET_NAME}",
        embedded_redis=redis_url is None,
        secret_key=secret_key,
        debug=_boolean("DJANGO_DEBUG", value("DJANGO_DEBUG"), default=False),
        allowed_hosts=allowed_hosts or ("localhost", "127.0.0.1", "[::1]"),
        allowed_hosts_are_set=bool(allowed_hosts),
        csrf_trusted_origins=_words(value("DJANGO_CSRF_TRUSTED_ORIGINS"), _check_origin),
        admin_password=admin_password,
    )


def _boolean(name: str, text: str | None, *, default: bool) -> bool:
    if text is None:
        return default
    if text.lower() in TRUE_WORDS:
        return True
    if text.lower() in FALSE_WORDS:
        return False
    raise BadEnvironmentError(name, f"'{text}' is neither yes nor no; use 1, true, yes, on or 0, false, no, off")


def _words(text: str | None, check: Callable[[str], None]) -> tuple[str, ...]:
    words = tuple(word.strip() for word in (text or "").split(",") if word.strip())
    for word in words:
        check(word)
    return words


def _check_host(host: str) -> None:
    has_port = ":" in host and not (host.startswith("[") and host.endswith("]"))
    if "/" in host or " " in host or has_port:
        raise BadEnvironmentError(
            "DJANGO_ALLOWED_HOSTS",
            f"'{host}' is not a host name; list names alone, without scheme or port, "
            "separated by commas: desk.example,192.0.2.7",
        )


def _check_origin(origin: str) -> None:
    try:
        parts = urlsplit(origin)
        is_origin = parts.scheme in ("http", "https") and parts.hostname and not parts.path.strip("/")
    except ValueError:
        is_origin = False
    if not is_origin:
        raise BadEnvironmentError(
            "DJANGO_CSRF_TRUSTED_ORIGINS",
            f"'{origin}' is not an origin; list them with their scheme, separated by commas: https://desk.example",
        )


def _check_database_url(url: str) -> None:
    # The URL can hold a password, and a mistyped one anywhere: no message repeats a part of it.
    example = "postgres://user:password@host:5432/livermore, or sqlite:////absolute/path.sqlite3"
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise BadEnvironmentError("DATABASE_URL", f"is not a URL; it looks like {example}") from None
    if parts.scheme not in DATABASE_SCHEMES:
        raise BadEnvironmentError("DATABASE_URL", f"names no database that is supported; it looks like {example}")
    if len(parts.path.strip("/")) == 0:
        raise BadEnvironmentError("DATABASE_URL", f"names no database; it looks like {example}")


def _check_redis_url(url: str) -> None:
    example = "redis://host:6379/0, rediss://… for TLS, or unix:///path/to/redis.sock"
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise BadEnvironmentError("REDIS_URL", f"is not a URL; it looks like {example}") from None
    if parts.scheme not in REDIS_SCHEMES:
        raise BadEnvironmentError("REDIS_URL", f"names no Redis server; it looks like {example}")
    database = parts.path.strip("/")
    if parts.scheme == "unix" and not database:
        raise BadEnvironmentError("REDIS_URL", f"names no socket; it looks like {example}")
    if parts.scheme != "unix" and database and not database.isdigit():
        raise BadEnvironmentError(
            "REDIS_URL", f"what follows the last slash is not a database number; it looks like {example}"
        )
