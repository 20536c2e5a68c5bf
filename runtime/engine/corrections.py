"""What reading a range of closed bars again brings to light."""

from collections.abc import Sequence
from dataclasses import dataclass

from runtime.engine.candles import Candle


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
