"""The benchmark's short form: it runs, and prints its ratio."""

import pytest

from tests.benchmarks.frame_to_alert import measure


@pytest.mark.stores
@pytest.mark.django_db(transaction=True)
def test_an_exchanges_frame_becomes_an_alert_on_a_websocket_and_how_soon_is_printed(
    redis_server: str, capsys: pytest.CaptureFixture[str]
) -> None:
    measured = measure(redis_server, alerts=10)
    with capsys.disabled():
        print("\n" + "\n".join(measured.lines()))  # noqa: T201
    assert measured.alerts == 10
    assert 0 < measured.floor_ms[0] < 1_000
    assert 0 < measured.alert_ms[0] < 10_000
