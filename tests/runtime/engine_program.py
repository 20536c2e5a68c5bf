"""An engine as a program of its own, quick in everything, for tests that kill it."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import django
from django.conf import settings
from django.db import connection

from runtime.launch import processes

SLOT = "a"


def database_url() -> str:
    """Return what DATABASE_URL has to be for another process to use this test's database."""
    place = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{place['NAME']}"
    login = f"{place['USER']}:{place['PASSWORD']}" if place["PASSWORD"] else place["USER"]
    return f"postgres://{login}@{place['HOST']}:{place['PORT']}/{place['NAME']}"


@contextmanager
def an_engine_program(sub: str) -> Iterator["subprocess.Popen[bytes]"]:
    """Run an engine of one slot on this test's stores; it is killed in the end."""
    own = {"DATABASE_URL": database_url(), "REDIS_URL": settings.REDIS_URL}
    process = processes.spawn([sys.executable, "-m", "tests.runtime.engine_program", sub], environment=os.environ | own)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def _main(sub: str) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "livermore.settings"
    django.setup()
    from runtime.engine.loop import Rhythm
    from runtime.engine_process import EngineProcess, Timing

    rhythm = Rhythm(status=0.05, settings=0.1, retry=0.05, schedules=0.05)
    timing = Timing(lease=2.0, renew=0.2, standby=0.05, rhythm=rhythm)
    asyncio.run(EngineProcess(sub, SLOT, timing=timing).run())


if __name__ == "__main__":
    _main(sys.argv[1])
