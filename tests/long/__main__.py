"""`python -m tests.long [NAME…]`: the long forms of what CI checks briefly; the report goes to docs/long-report.md."""

import argparse
import os
import platform
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
REPORT = ROOT / "docs" / "long-report.md"


@dataclass(frozen=True)
class Scenario:
    """A run of pytest, repeated; the first failure ends it."""

    name: str
    what: str
    arguments: Sequence[str]
    repeats: int = 1


@dataclass(frozen=True)
class Outcome:
    """What became of a scenario."""

    scenario: Scenario
    runs: int
    failed: bool
    seconds: float
    summary: str
    """pytest's last line of the last run."""


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
    )
}


def run(scenario: Scenario) -> Outcome:
    """Run a scenario to its end or to its first failure."""
    begun = time.monotonic()
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *scenario.arguments]
    summary, failed, done = "", False, 0
    for _ in range(scenario.repeats):
        ended = subprocess.run(command, check=False, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        done += 1
        summary = ended.stdout.strip().rpartition("\n")[2]
        failed = ended.returncode != 0
        if failed:
            sys.stdout.write(ended.stdout)
            break
    return Outcome(scenario, done, failed, time.monotonic() - begun, summary)


def report(outcomes: Sequence[Outcome], now: datetime) -> str:
    """Return the report as Markdown."""
    lines = [
        "# The long forms",
        "",
        "Written by `python -m tests.long`. What CI checks briefly, at length.",
        "",
        f"{now:%Y-%m-%d %H:%M} UTC, Python {platform.python_version()}, {os.cpu_count()} cores, "
        f"{'served' if os.environ.get('DATABASE_URL') else 'embedded'} stores.",
        "",
        "| scenario | runs | outcome | seconds | last line of the last run |",
        "| --- | --- | --- | --- | --- |",
        *(
            f"| {o.scenario.name}: {o.scenario.what} | {o.runs} of {o.scenario.repeats} | "
            f"{'**failed**' if o.failed else 'passed'} | {o.seconds:.0f} | {o.summary} |"
            for o in outcomes
        ),
        "",
    ]
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.long", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which of {', '.join(SCENARIOS)} (default: all)")
    names = parser.parse_args().names
    unknown = [name for name in names if name not in SCENARIOS]
    if unknown:
        parser.error(f"no scenario {', '.join(unknown)}; there are {', '.join(SCENARIOS)}")
    outcomes = []
    for name in names or SCENARIOS:
        outcomes.append(run(SCENARIOS[name]))
        sys.stdout.write(f"{name}: {outcomes[-1].summary}\n")
    REPORT.write_text(report(outcomes, datetime.now(UTC)))
    return 1 if any(outcome.failed for outcome in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main())
