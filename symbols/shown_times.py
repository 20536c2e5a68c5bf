"""Times on the admin's pages about symbols: moments as the owner wants them, and how long something is."""

from datetime import UTC, datetime
from typing import Any


def moment(milliseconds: int | None, owner: Any) -> str:
    """Write a moment (ms UTC) as the owner wants it shown; in UTC where nobody can tell how that is."""
    if milliseconds is None:
        return ""
    if owner is not None:
        return str(owner.absolute(milliseconds))
    return f"{datetime.fromtimestamp(milliseconds / 1000, UTC):%Y-%m-%d %H:%M:%S} UTC"


def span(milliseconds: int) -> str:
    """Write how long that is, in its largest unit."""
    minutes = max(0, milliseconds) // 60_000
    if minutes < 1:
        return "less than a minute"
    if minutes < 120:
        return "1 minute" if minutes == 1 else f"{minutes} minutes"
    return f"{minutes // 60} hours" if minutes < 48 * 60 else f"{minutes // 1440} days"
