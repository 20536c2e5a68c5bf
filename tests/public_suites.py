"""Test suites that others have published. They are no part of this repository: they are fetched, and read there."""

import os
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent


def suite_file(name: str) -> Path:
    """Where a file of a published suite is expected: `json-patch-test-suite/package/tests.json`."""
    named = os.environ.get("LIVERMORE_TEST_SUITES")
    return (Path(named) if named else CHECKOUT / ".suites") / name
