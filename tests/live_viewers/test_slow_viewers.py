"""Clients that never read are dropped, and harm neither those that do nor the server's memory."""

import time
import urllib.request
from collections.abc import Callable

import pytest

from tests.live_viewers.clients import Crowd, listening
from tests.live_viewers.speaker import speaking
from tests.live_viewers.watching import a_watcher
from tests.running import wait_until
from tests.web_program import WebProgram, a_web_program

pytestmark = [pytest.mark.stores, pytest.mark.django_db(transaction=True)]

READERS, SILENT = 100, 2
EVERY_SECONDS = 1.0
MOST_GROWTH = 50_000_000
"""Bytes."""
QUICK_PINGS = ("--ping-interval", "2", "--ping-timeout", "3")
"""In the short form; the product's own take most of a minute."""
NO_PINGS = ("--ping-interval", "600")


def viewers(web: WebProgram) -> int:
    """Return how many a web process tells what happens, by its own metrics."""
    with urllib.request.urlopen(f"{web.base_url}/metrics", timeout=30) as answer:
        lines = answer.read().decode().splitlines()
    return int(float(next(line for line in lines if line.startswith("livermore_viewers ")).split()[1]))


def test_two_that_never_read_are_dropped_while_a_hundred_others_hear_everything_in_time(
    request: pytest.FixtureRequest, record_property: Callable[[str, object], None]
) -> None:
    full = request.config.getoption("--full")
    seconds = 120 if full else 8
    identity, cookie = a_watcher()
    with a_web_program(() if full else QUICK_PINGS) as web, speaking(identity.sub, symbols=100) as speaker:
        speaker.status()
        with listening(Crowd(web.socket_url, READERS, cookie, SILENT)) as crowd:
            assert viewers(web) == READERS + SILENT
            before = most = web.resident_bytes
            for _ in range(round(seconds / EVERY_SECONDS)):
                begun = time.monotonic()
                speaker.event()
                speaker.status()
                most = max(most, web.resident_bytes)
                time.sleep(max(0.0, EVERY_SECONDS - (time.monotonic() - begun)))
            wait_until(lambda: viewers(web) == READERS, what="the silent ones being dropped")
            heard = crowd.end()
    record_property("p95 of the readers, ms", round(heard.p95_ms, 1))
    record_property("growth of the web process, MB", round((most - before) / 1e6, 1))
    assert heard.closed == 0
    assert heard.p95_ms < 1_000
    assert most - before < MOST_GROWTH


def test_one_that_leaves_too_much_unread_is_dropped_at_once_and_its_memory_given_back() -> None:
    identity, cookie = a_watcher()
    with a_web_program(NO_PINGS) as web, speaking(identity.sub) as speaker:
        speaker.status()
        with listening(Crowd(web.socket_url, 1, cookie, silent=1)) as crowd:
            assert viewers(web) == 2
            before = web.resident_bytes
            for _ in range(80):
                speaker.event(size=200_000)
                # One after the other: who reads is to have the time to.
                assert viewers(web)
            wait_until(lambda: viewers(web) == 1, what="the silent one being dropped")
            assert web.resident_bytes - before < MOST_GROWTH
            assert crowd.end().closed == 0
