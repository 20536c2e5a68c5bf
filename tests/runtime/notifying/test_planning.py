"""What is sent next, tried again and given up."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.notifying.planning import (
    MOST_ATTEMPTS,
    MOST_IN_A_DIGEST,
    TOO_OLD_MS,
    TRANSITIONS,
    IllegalTransitionError,
    Item,
    Moment,
    Notice,
    after,
    again,
    notice_id,
    plan,
    room_for,
)
from runtime.notifying.rate import LIMITS, Allowance
from runtime.protocol.delivery import SendingState

FREE = Allowance(LIMITS["discord"])
NOTICE = Notice("errors", "kraken was lost")


def an_item(number: int = 0, **fields: object) -> Item:
    return replace(Item(f"i{number}", NOTICE, raised_at=0), **fields)  # type: ignore[arg-type]


def test_every_state_says_what_may_happen_and_what_has_ended_stays() -> None:
    assert set(TRANSITIONS) == set(SendingState)
    for state in SendingState:
        assert bool(TRANSITIONS[state]) is not state.is_final
        for moment in Moment:
            if moment not in TRANSITIONS[state]:
                with pytest.raises(IllegalTransitionError):
                    after(state, moment)


def test_what_may_have_arrived_never_waits_again() -> None:
    assert after(SendingState.SENDING, Moment.UNCERTAIN) is SendingState.FAILED
    assert [m for m, to in TRANSITIONS[SendingState.SENDING].items() if to is SendingState.WAITING] == [Moment.REFUSED]


def test_nothing_waits_and_nothing_is_planned() -> None:
    assert plan((), 0, FREE, 2).wait_ms is None


def test_a_burst_becomes_one_message_and_the_rest_of_it_the_next() -> None:
    items = [an_item(number) for number in range(MOST_IN_A_DIGEST + 3)]
    assert [item.id for item in plan(items, 10, FREE, 2).send] == [f"i{n}" for n in range(MOST_IN_A_DIGEST)]


def test_what_is_not_due_yet_is_waited_for_and_others_go_before_it() -> None:
    later = an_item(1, not_before=900)
    assert plan((later,), 100, FREE, 2).wait_ms == 800
    assert plan((later, an_item(2)), 100, FREE, 2).send == (an_item(2),)


def test_the_rate_limit_gathers_what_waits_for_it() -> None:
    spent = FREE.after(0, 5)
    waiting = plan((an_item(1),), 10, spent, 2)
    assert (waiting.send, waiting.wait_ms) == ((), 1_990)
    assert len(plan((an_item(1), an_item(2)), 2_000, spent, 2).send) == 2


def test_what_is_too_old_is_given_up_and_says_why_it_could_not_be_sent() -> None:
    item = an_item(error="Discord can't be reached")
    assert plan((item,), TOO_OLD_MS, FREE, 2).send == (item,)
    [gone] = plan((item,), TOO_OLD_MS + 1, FREE, 2).give_up
    assert gone.state is SendingState.FAILED
    assert gone.error == "given up: it could not be sent within 15 minutes: Discord can't be reached"


def test_what_was_refused_often_enough_is_given_up() -> None:
    [gone] = plan((an_item(attempts=MOST_ATTEMPTS, error="busy"),), 5, FREE, 2).give_up
    assert gone.error == f"given up after {MOST_ATTEMPTS} attempts: busy"


@given(st.integers(1, MOST_ATTEMPTS), st.floats(0, 1), st.integers(0, 600_000))
def test_attempts_keep_growing_distances_and_the_services_own_wish(attempts: int, jitter: float, asked: int) -> None:
    item = an_item(attempts=attempts)
    plain = again(item, 1_000, jitter).not_before - 1_000
    assert 1_000 <= plain <= 120_000
    assert again(replace(item, attempts=attempts + 1), 1_000, jitter).not_before - 1_000 >= plain
    assert again(item, 1_000, jitter, asked).not_before - 1_000 == max(plain, asked)


@given(
    st.lists(
        st.tuples(st.integers(0, 2_000_000), st.integers(0, 2_100_000), st.integers(0, MOST_ATTEMPTS)), max_size=30
    ),
    st.integers(0, 2_000_000),
)
def test_a_plan_always_does_one_thing_and_never_sleeps_past_what_becomes_due_or_old(
    drawn: list[tuple[int, int, int]], now: int
) -> None:
    items = [
        an_item(number, raised_at=raised, not_before=not_before, attempts=attempts)
        for number, (raised, not_before, attempts) in enumerate(drawn)
    ]
    planned = plan(items, now, FREE, 2)
    assert sum((bool(planned.send), bool(planned.give_up), planned.wait_ms is not None)) == bool(items)
    if planned.wait_ms is not None:
        then = now + planned.wait_ms
        woken = plan(items, then, FREE, 2)
        assert woken.send or woken.give_up
        before = plan(items, then - 1, FREE, 2)
        assert planned.wait_ms == 1 or not (before.send or before.give_up)


def test_where_too_much_waits_the_oldest_gives_way_and_says_so() -> None:
    kept, dropped = room_for([an_item(number) for number in range(5)], most=3)
    assert [item.id for item in kept] == ["i2", "i3", "i4"]
    assert {item.state for item in dropped} == {SendingState.SKIPPED}
    assert dropped[0].error == "more than 3 messages waited for this channel"


def test_the_same_error_is_told_once_in_a_while_and_every_pause_is_told() -> None:
    assert notice_id(NOTICE, 0) == notice_id(NOTICE, 599_999) != notice_id(NOTICE, 600_000)
    paused = Notice("engine_state", "The engine is paused.")
    assert notice_id(paused, 0) != notice_id(paused, 1)
