"""An engine that watches fifty symbols at sixty times real time, for long."""

import asyncio
import json
import os
import statistics
import sys
from collections.abc import Callable

import pytest

from tests.exchanges.server import an_exchange_server
from tests.running import ROOT
from tests.soak.market import EXCHANGE, SEED, SPEED, START, fifty

Line = dict[str, int]

WARM_UP_SHARE = 0.35
"""So much of the time the engine may still be filling what it keeps."""
MOST_GROWTH = 1.05


async def test_an_engine_grows_neither_in_memory_nor_in_descriptors_and_misses_nothing(
    request: pytest.FixtureRequest, record_property: Callable[[str, object], None]
) -> None:
    seconds, missed = (1_800.0, 1_440) if request.config.getoption("--full") else (60.0, 30)
    async with an_exchange_server(EXCHANGE, speed=SPEED, start=START, traded=fifty(), seed=SEED) as server:
        program = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "tests.soak.engine", server.origin, repr(server.clock.began), str(seconds), str(missed)),
            stdout=asyncio.subprocess.PIPE,
            cwd=ROOT,
            env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"},
        )
        told, _ = await program.communicate()
    assert program.returncode == 0
    lines: list[Line] = [json.loads(line) for line in told.splitlines()]
    settled = lines[round(len(lines) * WARM_UP_SHARE) :]
    third = len(settled) // 3
    growth = {
        name: statistics.median(line[name] for line in settled[-third:])
        / statistics.median(line[name] for line in settled[:third])
        for name in ("rss", "descriptors")
    }
    record_property("memory at the end against after the warm-up", round(growth["rss"], 4))
    record_property("descriptors at the end against after the warm-up", round(growth["descriptors"], 4))
    record_property("memory at the end, MB", round(lines[-1]["rss"] / 1e6, 1))
    record_property("bars of a minute", lines[-1]["bars"])
    record_property("alerts", lines[-1]["alerts"])
    for name, what in (("held", "candles held"), ("remembered", "alerts remembered")):
        record_property(f"{what} at first, after the warm-up, at the end", [n[name] for n in _at(lines, settled)])
    assert growth["rss"] <= MOST_GROWTH
    assert growth["descriptors"] <= MOST_GROWTH
    # Each symbol closes a bar a second, but for those at both ends.
    assert lines[-1]["bars"] >= 50 * (seconds * SPEED / 60 - 5)
    assert lines[-1]["reconnects"] == 0
    assert lines[-1]["alerts"] > 0


def _at(lines: list[Line], settled: list[Line]) -> tuple[Line, Line, Line]:
    return lines[0], settled[0], lines[-1]
