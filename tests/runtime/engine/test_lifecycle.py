"""The life cycle's table."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.engine.lifecycle import TRANSITIONS, IllegalTransitionError, Moment, after
from runtime.protocol.status import EngineState

LIVING = [state for state in EngineState if state is not EngineState.OFFLINE]


def test_an_engine_starts_warms_up_runs_and_stops() -> None:
    state = EngineState.STARTING
    seen = [state := after(state, moment) for moment in (Moment.LOADED, Moment.WARMED, Moment.STOP)]
    assert seen == [EngineState.WARMING, EngineState.RUNNING, EngineState.STOPPING]


@pytest.mark.parametrize("state", LIVING)
def test_every_state_can_be_stopped_and_paused(state: EngineState) -> None:
    assert after(state, Moment.STOP) is EngineState.STOPPING
    stopping = state is EngineState.STOPPING
    assert after(state, Moment.PAUSED) is (EngineState.STOPPING if stopping else EngineState.PAUSED)


def test_no_engine_ever_says_that_it_is_offline() -> None:
    assert EngineState.OFFLINE not in TRANSITIONS
    assert all(EngineState.OFFLINE not in follows.values() for follows in TRANSITIONS.values())


@pytest.mark.parametrize("moment", [m for m in Moment if m not in (Moment.RESUMED, Moment.STOP)])
def test_only_a_resume_or_the_end_leads_out_of_a_pause(moment: Moment) -> None:
    assert after(EngineState.PAUSED, moment) is EngineState.PAUSED


def test_a_resume_goes_through_warming_so_that_nothing_runs_on_half_a_history() -> None:
    assert after(EngineState.PAUSED, Moment.RESUMED) is EngineState.WARMING


def test_a_move_that_cannot_be_is_a_defect_and_says_which() -> None:
    with pytest.raises(IllegalTransitionError, match="resumed can't happen while running"):
        after(EngineState.RUNNING, Moment.RESUMED)


@given(st.lists(st.sampled_from(list(Moment)), max_size=40))
def test_once_stopping_always_stopping_and_paused_until_resumed(moments: list[Moment]) -> None:
    state = EngineState.STARTING
    paused = stopping = False
    for moment in moments:
        try:
            state = after(state, moment)
        except IllegalTransitionError:
            continue
        stopping = stopping or moment is Moment.STOP
        paused = moment is Moment.PAUSED or (paused and moment is not Moment.RESUMED)
        if stopping:
            assert state is EngineState.STOPPING
        elif paused:
            assert state is EngineState.PAUSED
        else:
            assert state is not EngineState.PAUSED
