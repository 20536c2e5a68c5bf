"""What is looked at before anything starts, so that trouble is one clear line and not half a start."""

import errno
import ipaddress
import math
import socket
from pathlib import Path
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.db import Error, connection

from runtime.bus.connections import RedisUnavailableError
from runtime.bus.probe import ping
from runtime.feeds.recordings import RecordingError, read_recording


class CannotStartError(Exception):
    """Why nothing was started, in one line that says what to change."""


def port_number(text: str) -> int:
    """Return the port. Raises CannotStartError."""
    if not (text.isascii() and text.isdecimal()) or not 1 <= int(text) <= 65_535:
        raise CannotStartError(f"--port {text}: a port is a number from 1 to 65535")
    return int(text)


def speed_number(text: str) -> float:
    """Return how many times faster than the recording to play. Raises CannotStartError."""
    try:
        speed = float(text)
    except ValueError:
        speed = math.nan
    if not math.isfinite(speed) or speed <= 0:
        raise CannotStartError(
            f"--speed {text}: a number above 0 is needed; 1 is as fast as the market was, 60 a minute a second"
        )
    return speed


def address_of(host: str) -> str:
    """Return the IP address to listen on. Raises CannotStartError."""
    try:
        found = socket.getaddrinfo(host.strip("[]"), None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise CannotStartError(
            f"--host {host}: no such address; use 127.0.0.1 for this machine alone, 0.0.0.0 for all networks"
        ) from None
    return str(found[0][4][0])


def is_loopback(address: str) -> bool:
    return ipaddress.ip_address(address.partition("%")[0]).is_loopback


def check_port_is_free(address: str, port: int) -> None:
    """Raises CannotStartError when nobody could listen there."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        # As the server itself does it: connections that linger from an earlier one are no obstacle.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError as error:
            raise CannotStartError(_why_not(error, address, port)) from None


def _why_not(error: OSError, address: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        other = port + 1 if port < 65_535 else port - 1
        return f"port {port} on {address} is in use by another program; choose another one, for instance --port {other}"
    if error.errno == errno.EACCES:
        return f"port {port} needs more rights than this user has; choose one from 1024 up, for instance --port 8000"
    if error.errno == errno.EADDRNOTAVAIL:
        return f"--host {address}: not an address of this machine; use 127.0.0.1, or 0.0.0.0 for all networks"
    return f"can't listen on {address}, port {port}: {error.strerror}"


def check_admin_password(password: str | None) -> None:
    """Raises CannotStartError where the first login's password is one that anybody would guess."""
    if password is None:
        return
    try:
        validate_password(password, get_user_model()(username="admin"))
    except ValidationError as error:
        raise CannotStartError(
            f"LIVERMORE_ADMIN_PASSWORD: {' '.join(error.messages)} Choose another one, "
            "or leave it unset to have one made up and shown once"
        ) from None


def check_redis(url: str) -> None:
    """Raises CannotStartError when the server that REDIS_URL names does not answer."""
    try:
        ping(url)
    except RedisUnavailableError as error:
        raise CannotStartError(
            f"REDIS_URL: the server does not answer as it should ({_one_line(error)}); start it or mend the URL, "
            "or unset it to use the embedded server"
        ) from None


def check_database() -> None:
    """Raises CannotStartError when the database can't be used as it is configured."""
    driver: Any = connection
    try:
        if connection.vendor == "postgresql":
            # Not through the pool, which would try for longer and hide the server's reason.
            driver.Database.connect(**driver.get_connection_params()).close()
        connection.ensure_connection()
    except (Error, ImproperlyConfigured, driver.Database.Error, OSError) as error:
        raise CannotStartError(f"{_database_name()} can't be used: {_one_line(error)}") from None
    finally:
        connection.close()


def check_recording(path: Path) -> None:
    """Raises CannotStartError when the file does not hold recorded candles."""
    try:
        read_recording(path)
    except RecordingError as error:
        raise CannotStartError(f"--play: {_one_line(error)}") from None


def _database_name() -> str:
    settings = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"the SQLite database {settings['NAME']}"
    return f"DATABASE_URL: the database {settings['NAME']} on {settings['HOST'] or 'this machine'}"


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__
