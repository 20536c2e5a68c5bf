"""A channel's limits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.notifying.rate import LIMITS, Allowance, Limit

DISCORD = Allowance(LIMITS["discord"])


@given(
    st.sampled_from([(Limit(5, 2_000), Limit(30, 60_000)), (Limit(2, 1_000),), (Limit(3, 500), Limit(4, 900))]),
    st.lists(st.tuples(st.integers(0, 3_000), st.integers(1, 2)), max_size=60),
)
def test_whoever_waits_as_told_never_exceeds_a_limit_wherever_its_span_begins(
    limits: tuple[Limit, ...], wishes: list[tuple[int, int]]
) -> None:
    allowance, now, made = Allowance(limits), 0, []
    for pause, requests in wishes:
        now += pause
        now += allowance.wait(now, requests)
        allowance = allowance.after(now, requests)
        made += [now] * requests
    for limit in limits:
        for begin in made:
            assert sum(begin <= moment < begin + limit.within_ms for moment in made) <= limit.requests


@given(st.lists(st.integers(0, 10_000), min_size=1, max_size=40))
def test_nobody_waits_longer_than_the_limit_asks(pauses: list[int]) -> None:
    allowance, now = DISCORD, 0
    for pause in pauses:
        now += pause
        wait = allowance.wait(now)
        if wait:
            # A moment earlier, some limit would be exceeded.
            earlier = now + wait - 1
            exceeded = [
                sum(moment > earlier - limit.within_ms for moment in allowance.spent) >= limit.requests
                for limit in allowance.limits
            ]
            assert any(exceeded)
        now += wait
        allowance = allowance.after(now)


def test_a_service_that_asks_to_wait_is_left_alone_so_long() -> None:
    blocked = DISCORD.blocked(5_000)
    assert blocked.wait(1_000) == 4_000
    assert blocked.blocked(2_000).wait(1_000) == 4_000
    assert blocked.wait(5_000) == 0


def test_more_at_once_than_the_limit_ever_allows_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="the limit is 5"):
        DISCORD.wait(0, 6)
