"""Near misses."""

from collections.abc import Iterable
from difflib import get_close_matches


def suggestion(name: str, known: Iterable[str]) -> str:
    """Return `; did you mean 'X'?` for the known name nearest to a wrong one, or nothing where none is near."""
    by_lower_case = {word.lower(): word for word in known}
    near = get_close_matches(name[:100].lower(), by_lower_case, n=1, cutoff=0.6)
    return f"; did you mean '{by_lower_case[near[0]]}'?" if near else ""
