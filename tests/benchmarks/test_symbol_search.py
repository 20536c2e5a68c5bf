"""The benchmark's short form: a search costs less than a scan of the list."""

import pytest

from tests.benchmarks.symbol_search import measure


def test_a_search_takes_less_than_one_plain_scan_of_the_list(capsys: pytest.CaptureFixture[str]) -> None:
    measured = measure(rounds=3)
    with capsys.disabled():
        print("\n" + "\n".join(measured.lines()))  # noqa: T201
    assert measured.ratio < 1
