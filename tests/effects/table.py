"""Which test shows the effect of which field."""

from collections.abc import Callable
from typing import Final, TypeVar

T = TypeVar("T", bound=Callable[..., object])

EFFECTS: Final[dict[str, list[str]]] = {}
"""The names of the tests that show a field's effect, by the field's pattern."""

INFORMATION_ONLY: Final = frozenset(
    {
        "perseus_profile.description",
        "perseus_profile.investment_style",
        *(
            f"{owner}.trade_settings.{field}"
            for owner in ("perseus_profile", "exchanges.*")
            for field in ("trading_strategy", "preferred_geographies", "blacklisted_geographies")
        ),
    }
)
"""For the owner alone: nothing follows from them, and their descriptions say so."""

SAYS_WHAT_IT_STANDS_IN: Final = frozenset(
    {
        "schema_version",
        "sub",
        *(f"modes.{mode}.mode" for mode in ("position-monitor", "scalper-macdv", "scalper-orderbook")),
        "modes.position-monitor.symbolSource",
    }
)
"""Written by Livermore: each can have one value, any other is refused."""

WAITING: Final = {
    "the order book mode": frozenset(
        {
            "modes.scalper-orderbook.symbolSource",
            "modes.scalper-orderbook.indicatorsEnabled",
            *(
                f"modes.scalper-orderbook.alertThresholds.{threshold}"
                for threshold in ("macdvCrossover", "momentumShift", "reversal", "levels", "cooldownMinutes")
            ),
        }
    ),
}
"""What waits for a part of the product that does not exist yet, by that part."""


def effect_of(*patterns: str) -> Callable[[T], T]:
    """Say of which fields a test shows the effect."""

    def note(test: T) -> T:
        for pattern in patterns:
            EFFECTS.setdefault(pattern, []).append(test.__name__)
        return test

    return note


def below(section: str, *fields: str) -> tuple[str, ...]:
    """Return the patterns of fields of one section."""
    return tuple(f"{section}.{field}" for field in fields)
