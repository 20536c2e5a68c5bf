"""What the soak watches: fifty instruments that are traded all the time."""

from decimal import Decimal
from typing import Final

from tests.exchanges.market import DAY_MS, Instrument

EXCHANGE: Final = "binance"
SEED: Final = "soak"
SPEED: Final = 60.0
"""Market minutes are seconds."""
START: Final = 1_750_000_020_000
_LISTED: Final = (START // DAY_MS - 20) * DAY_MS
"""Long histories would take the server longer to make up than the engine to read."""
LISTED_TOO_LATE: Final = frozenset({"1h", "4h", "1d"})
"""Timeframes in which there are not enough bars for a warm-up."""


def fifty() -> tuple[Instrument, ...]:
    """Return them, at prices from 1 to 50."""
    return tuple(_instrument(number) for number in range(1, 51))


def _instrument(number: int) -> Instrument:
    tick, lot = Decimal("0.0001"), Decimal("0.01")
    return Instrument(f"C{number:02}", "USDT", Decimal(number), tick, lot, trades_a_day=1_440, listed=_LISTED)
