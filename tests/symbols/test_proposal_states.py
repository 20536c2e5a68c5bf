"""The life of a proposal."""

import pytest

from symbols.proposal_states import TRANSITIONS, ImpossibleMoveError, Moment, State, after


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("moment", Moment)
def test_only_what_the_table_holds_can_happen_and_all_else_says_why(state: State, moment: Moment) -> None:
    if (state, moment) in TRANSITIONS:
        assert after(state, moment) is TRANSITIONS[state, moment]
        return
    with pytest.raises(ImpossibleMoveError, match=f"^the proposal can't be {moment.value}: it|a "):
        after(state, moment)


def test_every_state_is_reached_and_what_is_decided_leads_back_to_pending_never() -> None:
    assert {State.PENDING, *TRANSITIONS.values()} == set(State)
    assert State.PENDING not in TRANSITIONS.values()
