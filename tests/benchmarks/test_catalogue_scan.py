"""The benchmark's short form: it runs, and prints its ratio."""

import pytest

from tests.benchmarks.catalogue_scan import measure


def test_twenty_thousand_instruments_are_scanned_and_how_many_plain_passes_that_takes_is_printed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    measured = measure(rounds=9)
    with capsys.disabled():
        print("\n" + "\n".join(measured.lines()))  # noqa: T201
    assert measured.proposed == 980
    assert 0 < measured.pass_ms < measured.scan_ms < 10_000
