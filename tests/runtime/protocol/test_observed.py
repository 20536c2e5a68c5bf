from hypothesis import given
from hypothesis import strategies as st

from runtime.protocol.observed import SavedVersion, observed
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

SAVED = SavedVersion(42, saved_at=9_000)
NOT_IN_FORCE = {"what": "settingsVersion", "desired": 42, "actual": 41, "since": 9_000}
PAUSING = {"what": "paused", "desired": True, "actual": False, "since": 8_000}


def test_a_fresh_status_is_shown_as_the_engine_said_it() -> None:
    assert observed(LAST, 13_000, SAVED) == LAST | {"savedSettingsVersion": 42, "drift": [NOT_IN_FORCE]}


def test_a_status_older_than_three_seconds_is_offline_with_its_last_values() -> None:
    seen = observed(LAST, 13_001, SAVED)
    away = {"state": "offline", "lastSeenAt": 10_000, "savedSettingsVersion": 42, "drift": [NOT_IN_FORCE]}
    assert seen == LAST | away


def test_without_any_status_the_shape_is_complete_and_offline() -> None:
    seen = observed(None, 5, None)
    assert LAST.keys() <= seen.keys()
    assert (seen["state"], seen["lastSeenAt"], seen["mode"]) == ("offline", None, "")
    assert seen["savedSettingsVersion"] is None


def test_trouble_is_told_beside_the_last_status() -> None:
    assert observed(LAST, 11_000, SAVED, "no Redis")["trouble"] == "no Redis"


@given(st.integers(0, 2**45), st.integers(0, 2**45))
def test_it_is_offline_exactly_when_more_than_three_seconds_have_passed(said_at: int, now: int) -> None:
    seen = observed(LAST | {"timestamp": said_at}, now, SAVED)
    assert (seen["state"] == "offline") == (now - said_at > 3_000)


@given(st.none() | st.text() | st.booleans() | st.lists(st.integers()))
def test_a_status_without_a_usable_time_counts_as_silence(nonsense: object) -> None:
    assert observed(LAST | {"timestamp": nonsense}, 10_000, SAVED)["state"] == "offline"


def test_what_the_engine_noticed_earlier_began_then() -> None:
    # Another version was saved since; it has not been in force all the while.
    told = LAST | {"drift": [NOT_IN_FORCE | {"desired": 42, "since": 7_000}]}
    assert observed(told, 10_000, SavedVersion(43, 9_000))["drift"] == [NOT_IN_FORCE | {"desired": 43, "since": 7_000}]


def test_its_beginning_does_not_move_when_the_engine_notices_it_after_the_save() -> None:
    told = LAST | {"drift": [NOT_IN_FORCE | {"since": 9_500}]}
    assert observed(told, 10_000, SAVED)["drift"] == [NOT_IN_FORCE]


def test_a_web_server_whose_clock_is_ahead_puts_no_beginning_into_the_future() -> None:
    assert observed(LAST, 10_000, SavedVersion(42, 310_000))["drift"] == [NOT_IN_FORCE | {"since": 10_000}]


def test_what_the_engine_has_not_seen_yet_that_it_runs_is_no_difference() -> None:
    told = LAST | {"drift": [PAUSING, NOT_IN_FORCE]}
    assert observed(told, 10_000, SavedVersion(41, 9_900))["drift"] == [PAUSING]


def test_without_a_word_on_what_is_saved_the_engines_own_counts() -> None:
    told = LAST | {"drift": [PAUSING, NOT_IN_FORCE | {"since": 9_500}]}
    assert observed(told, 10_000, None)["drift"] == [PAUSING, NOT_IN_FORCE | {"since": 9_500}]


def test_while_nothing_can_be_heard_the_saved_version_is_told_against_none() -> None:
    (told,) = observed(None, 0, SAVED, "no Redis")["drift"]
    assert told == NOT_IN_FORCE | {"actual": 0}


@given(st.none() | st.text() | st.lists(st.integers()) | st.lists(st.dictionaries(st.text(), st.integers())))
def test_a_drift_that_is_none_harms_nothing(nonsense: object) -> None:
    assert NOT_IN_FORCE in observed(LAST | {"drift": nonsense}, 10_000, SAVED)["drift"]
