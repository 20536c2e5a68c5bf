"""A web server as `manage.py up` runs it, on a test's own stores."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from runtime.launch import processes
from runtime.launch.installation import Installation, environment_of_programs
from tests.running import ROOT, START_SECONDS, a_free_port, wait_until
from tests.runtime.engine_program import database_url

HOST = "127.0.0.1"


@dataclass(frozen=True)
class WebProgram:
    """One that runs."""

    port: int
    pid: int

    @property
    def base_url(self) -> str:
        """Without a slash at its end."""
        return f"http://{HOST}:{self.port}"

    @property
    def socket_url(self) -> str:
        return f"ws://{HOST}:{self.port}/ws/runtime/"

    @property
    def resident_bytes(self) -> int:
        return int(Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@contextmanager
def a_web_program(options: Sequence[str] = ()) -> Iterator[WebProgram]:
    """Run one until the block ends. `options`: more of the server's own, which count more than the product's."""
    stores = {"DATABASE_URL": database_url(), "REDIS_URL": settings.REDIS_URL}
    own = {"DJANGO_SETTINGS_MODULE": "livermore.settings", "LIVERMORE_DATA_DIR": str(settings.DATA_DIR), **stores}
    environment = environment_of_programs(os.environ | own)
    port = a_free_port()
    program = Installation(ROOT, settings.DATA_DIR, settings.REDIS_URL, environment).web(HOST, port, HOST)
    with (settings.DATA_DIR / f"web-{port}.log").open("wb") as log:
        process = processes.spawn([*program.command, *options], output=log, environment=program.environment)
    try:
        wait_until(lambda: program.is_ready(0) or process.poll() is not None, START_SECONDS, "a web server")
        assert process.poll() is None, Path(log.name).read_text()
        yield WebProgram(port, process.pid)
    finally:
        processes.stop(process, patience=10)
