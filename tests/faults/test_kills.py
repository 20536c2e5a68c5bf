"""Engines that are killed at any moment: every command ends once, and has its effect once."""

import random
import secrets
import time
from collections.abc import Callable
from typing import Any

import pytest

from runtime.bus.calls import script
from tests.faults.desk import LONG_ENOUGH_MS, Desk
from tests.faults.extent import Extent
from tests.faults.proxy import Proxy

pytestmark = [pytest.mark.stores, pytest.mark.django_db(transaction=True)]

SYMBOLS = ("SOL-USD", "XRP-USD", "ADA-USD", "DOGE-USD", "AVAX-USD")
INTENT_CHANGES = ("paused", "running again", "resumed", "now in mode", "already in mode")


def a_mixture(desk: Desk, count: int) -> tuple[list[str], list[str]]:
    """Send so many commands of all kinds; returns their ids, and those of the ones that each make a version."""
    ids: list[str] = []
    edits: list[str] = []
    while len(ids) < count:
        symbol = SYMBOLS[len(ids) // 10 % len(SYMBOLS)]
        mode = ("position-monitor", "scalper-macdv")[len(ids) // 10 % 2]
        block: list[tuple[str, dict[str, Any]]] = [
            *(("add-symbol", {"symbol": symbol}), ("status", {}), ("remove-symbol", {"symbol": symbol})),
            *(("switch-mode", {"mode": mode}), ("pause", {}), ("add-symbol", {"symbol": symbol})),
            *(("clear-cache", {"scope": "tickers"}), ("resume", {}), ("remove-symbol", {"symbol": symbol})),
            ("force-backfill", {"symbol": "BTC-USD", "timeframes": ["1d"]}),
        ]
        for command, payload in block[: count - len(ids)]:
            ids.append(desk.send(command, payload, expires_in_ms=LONG_ENOUGH_MS))
            if command in ("add-symbol", "remove-symbol"):
                edits.append(ids[-1])
    return ids, edits


def test_killed_at_random_points_while_commands_drain_each_ends_once_and_counts_once(
    desk: Desk, extent: Extent, record_property: Callable[[str, object], None]
) -> None:
    seed = secrets.randbits(32)
    chance = random.Random(seed)
    # Whoever speaks first is written down even if it changes nothing; that is over before the counting begins.
    engine = desk.leading_engine()
    assert desk.ask("pause")["success"]
    assert desk.ask("resume")["success"]
    engine.kill()
    begun_with = int(desk.intent()["revision"])
    with desk.hearing_responses() as heard:
        ids, edits = a_mixture(desk, extent.drained)
        points = sorted(chance.sample(range(extent.drained - 1), extent.kills))
        engine.start()
        for point in points:
            if chance.random() < 0.25:
                # Also while it starts.
                time.sleep(chance.uniform(0.0, 2.0))
            else:
                reached = lambda at=point: sum(m["type"] == "result" for m in tuple(heard.messages)) >= at  # noqa: E731
                desk.wait_until(reached, 60.0, f"{point} results (seed {seed})")
                time.sleep(chance.uniform(0.0, 0.05))
            engine.kill()
            engine.start()
        restarted = time.monotonic()
        desk.wait_until_drained(30.0)
        record_property("drained after the last restart, s", round(time.monotonic() - restarted, 1))
        desk.wait_until(lambda: sum(m["type"] == "result" for m in tuple(heard.messages)) >= len(ids), 5.0, "all heard")
        results = desk.assert_each_ended_once(ids, heard)
    wrong = [r for r in results.values() if r["outcome"] not in ("succeeded", "superseded")]
    assert wrong == [], "\n".join([f"seed {seed}", *map(str, wrong)])
    # Each edit undoes the one before, so each makes one version, however often it was carried out.
    assert desk.versions_by_command() == dict.fromkeys(edits, 1), f"seed {seed}"
    assert desk.saved().version == 1 + len(edits)
    changes = [r for r in results.values() if str(r.get("message", "")).startswith(INTENT_CHANGES)]
    assert int(desk.intent()["revision"]) == begun_with + len(changes), f"seed {seed}"


def test_killed_between_effect_and_completion_a_command_is_redelivered_has_its_effect_once_and_one_result(
    desk: Desk, extent: Extent
) -> None:
    # Between the engine and Redis lies a wire that the test holds as soon as the engine says that a command has ended:
    # by then its effect is in the database, and nobody will ever hear of its end.
    wire = str(desk.directory / "wire.sock")
    ended = script("complete").digest.encode()
    with Proxy(wire, str(desk.server.socket)) as proxy, desk.hearing_responses() as heard:
        engine = desk.leading_engine(REDIS_URL=f"unix://{wire}")
        # From here on the server knows the script by its digest.
        assert desk.ask("status")["success"]
        sent: list[str] = []
        for turn in range(extent.kills_before_completion):
            version = desk.saved().version
            proxy.hold_at(ended)
            command = ("add-symbol", "remove-symbol")[turn % 2]
            sent.append(desk.send(command, {"symbol": "SOL-USD"}, expires_in_ms=LONG_ENOUGH_MS))
            assert proxy.held.wait(30), desk.logs
            engine.kill()
            proxy.restore()
            assert desk.saved().version == version + 1
            found = desk.record(sent[-1])
            assert found is not None
            assert found.result is None
            assert desk.pending() == 1
            engine.start()
            desk.wait_until_drained(30.0)
            assert desk.saved().version == version + 1, f"turn {turn}: its effect came twice"
        results = desk.assert_each_ended_once(sent, heard)
    assert [result["outcome"] for result in results.values()] == ["succeeded"] * len(sent)
    assert desk.versions_by_command() == dict.fromkeys(sent, 1)
