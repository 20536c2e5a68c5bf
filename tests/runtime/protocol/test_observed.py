from hypothesis import given
from hypothesis import strategies as st

from runtime.protocol.observed import observed
from runtime.protocol.status import Desired, EngineState, Status

LAST = Status(
    engine_id="e",
    host="h",
    state=EngineState.RUNNING,
    desired=Desired(False, None, "scalper-macdv"),
    mode="scalper-macdv",
    started_at=1,
    uptime_seconds=2,
    settings_version=41,
).body() | {"timestamp": 10_000}


def test_a_fresh_status_is_shown_as_the_engine_said_it() -> None:
    assert observed(LAST, 13_000, 42) == LAST | {"savedSettingsVersion": 42}


def test_a_status_older_than_three_seconds_is_offline_with_its_last_values() -> None:
    seen = observed(LAST, 13_001, 42)
    assert seen == LAST | {"state": "offline", "lastSeenAt": 10_000, "savedSettingsVersion": 42}


def test_without_any_status_the_shape_is_complete_and_offline() -> None:
    seen = observed(None, 5, None)
    assert LAST.keys() <= seen.keys()
    assert (seen["state"], seen["lastSeenAt"], seen["mode"]) == ("offline", None, "")
    assert seen["savedSettingsVersion"] is None


def test_trouble_is_told_beside_the_last_status() -> None:
    assert observed(LAST, 11_000, 42, "no Redis")["trouble"] == "no Redis"


@given(st.integers(0, 2**45), st.integers(0, 2**45))
def test_it_is_offline_exactly_when_more_than_three_seconds_have_passed(said_at: int, now: int) -> None:
    seen = observed(LAST | {"timestamp": said_at}, now, 1)
    assert (seen["state"] == "offline") == (now - said_at > 3_000)


@given(st.none() | st.text() | st.booleans() | st.lists(st.integers()))
def test_a_status_without_a_usable_time_counts_as_silence(nonsense: object) -> None:
    assert observed(LAST | {"timestamp": nonsense}, 10_000, 1)["state"] == "offline"
