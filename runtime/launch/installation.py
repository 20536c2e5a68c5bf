"""The programs that `manage.py up` keeps running, and how each shows that it is ready."""

import http.client
import os
import sys
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from runtime.bus.connections import RedisUnavailableError
from runtime.bus.probe import ping, state_within
from runtime.launch import valkey
from runtime.launch.supervisor import Program

ENGINE_SLOT_FILE = "engine-slot"
ENGINE_SLOT = "LIVERMORE_ENGINE_SLOT"
WEB_ANSWER_SECONDS = 2.0
MOST_KNOCKING = 1_024
"""Connections that wait to be accepted; the web server's own default of 50 turns away the 51st."""


@dataclass(frozen=True)
class Installation:
    """One machine's installation: where it lives and what it talks to."""

    base_dir: Path
    data_dir: Path
    redis_url: str
    environment: Mapping[str, str]
    """Of the programs."""

    def valkey(self) -> Program:
        """The embedded Redis server. Raises valkey.NoEmbeddedServerError, OSError."""

        def is_ready(_: float) -> bool:
            try:
                ping(self.redis_url)
            except RedisUnavailableError:
                return False
            return True

        socket = Path(self.redis_url.removeprefix("unix://"))
        return Program("valkey", valkey.server_command(self.data_dir, socket), is_ready, self.environment)

    def engine(self, name: str, sub: str, arguments: Sequence[str]) -> Program:
        """One identity's engine, ready once it has published a status."""
        return Program(
            name,
            (sys.executable, str(self.base_dir / "manage.py"), "runengine", "--sub", sub, *arguments),
            # A status older than the program is its predecessor's.
            lambda age: state_within(self.redis_url, sub, age) is not None,
            {**self.environment, ENGINE_SLOT: engine_slot(self.data_dir)},
        )

    def web(self, address: str, port: int, host_name: str) -> Program:
        """The web server, ready once it answers `/healthz` to somebody who calls it `host_name`."""
        command = (
            *(sys.executable, "-m", "runtime.live.web_server", "-e", _endpoint(address, port)),
            # No access log; a page may stay open for days, and a dead connection is noticed within a minute.
            *("-v", "0", "--websocket_timeout", "-1", "--ping-interval", "20", "--ping-timeout", "30"),
            *("--application-close-timeout", "5", "--no-server-name", "livermore.asgi:application"),
        )
        paths = [str(self.base_dir), *filter(None, [self.environment.get("PYTHONPATH")])]
        environment = {**self.environment, "PYTHONPATH": os.pathsep.join(paths)}
        return Program("web", command, lambda _: _answers(reachable(address), port, host_name), environment)


def _endpoint(address: str, port: int) -> str:
    """Return what the web server listens on; as many may knock at once as a page's visitors do after a restart."""
    kind, interface = ("tcp6", address.replace(":", "\\:")) if ":" in address else ("tcp", address)
    return f"{kind}:port={port}:interface={interface}:backlog={MOST_KNOCKING}"


def environment_of_programs(variables: Mapping[str, str]) -> dict[str, str]:
    """Return what the programs get to know: all but the first login's password, which none of them needs."""
    return {
        **{name: value for name, value in variables.items() if name != "LIVERMORE_ADMIN_PASSWORD"},
        "PYTHONUNBUFFERED": "1",
    }


def engine_slot(data_dir: Path) -> str:
    """Return the name of this installation's place for an engine, made up on first use.

    Only one engine of an identity runs in a slot at a time: its supervisor has seen the earlier one dead before it
    starts the next, which may therefore take over the lease of its predecessor at once. Raises OSError.
    """
    path = data_dir / ENGINE_SLOT_FILE
    slot = path.read_text().strip() if path.exists() else ""
    if not slot:
        slot = str(uuid.uuid4())
        path.write_text(f"{slot}\n")
    return slot


def reachable(address: str) -> str:
    """Return the address at which this machine reaches a server that listens on `address`."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(address, address)


def _answers(address: str, port: int, host_name: str) -> bool:
    connection = http.client.HTTPConnection(address, port, timeout=WEB_ANSWER_SECONDS)
    try:
        connection.request("GET", "/healthz", headers={"Host": host_name})
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
