from hypothesis import given
from hypothesis import strategies as st

from runtime.launch.backoff import Backoff


def test_the_wait_doubles_up_to_the_longest() -> None:
    backoff = Backoff(first=0.5, longest=10, stable=30)
    assert [backoff.after(0) for _ in range(7)] == [0.5, 1, 2, 4, 8, 10, 10]


def test_a_stable_run_is_a_fresh_beginning() -> None:
    backoff = Backoff(first=0.5, longest=10, stable=30)
    for _ in range(6):
        backoff.after(0)
    assert [backoff.after(30), backoff.after(0)] == [0.5, 1]


@given(st.lists(st.floats(0, 100), min_size=1, max_size=30))
def test_the_wait_is_never_below_the_first_nor_above_the_longest(lived: list[float]) -> None:
    backoff = Backoff(first=0.5, longest=10, stable=30)
    assert all(0.5 <= backoff.after(seconds) <= 10 for seconds in lived)
