"""What the scanner goes by beyond the instruments themselves, gathered from what is known here."""

from collections.abc import Sequence

from symbols import categories
from symbols.fitting import Reference
from symbols.instruments import Instrument
from symbols.kinds import is_fiat, is_leveraged, is_stablecoin
from symbols.worth import dollar_rates


def reference_of(sub: str, instruments: Sequence[Instrument]) -> Reference:
    """Return what is known for one exchange's instruments, with an identity's own categories."""
    bases = {one.base for one in instruments}
    return Reference(
        usd=dollar_rates(instruments),
        is_fiat=is_fiat,
        is_stablecoin=is_stablecoin,
        is_leveraged=lambda base: is_leveraged(base, bases),
        categories={symbol: frozenset(names) for symbol, names in categories.by_symbol(sub).items()},
    )
