from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.engine.indicators.macdv import Stage
from runtime.live import words
from runtime.protocol.alerts import AlertKind
from runtime.protocol.answers import CommandState
from runtime.protocol.observed import SavedVersion, observed
from runtime.protocol.status import EngineState
from tests.runtime.live.cases import ALERTS, DRIFT, STATUSES, difference, status


def test_every_state_has_a_face_of_its_own_word() -> None:
    assert len({words.face(state).word for state in EngineState}) == len(EngineState)
    assert set(EngineState) == set(words.FACES)


def test_a_state_that_this_page_does_not_know_is_shown_by_its_name() -> None:
    assert words.face("hibernating") == words.Face("Hibernating", "warn")


def test_every_state_of_a_command_has_a_tone_of_its_own_making() -> None:
    assert set(CommandState) == set(words.COMMAND_TONES)
    assert words.command_face("superseded") == words.Face("Superseded", "held")


def test_equal_versions_are_said_in_the_words_that_others_look_for() -> None:
    assert words.versions(status(savedSettingsVersion=41, settingsVersion=41)) == "engine runs version 41"


def test_drift_names_the_version_that_runs_and_is_marked() -> None:
    drifted = status(savedSettingsVersion=42, settingsVersion=41)
    assert "engine runs version 41" in words.versions(drifted)
    assert "not in force" in words.versions(drifted)
    assert words.versions_tone(drifted) == "warn"


def test_an_engine_that_is_away_is_not_said_to_run_anything() -> None:
    away = status(state="offline", lastSeenAt=1_000)
    assert "runs" not in words.versions(away)
    assert "last heard 9 s ago" in words.sentence(away, 10_000)


def test_a_version_that_cannot_be_applied_says_why_and_since_when() -> None:
    drifted = status(savedSettingsVersion=42, settingsProblem="no exchange is enabled.", drift=[DRIFT])
    assert words.versions(drifted, "at {}".format) == (
        "The saved version is not in force, since at 9000: no exchange is enabled. "
        "Until then the engine runs version 41."
    )


def test_where_nothing_is_in_force_yet_the_reason_is_told() -> None:
    text = words.versions(status(settingsVersion=0, state="starting", settingsProblem="version 41 can't be applied"))
    assert text == "Version 41 can't be applied. No engine has run these settings yet."


def test_a_version_that_no_engine_runs_yet_is_told_with_the_last_one_that_ran() -> None:
    away = status(state="offline", lastSeenAt=1_000, savedSettingsVersion=42, drift=[DRIFT])
    expected = "The saved version is not in force, since at 9000: the engine last ran version 41."
    assert words.versions(away, "at {}".format) == expected
    assert words.versions_tone(away) == "warn"


def test_what_else_is_wanted_than_is_so_is_said_with_its_time() -> None:
    drifted = status(drift=[difference("mode", "position-monitor", "scalper-macdv"), difference("paused", True, False)])
    assert words.wanted(drifted, "mode", "at {}".format) == "Wanted: position-monitor, since at 9000."
    assert words.wanted(drifted, "paused", "at {}".format) == "Wanted: paused, since at 9000."
    back = status(drift=[difference("paused", False, True)])
    assert words.wanted(back, "paused", "at {}".format) == "Wanted: not paused, since at 9000."
    assert words.wanted(back, "mode", "at {}".format) == words.wanted(status(), "paused", str) == ""


@pytest.mark.parametrize("kind", AlertKind)
def test_every_kind_of_alert_is_told_in_words(kind: AlertKind) -> None:
    text = words.happened({"kind": kind.value, "level": 150, "indicators": {}})
    assert text != kind.value
    assert "None" not in text


def test_the_made_up_market_is_labelled_as_such_and_a_real_one_is_not() -> None:
    assert words.exchange_label({"exchange": "simulated", "state": "connected"}) == "simulated market – invented prices"
    assert "recorded" in words.exchange_label({"exchange": "simulated", "state": "ended"})
    assert words.exchange_label({"exchange": "coinbase", "state": "connected"}) == ""


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e12, max_value=1e12))
def test_a_number_reads_as_what_it_is(value: float) -> None:
    shown = float(words.number(value).replace("−", "-"))
    assert shown == pytest.approx(value, rel=1e-2, abs=1e-8)


@given(st.floats(-1e4, 1e4))
def test_a_macdv_in_the_table_shows_its_sign_and_is_right_to_one_place(value: float) -> None:
    text = words.macdv(value)
    assert float(text.replace("−", "-")) == pytest.approx(value, abs=0.0500001)
    assert text == "0.0" or text[0] == ("+" if value > 0 else "−")


def test_what_is_left_to_confirm_is_never_rounded_away() -> None:
    assert (words.confirmed(0.9999), words.confirmed(1), words.confirmed(None)) == (
        "99 % confirmed",
        "100 % confirmed",
        "",
    )


def test_a_cache_that_nobody_asked_has_no_hit_rate() -> None:
    assert words.hit_rate({"hits": 0, "misses": 0}) == "–"
    assert words.hit_rate({"hits": 402, "misses": 6}) == "98.5 %"


def test_every_stage_has_a_tone_and_a_meaning() -> None:
    assert set(words.STAGES) == set(words.STAGE_TONES) == set(Stage)


@given(st.integers(0, 10**9))
def test_a_duration_has_at_most_two_units(seconds: int) -> None:
    assert len(words.duration(seconds).split()) in (2, 4)


@pytest.mark.parametrize("case", STATUSES)
def test_every_status_can_be_told(case: dict[str, Any]) -> None:
    assert words.sentence(case, 100_000)
    assert words.versions(case)


def test_the_status_of_an_engine_that_never_was_can_be_told() -> None:
    nobody = observed(None, 1_000, SavedVersion(1, 1))
    assert "No engine has reported yet" in words.sentence(nobody, 1_000)
    assert words.versions(nobody) == "No engine has run these settings yet."


@pytest.mark.parametrize("alert", ALERTS)
def test_an_alert_shows_every_value_it_has(alert: dict[str, Any]) -> None:
    assert len(words.values(alert)) == len(alert["indicators"])
