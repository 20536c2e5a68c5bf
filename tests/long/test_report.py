"""The report of the long forms keeps what was not run again."""

from datetime import UTC, datetime
from pathlib import Path

from tests.long.__main__ import SCENARIOS, Outcome, figures, report


def _outcome(name: str, summary: str, *, failed: bool = False) -> Outcome:
    return Outcome(SCENARIOS[name], 1, failed, 12.3, summary, ("it took, s: 2",))


def test_a_scenario_that_is_run_again_replaces_its_section_and_leaves_the_others() -> None:
    first = report(
        [_outcome("properties", "27 passed"), _outcome("kills", "13 passed")], datetime(2026, 1, 1, tzinfo=UTC)
    )
    second = report([_outcome("kills", "1 failed", failed=True)], datetime(2026, 2, 2, tzinfo=UTC), first)
    assert "## properties: passed" in second
    assert "27 passed" in second
    assert "## kills: **failed**" in second
    assert "13 passed" not in second
    assert second.count("## ") == 2
    assert report([], datetime(2026, 3, 3, tzinfo=UTC), second) == second


def test_what_the_tests_measured_is_told_with_their_names(tmp_path: Path) -> None:
    measured = tmp_path / "junit.xml"
    measured.write_text(
        '<testsuites><testsuite><testcase name="test_a_pause_overtakes"><properties>'
        '<property name="slowest, s" value="0.2"/></properties></testcase></testsuite></testsuites>'
    )
    assert figures(measured) == ("a pause overtakes – slowest, s: 0.2",)
