"""Many senders at once, and senders whose clock is wrong."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from runtime import services
from runtime.services import Order
from tests.faults.desk import LONG_ENOUGH_MS, Desk
from tests.faults.extent import Extent
from tests.running import unavailable

pytestmark = [pytest.mark.stores, pytest.mark.django_db(transaction=True)]


def test_one_id_sent_many_times_at_once_is_one_command_and_every_sender_gets_its_result(
    desk: Desk, extent: Extent
) -> None:
    desk.leading_engine()
    order = Order("add-symbol", {"symbol": "SOL-USD"}, id="the same")

    def ask(_: int) -> object:
        return services.send_and_wait(desk.sub, order, source="test", issued_by="ada", seconds=30)[1]

    with desk.hearing_responses() as heard, ThreadPoolExecutor(extent.same_id) as senders:
        results = list(senders.map(ask, range(extent.same_id)))
        found = desk.assert_each_ended_once(["the same"], heard)
    assert results == [found["the same"]] * extent.same_id
    assert found["the same"]["outcome"] == "succeeded"
    assert desk.versions_by_command() == {"the same": 1}


def test_waiters_at_the_same_time_each_get_the_result_of_their_own_command(desk: Desk, extent: Extent) -> None:
    desk.leading_engine()
    symbols = [f"NO-SUCH-{number}" for number in range(extent.waiters)]

    def ask(symbol: str) -> tuple[str, object]:
        order = Order("add-symbol", {"symbol": symbol}, id=f"add {symbol}")
        _, result = services.send_and_wait(desk.sub, order, source="test", issued_by="ada", seconds=30)
        assert result is not None
        return result["commandId"], result["message"]

    with ThreadPoolExecutor(extent.waiters) as senders:
        answers = list(senders.map(ask, symbols))
    assert [command_id for command_id, _ in answers] == [f"add {symbol}" for symbol in symbols]
    for symbol, (_, message) in zip(symbols, answers, strict=True):
        assert f"the simulated exchange has no {symbol};" in str(message)


@pytest.mark.parametrize("ahead_seconds", [-300, 300])
def test_a_sender_whose_clock_is_wrong_has_its_commands_carried_out(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, ahead_seconds: int
) -> None:
    desk.leading_engine()
    right = time.time
    monkeypatch.setattr(time, "time", lambda: right() + ahead_seconds)
    plain = desk.ask("status")
    bounded = desk.ask("status", expires_in_ms=10_000)
    assert (plain["outcome"], bounded["outcome"]) == ("succeeded", "succeeded")
    # The sender's clock was as wrong as that, and stands in the message.
    record = desk.record(plain["commandId"])
    assert record is not None
    raw = desk.redis.hget(desk.keys.command(record.id), "message")
    assert abs(json.loads(raw or b"{}")["timestamp"] - record.queued_at - ahead_seconds * 1000) < 60_000


def a_wrong_clock(ahead_seconds: int) -> dict[str, str]:
    """The variables by which a program gets such a clock from the C library on, whoever asks it."""
    library = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)
    if library is None:
        unavailable("needs Debian's faketime: apt-get install faketime")
    return {"LD_PRELOAD": str(library), "FAKETIME": f"{ahead_seconds:+}", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}


@pytest.mark.parametrize("ahead_seconds", [-300, 300])
def test_an_engine_whose_clock_is_wrong_lets_nothing_expire_that_is_in_time_and_runs_nothing_late(
    desk: Desk, ahead_seconds: int
) -> None:
    in_time = [desk.send("status", expires_in_ms=LONG_ENOUGH_MS), desk.send("clear-cache", {"scope": "tickers"})]
    late = desk.send("add-symbol", {"symbol": "SOL-USD"}, expires_in_ms=1)
    engine = desk.leading_engine(**a_wrong_clock(ahead_seconds))
    # It is as wrong as that: what it logs is dated by its own clock.
    logged = datetime.strptime(engine.log.read_text()[:19], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    assert abs((logged - datetime.now(UTC)).total_seconds() - ahead_seconds) < 60
    desk.wait_until_drained(30.0)
    results = desk.assert_each_ended_once([*in_time, late])
    assert [results[command_id]["outcome"] for command_id in (*in_time, late)] == ["succeeded", "succeeded", "expired"]
    assert desk.ask("status", expires_in_ms=5_000)["outcome"] == "succeeded"
    assert desk.ask("pause", {"minutes": 10})["message"].startswith("paused for 10 minutes")
    assert desk.status()["state"] in ("running", "paused")
    desk.wait_until(lambda: desk.status()["state"] == "paused", 5.0, "paused")
    until = desk.status()["desired"]["pausedUntil"]
    assert abs(until / 1000 - time.time() - 600) < 60
