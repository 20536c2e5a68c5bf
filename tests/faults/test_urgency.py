"""A pause waits for nobody."""

import time
from collections.abc import Callable

import pytest

from tests.faults.desk import LONG_ENOUGH_MS, Desk
from tests.faults.extent import Extent

pytestmark = [pytest.mark.stores, pytest.mark.django_db(transaction=True)]

PAUSE_SECONDS = 1.0


def test_a_pause_overtakes_queued_backfills(
    desk: Desk, extent: Extent, record_property: Callable[[str, object], None]
) -> None:
    desk.leading_engine()
    taken: list[float] = []
    for _ in range(extent.pauses):
        while desk.queue_length() < extent.backfills:
            desk.send("force-backfill", {"symbol": "BTC-USD"}, expires_in_ms=LONG_ENOUGH_MS)
        begun = time.monotonic()
        result = desk.ask("pause")
        taken.append(time.monotonic() - begun)
        assert result["message"] == "paused"
        # Paused is what the engine says it is, not only what it answers.
        desk.wait_until(lambda: desk.status()["state"] == "paused", 5.0, "a status that says paused")
        assert desk.ask("resume")["success"]
        # They were there, and go on.
        assert desk.queue_length() > extent.backfills * 0.9
    record_property("slowest pause, s", round(max(taken), 3))
    late = [f"{seconds:.2f}" for seconds in taken if seconds > PAUSE_SECONDS]
    assert late == [], f"{len(late)} of {extent.pauses} took longer than {PAUSE_SECONDS} s"
