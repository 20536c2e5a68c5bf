"""The benchmark's short form: it runs, and prints its ratio."""

import pytest

from tests.benchmarks.command_round_trip import measure


@pytest.mark.stores
def test_a_command_takes_a_moment_and_how_many_of_redis_own_round_trips_is_printed(
    redis_server: str, capsys: pytest.CaptureFixture[str]
) -> None:
    measured = measure(redis_server, rounds=30)
    with capsys.disabled():
        print("\n" + "\n".join(measured.lines()))  # noqa: T201
    assert 0 < measured.floor_ms < 1_000
    assert 0 < measured.command_ms < 1_000
