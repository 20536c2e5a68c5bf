"""`python -m tests.long [NAME…]`: the long forms of what CI checks briefly; the report goes to docs/long-report.md."""

import argparse
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parents[2]
STORES = ("DATABASE_URL", "REDIS_URL")
REPORT = ROOT / "docs" / "long-report.md"
HEAD = "# The long forms\n\nWritten by `python -m tests.long`. What CI checks briefly, at length.\n\n"
MARK = "## "


@dataclass(frozen=True)
class Scenario:
    """A run of pytest, repeated; the first failure ends it."""

    name: str
    what: str
    arguments: Sequence[str]
    repeats: int = 1
    stores: str = ""
    """`embedded` or `served`: on those alone; empty: on those that the environment names."""

    @property
    def possible(self) -> bool:
        """Whether the environment names what it needs."""
        return self.stores != "served" or all(os.environ.get(name) for name in STORES)

    @property
    def environment(self) -> dict[str, str]:
        """What pytest is started with."""
        dropped = STORES if self.stores == "embedded" else ()
        return {name: value for name, value in os.environ.items() if name not in dropped}


@dataclass(frozen=True)
class Outcome:
    """What became of a scenario."""

    scenario: Scenario
    runs: int
    failed: bool
    seconds: float
    summary: str
    """pytest's last line of the last run."""
    figures: tuple[str, ...] = ()
    """What the tests of the last run measured (pytest's `record_property`)."""


SCENARIOS: Mapping[str, Scenario] = {
    scenario.name: scenario
    for scenario in (
        Scenario(
            "properties",
            "every property test with ten times the examples",
            # pytest's -m and the profile come from tests/conftest.py: only what uses hypothesis is run.
            ("--hypothesis-profile=long", "--only-properties", "tests"),
        ),
        Scenario(
            "kills",
            "kill -9 of the product and of each of its programs, and the supervisor's own tests, over and over",
            ("-k", "kill or signal or tether", "tests/runtime/launch"),
            repeats=20,
        ),
        Scenario(
            "exchange-faults",
            "an exchange that errs in every way, before a feed and before an engine",
            ("--full", "tests/faults/test_exchange_feeds.py", "tests/runtime/feeds/exchanges"),
            repeats=3,
        ),
        Scenario(
            "soak",
            "an engine that watches fifty symbols at sixty times real time for half an hour",
            ("--full", "tests/soak"),
        ),
        Scenario(
            "viewers",
            "two clients that never read and a hundred that do, for two minutes",
            ("--full", "tests/live_viewers"),
        ),
        Scenario(
            "accessibility",
            "axe on every page, light and dark, at 1440 and at 390 pixels",
            ("--full", "tests/accessibility"),
        ),
        *(
            Scenario(
                f"pages-{stores}",
                f"every page in the browser with all its details, {stores} stores",
                ("--full", "-m", "browser", "tests/journeys", "tests/symbols", "tests/runtime"),
                stores=stores,
            )
            for stores in ("embedded", "served")
        ),
        *(
            Scenario(
                f"faults-{stores}",
                f"engines and stores killed, stopped, emptied and taken away, in full numbers, {stores} stores",
                ("--full", "tests/faults"),
                stores=stores,
            )
            for stores in ("embedded", "served")
        ),
    )
}


def run(scenario: Scenario) -> Outcome:
    """Run a scenario to its end or to its first failure."""
    begun = time.monotonic()
    summary, failed, done = "", False, 0
    with tempfile.TemporaryDirectory() as directory:
        measured = Path(directory) / "junit.xml"
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-o", "junit_family=xunit1"]
        command.append(f"--junitxml={measured}")
        for _ in range(scenario.repeats):
            ended = subprocess.run(
                [*command, *scenario.arguments],
                check=False,
                cwd=ROOT,
                env=scenario.environment,
                stdout=subprocess.PIPE,
                text=True,
            )
            done += 1
            summary = ended.stdout.strip().rpartition("\n")[2]
            failed = ended.returncode != 0
            if failed:
                sys.stdout.write(ended.stdout)
                break
        return Outcome(scenario, done, failed, time.monotonic() - begun, summary, figures(measured))


def figures(measured: Path) -> tuple[str, ...]:
    """Return what tests have recorded as properties, each with the test's name."""
    return tuple(
        f"{test.get('name', '').removeprefix('test_').replace('_', ' ')} – {found.get('name')}: {found.get('value')}"
        for test in ElementTree.parse(measured).iter("testcase")
        for found in test.iter("property")
    )


def report(outcomes: Sequence[Outcome], now: datetime, before: str = "") -> str:
    """Return the report as Markdown; what was not run this time stays as `before` (the last report) tells it."""
    sections = _sections(before) | {o.scenario.name: _section(o, now) for o in outcomes}
    return HEAD + "".join(sections[name] for name in SCENARIOS if name in sections)


def _section(outcome: Outcome, now: datetime) -> str:
    scenario = outcome.scenario
    stores = scenario.stores or ("served" if os.environ.get("DATABASE_URL") else "embedded")
    said = "**failed**" if outcome.failed else "passed"
    lines = [
        f"{MARK}{scenario.name}: {said}",
        "",
        f"{scenario.what[0].upper()}{scenario.what[1:]}. {outcome.runs} of {scenario.repeats} runs, "
        f"{outcome.seconds:.0f} s, {stores} stores, {now:%Y-%m-%d %H:%M} UTC, Python {platform.python_version()}, "
        f"{os.cpu_count()} cores. pytest's last line: `{outcome.summary}`.",
        "",
        *(f"- {figure}" for figure in outcome.figures),
        *([""] if outcome.figures else []),
    ]
    return "\n".join(lines) + "\n"


def _sections(text: str) -> dict[str, str]:
    """Return the sections of a report by their scenario's name."""
    parts = text.split(f"\n{MARK}")[1:]
    return {part.partition(":")[0]: f"{MARK}{part.rstrip()}\n\n" for part in parts}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.long", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which of {', '.join(SCENARIOS)} (default: all)")
    names = parser.parse_args().names
    unknown = [name for name in names if name not in SCENARIOS]
    if unknown:
        parser.error(f"no scenario {', '.join(unknown)}; there are {', '.join(SCENARIOS)}")
    impossible = [name for name in names if not SCENARIOS[name].possible]
    if impossible:
        parser.error(f"{', '.join(impossible)}: needs {' and '.join(STORES)}")
    outcomes = []
    for name in names or [name for name, scenario in SCENARIOS.items() if scenario.possible]:
        outcomes.append(run(SCENARIOS[name]))
        sys.stdout.write(f"{name}: {outcomes[-1].summary}\n")
    before = REPORT.read_text() if REPORT.exists() else ""
    REPORT.write_text(report(outcomes, datetime.now(UTC), before))
    return 1 if any(outcome.failed for outcome in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main())
