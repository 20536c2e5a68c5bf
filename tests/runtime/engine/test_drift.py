"""In what desired and actual state differ, and since when."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.engine.drift import Drift, SavedLook
from runtime.engine.ports.commands import Intent
from runtime.engine.ports.settings import LoadedSettings
from runtime.protocol.status import Aspect, Difference, EngineState
from settingsapp.schema.vocabulary import Mode
from tests.runtime.fakes.engine import FakeWorld
from tests.runtime.fakes.settings_source import a_document

MODE, PAUSED, VERSION = Aspect


def test_a_difference_keeps_its_beginning_while_it_lasts_whatever_else_is_wanted_meanwhile() -> None:
    drift = Drift()
    assert drift.at(1_000, {VERSION: (41, 41)}) == ()
    assert drift.at(2_000, {VERSION: (42, 41)}) == (Difference(VERSION, 42, 41, 2_000),)
    assert drift.at(3_000, {VERSION: (43, 41)}) == (Difference(VERSION, 43, 41, 2_000),)
    assert drift.at(4_000, {VERSION: (43, 42)}) == (Difference(VERSION, 43, 42, 2_000),)


def test_a_difference_that_ended_is_forgotten_and_a_later_one_begins_anew() -> None:
    drift = Drift()
    drift.at(1_000, {PAUSED: (True, False)})
    assert drift.at(2_000, {PAUSED: (True, True)}) == ()
    assert drift.at(3_000, {PAUSED: (False, True)}) == (Difference(PAUSED, False, True, 3_000),)
    assert drift.at(4_000, {}) == ()
    assert drift.at(5_000, {PAUSED: (False, True)})[0].since == 5_000


@given(st.lists(st.fixed_dictionaries({what: st.tuples(st.integers(1, 3), st.integers(1, 3)) for what in Aspect})))
def test_each_difference_is_as_old_as_its_unbroken_row(looks: list[dict[Aspect, tuple[int, int]]]) -> None:
    drift = Drift()
    for now, compared in enumerate(looks):
        told = {difference.what: difference for difference in drift.at(now, compared)}
        assert set(told) == {what for what, (desired, actual) in compared.items() if desired != actual}
        for what, difference in told.items():
            row = looks[difference.since : now + 1]
            assert all(look[what][0] != look[what][1] for look in row)
            begins = (
                difference.since == 0 or looks[difference.since - 1][what][0] == looks[difference.since - 1][what][1]
            )
            assert begins
            assert (difference.desired, difference.actual) == compared[what]


@pytest.mark.parametrize(
    ("look", "running", "wanted"),
    [
        (SavedLook(41, while_running=41), 41, 41),
        (SavedLook(42, while_running=41), 41, 42),
        # The document came into force after, or while, the database was asked.
        (SavedLook(41, while_running=41), 42, 42),
        (SavedLook(42, while_running=41), 42, 42),
        # It saw a newer one than what came into force.
        (SavedLook(43, while_running=41), 42, 43),
        # An older database was put back.
        (SavedLook(40, while_running=42), 42, 40),
    ],
)
def test_a_look_into_the_database_is_not_mistaken_for_a_difference_by_what_came_after_it(
    look: SavedLook, running: int, wanted: int
) -> None:
    assert look.wanted_over(running) == wanted


def test_the_status_compares_intent_and_saved_version_with_what_is_so() -> None:
    state = FakeWorld().state
    assert state.status(1_000).drift == ()
    state.settings = LoadedSettings(41, a_document())
    state.work_in(Mode.SCALPER_MACDV)
    state.phase = EngineState.RUNNING
    assert state.status(2_000).drift == ()
    state.intent = Intent(paused=True, mode=Mode.POSITION_MONITOR)
    state.saved = SavedLook(42, while_running=41)
    drift = state.status(3_000).drift
    assert drift == (
        Difference(MODE, "position-monitor", "scalper-macdv", 3_000),
        Difference(PAUSED, desired=True, actual=False, since=3_000),
        Difference(VERSION, 42, 41, 3_000),
    )
    written = {"what": "settingsVersion", "desired": 42, "actual": 41, "since": 3_000}
    assert state.status(9_000).body()["drift"][2] == written
    state.phase = EngineState.PAUSED
    state.work_in(Mode.POSITION_MONITOR)
    state.settings = LoadedSettings(42, a_document())
    assert state.status(10_000).drift == ()
