"""The product's engine as a program, but for its exchange: that is the made-up one, whose time passes quickly.

`python -m tests.benchmarks.engine_on_exchange SUB ORIGIN START SPEED BEGAN`: an identity, the exchange server's
address, and its market's clock.
"""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import django
from django.conf import settings

from runtime.launch import processes
from tests.runtime.engine_program import database_url

SLOT = "a"


@contextmanager
def an_engine_on(sub: str, origin: str, start: int, speed: float, began: float) -> Iterator["subprocess.Popen[bytes]"]:
    """Run one on this test's stores; it is killed in the end."""
    own = {"DATABASE_URL": database_url(), "REDIS_URL": settings.REDIS_URL}
    clock = (str(start), repr(speed), repr(began))
    command = [sys.executable, "-m", "tests.benchmarks.engine_on_exchange", sub, origin, *clock]
    process = processes.spawn(command, environment=os.environ | own)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def _main(sub: str, origin: str, start: int, speed: float, began: float) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "livermore.settings"
    django.setup()
    from dataclasses import replace
    from typing import Any

    from runtime.engine.loop import Ports
    from runtime.engine.ports.feeds import Feed
    from runtime.engine_process import EngineProcess
    from runtime.feeds.exchanges.feed import ExchangeFeed
    from runtime.feeds.exchanges.timing import Timing
    from tests.exchanges.clock import MarketClock
    from tests.exchanges.pointing import point

    market_clock = MarketClock(start, speed, began=began)

    class TheServer:
        """Opens feeds of the exchange server."""

        playing = ()

        def open(self, exchange: str) -> Feed:
            # What waits by the real clock is as long in bars as it is at real speed.
            timing = Timing(sweep=0.05, grace=0.3, confirm=0.8)
            return ExchangeFeed(exchange, market_clock, timing=timing, prepare=self._prepare)

        def _prepare(self, client: Any) -> None:
            point(client, origin)
            client.enableRateLimit = False

    class OnTheServer(EngineProcess):
        """An engine to which the market's time is the time."""

        def _ports(self, *given: Any) -> Ports:
            return replace(super()._ports(*given), clock=market_clock, feeds=TheServer())

    asyncio.run(OnTheServer(sub, SLOT).run())


if __name__ == "__main__":
    _main(sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4]), float(sys.argv[5]))
