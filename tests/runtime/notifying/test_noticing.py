"""What two statuses tell of what happened between them."""

from dataclasses import replace
from typing import Any

import pytest

from runtime.notifying.noticing import notices
from runtime.protocol.status import Desired, EngineState, ExchangeStatus, Status

S = EngineState
LOST = (ExchangeStatus("kraken", "disconnected"), ExchangeStatus("coinbase", "connected"))


def a_status(state: EngineState, **fields: Any) -> Status:
    plain = Status("e", "h", state, Desired(False, None, "scalper-macdv"), "scalper-macdv", 1, 1.0, 3)
    return replace(plain, **fields)


@pytest.mark.parametrize(
    ("before", "now", "told"),
    [
        (None, a_status(S.STARTING), []),
        (None, a_status(S.WARMING), ["The engine has started in mode scalper-macdv."]),
        (a_status(S.STARTING), a_status(S.PAUSED), ["The engine has started in mode scalper-macdv. It is paused."]),
        (a_status(S.WARMING), a_status(S.RUNNING), []),
        (a_status(S.RUNNING), a_status(S.WARMING), []),
        (a_status(S.RUNNING), a_status(S.PAUSED), ["The engine is paused; nothing alerts meanwhile."]),
        (
            a_status(S.RUNNING),
            a_status(S.PAUSED, desired=Desired(True, 9, "scalper-macdv")),
            ["The engine is paused; nothing alerts meanwhile. It resumes by itself."],
        ),
        (a_status(S.PAUSED), a_status(S.RUNNING), ["The engine has resumed."]),
        (
            a_status(S.RUNNING),
            a_status(S.DEGRADED, exchanges=LOST),
            ["The engine is without kraken; the others go on."],
        ),
        (
            a_status(S.RUNNING),
            a_status(S.DEGRADED, exchanges=(ExchangeStatus("bybit", "stalled"), *LOST)),
            ["The engine is without bybit, kraken; the others go on."],
        ),
        (a_status(S.DEGRADED), a_status(S.RUNNING), ["All exchanges are connected again."]),
        (
            a_status(S.RUNNING),
            a_status(S.STOPPING),
            ["The engine stops; nothing alerts until it is started again."],
        ),
        (
            a_status(S.RUNNING),
            a_status(S.RUNNING, mode="position-monitor"),
            ["Mode switched from scalper-macdv to position-monitor."],
        ),
        (
            a_status(S.RUNNING),
            a_status(S.RUNNING, settings_version=4),
            ["Settings version 4 is in force."],
        ),
        (
            a_status(S.RUNNING),
            a_status(S.RUNNING, settings_problem="version 4 can't be applied"),
            ["version 4 can't be applied"],
        ),
        (a_status(S.RUNNING), a_status(S.RUNNING), []),
    ],
)
def test_what_has_happened_is_told_once(before: Status | None, now: Status, told: list[str]) -> None:
    assert [notice.text for notice in notices(before, now)] == told
    assert list(notices(now, now)) == []
