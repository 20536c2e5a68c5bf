"""The benchmark's short form: it runs, and prints its ratio."""

import pytest

from tests.benchmarks.live_fan_out import measure


@pytest.mark.stores
@pytest.mark.django_db(transaction=True)
def test_what_the_engine_says_reaches_the_last_of_many_clients_and_how_soon_is_printed(
    redis_server: str, capsys: pytest.CaptureFixture[str]
) -> None:
    measured = measure(redis_server, rounds=3, clients=60)
    with capsys.disabled():
        print("\n" + "\n".join(measured.lines()))  # noqa: T201
    assert 0 < measured.floor_ms[0] < 1_000
    assert 0 < measured.event_ms[0] < 5_000
