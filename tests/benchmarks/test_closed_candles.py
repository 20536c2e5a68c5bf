"""The benchmark's short form: it runs, and prints its ratio."""

import pytest

from tests.benchmarks.closed_candles import measure


def test_a_minute_of_many_symbols_is_taken_in_a_moment_and_the_ratio_is_printed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    measured = measure(rounds=3, symbols=50)
    with capsys.disabled():
        print("\n" + "\n".join(measured.lines()))  # noqa: T201
    assert measured.bars == 300
    # A core has a minute for it.
    assert 0 < measured.together_ms < 10_000
