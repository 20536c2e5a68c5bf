"""The benchmark's short form: it runs, and prints its ratios."""

import pytest

from tests.benchmarks.settings_document import EXCHANGES, SYMBOLS, large_document, measure


@pytest.mark.stores
@pytest.mark.django_db
def test_a_large_document_is_read_and_changed_in_a_moment_and_the_ratios_are_printed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    measured = measure(rounds=10)
    with capsys.disabled():
        print("\n" + "\n".join(measured.lines()))  # noqa: T201
    assert 0 < measured.json_ms < measured.get_ms < 1_000
    assert 0 < measured.patch_ms < 2_000


def test_the_document_has_the_size_that_it_is_said_to_have() -> None:
    document = large_document()
    assert (len(document["exchanges"]), len(document["symbols"])) == (EXCHANGES, SYMBOLS)
