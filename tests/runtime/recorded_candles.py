"""Where the recorded candles are that some tests want."""

import os
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]


def recorded_file(name: str) -> Path:
    """Return a recorded file; skips the test with the reason where it is absent."""
    named = os.environ.get("LIVERMORE_TEST_CANDLES")
    directory = Path(named) if named else CHECKOUT.parent / "shared" / "data" / "candles"
    path = directory / name
    if not path.exists():
        pytest.skip(f"no recorded candles: {path} is absent; LIVERMORE_TEST_CANDLES names their directory")
    return path
