"""How much of each fault: a little on every change, all of it in `python -m tests.long` (pytest's `--full`)."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Extent:
    """How often each thing is done."""

    drained: int
    """Commands that wait while the engine is killed again and again."""
    kills: int
    kills_before_completion: int
    same_id: int
    """Senders of one id at once."""
    sends: int
    """Commands that are sent while Redis is killed."""
    malformed: int
    valid: int
    """Among the malformed."""
    backfills: int
    """Queued before each pause."""
    pauses: int
    waiters: int
    outage_seconds: float
    """How long the database is away before an open page is used; longer than a seat is remembered without it."""
    every_exchange_fault: bool
    """Ten cuts and all else that an exchange can do, or a few of it."""


SHORT = Extent(
    drained=150,
    kills=3,
    kills_before_completion=2,
    same_id=100,
    sends=200,
    malformed=2_000,
    valid=20,
    backfills=200,
    pauses=5,
    waiters=50,
    outage_seconds=0.0,
    every_exchange_fault=False,
)
FULL = Extent(
    drained=1_000,
    kills=20,
    kills_before_completion=20,
    same_id=100,
    sends=1_000,
    malformed=100_000,
    valid=100,
    backfills=1_000,
    pauses=50,
    waiters=50,
    outage_seconds=75.0,
    every_exchange_fault=True,
)
