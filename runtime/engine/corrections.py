"""What reading a range of closed bars again brings to light."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from runtime.engine.aggregate import flat
from runtime.engine.candles import Candle

_ROUNDING = 1e-9
"""Numbers closer than this, relative to their size, differ by how they were added up alone."""


@dataclass(frozen=True)
class Replacement:
    """How far the bars held were wrong: `missing` were held as bars without trades, `changed` had other
    values.
    """

    missing: int
    changed: int

    @property
    def anything(self) -> bool:
        return self.missing + self.changed > 0


def corrected(held: Sequence[Candle], reread: Sequence[Candle]) -> tuple[Replacement, list[Candle]]:
    """Compare the bars held (contiguous) with a range read again, from its first to its last candle, both in
    order.

    Returns the counts, and what the whole of the bars held should be: the oldest one and all that were
    traded. A bar held as traded that the exchange no longer lists counts as changed, and was not traded; only
    the oldest one stays as it is, since the flat bars after it need a price.
    """
    told = {candle.open_time: candle for candle in reread}
    since, until = (reread[0].open_time, reread[-1].open_time) if reread else (0, -1)
    missing = changed = 0
    bars: list[Candle] = []
    for bar in held:
        told_now = told.get(bar.open_time)
        in_range = since <= bar.open_time <= until
        if told_now is not None and told_now != bar:
            missing += bar.synthetic
            changed += not bar.synthetic
            bars.append(told_now)
        elif bars and in_range and told_now is None and not bar.synthetic:
            changed += 1
        elif not bar.synthetic or not bars:
            bars.append(bar)
    return Replacement(missing, changed), bars


def same(one: Candle, other: Candle) -> bool:
    """Tell whether two candles say the same; a volume summed up in another order is no difference."""
    return (
        one.open_time == other.open_time
        and one.synthetic == other.synthetic
        and all(
            math.isclose(a, b, rel_tol=_ROUNDING)
            for a, b in zip(
                (one.open, one.high, one.low, one.close, one.volume),
                (other.open, other.high, other.low, other.close, other.volume),
                strict=True,
            )
        )
    )


def restated(held: Sequence[Candle], told: Mapping[int, Candle | None]) -> list[Candle]:
    """Return the bars held (contiguous), as they are with what is told of some of them.

    `told`: by open time, None where nothing was traded. Bars without trades take the price of the bar before them; the
    oldest one held stays as it is where nothing is said to have been traded in it, since those after it need a price.
    """
    bars: list[Candle] = []
    for bar in held:
        now = told.get(bar.open_time, bar)
        if now is None or now.synthetic:
            now = flat(bar.series, bar.open_time, bars[-1].close) if bars else bar
        bars.append(bar if same(now, bar) else now)
    return bars
