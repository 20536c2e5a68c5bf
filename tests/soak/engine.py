"""An engine on its own, whose memory and descriptors are nobody else's.

`python -m tests.soak.engine ORIGIN BEGAN SECONDS MISSED`: the exchange server's address, and what its monotonic clock
said when its market began. The engine comes back with a full cache after so many missed minutes, which it makes up
for: with a day of them it holds all that it ever holds, since alerts are remembered for a day. Prints a line of JSON
every few seconds: `rss` (bytes), `descriptors`, `bars` that closed so far, `alerts`, `reconnects`, stale series,
`held` candles and `remembered` alerts.
"""

import asyncio
import gc
import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from runtime.engine.candles import DURATION_MS, MINUTE_MS, Candle, SeriesKey
from runtime.engine.market import KEPT_BARS
from runtime.engine.state import State
from runtime.feeds.exchanges.timing import Timing
from runtime.protocol.alerts import Alert
from runtime.protocol.delivery import Delivery
from runtime.protocol.status import Status
from settingsapp.schema.vocabulary import Mode
from tests.exchanges.clock import MarketClock
from tests.exchanges.market import Market
from tests.exchanges.server import VENUES
from tests.exchanges.venue import Venue
from tests.faults.exchange_world import ExchangeWorld
from tests.runtime.fakes.market_cache import FakeMarketCache
from tests.runtime.fakes.outbox import FakeOutbox
from tests.soak.market import EXCHANGE, LISTED_TOO_LATE, SEED, SPEED, START, fifty

TIMING = Timing(sweep=0.1, grace=0.3, confirm=0.8)


@dataclass(frozen=True)
class Elsewhere:
    """The exchange server in another process."""

    venues: Mapping[str, Venue]
    clock: MarketClock
    origin: str


class CountingOutbox(FakeOutbox):
    """Keeps the last status and counts the alerts: what a test keeps to read would look like a leak."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    async def status(self, status: Status) -> None:
        self.statuses[:] = [status]

    async def alert(self, alert: Alert, delivery: Delivery) -> None:
        self.count += 1

    async def error(self, level: str, origin: str, message: str) -> None:
        self.errors[:] = [*self.errors[-20:], (level, origin, message)]


class CountingCache(FakeMarketCache):
    """Counts the candles of one minute that are written, and keeps none: it holds what was there before the start."""

    def __init__(self, venue: Venue, until: int) -> None:
        super().__init__()
        self.count = 0
        self._venue = venue
        self._until = until

    async def candles(self, series: SeriesKey) -> Sequence[Candle]:
        symbol = self._venue.symbol(series.symbol)
        if symbol is None or series.timeframe in LISTED_TOO_LATE:
            return ()
        duration = DURATION_MS[series.timeframe]
        until = self._until - self._until % duration
        rows = self._venue.market.candles(symbol, series.timeframe, until - KEPT_BARS * duration, until)
        return [Candle(series, int(t), o, h, low, c, volume) for t, o, h, low, c, volume in rows]

    async def write(self, candles: Sequence[Candle], readings: Mapping[SeriesKey, Mapping[str, object]]) -> None:
        self.count += sum(candle.series.timeframe == "1m" for candle in candles)

    async def replace(self, series: SeriesKey, candles: Sequence[Candle]) -> None:
        return


def _resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def _held(state: State) -> int:
    market = state.market
    return sum(len(market.candles(key)) for name in market.tracked for key in market.series_of(name))


def _remembered(state: State) -> int:
    return sum(1 for mode in Mode for _ in state.raised.of_mode(mode))


async def main(origin: str, began: float, seconds: float, missed: int) -> None:
    clock = MarketClock(START, SPEED, began=began)
    venue = VENUES[EXCHANGE](Market(f"{SEED}/{EXCHANGE}", fifty()), clock, ())
    outbox, cache = CountingOutbox(), CountingCache(venue, START - missed * MINUTE_MS)
    world = ExchangeWorld(Elsewhere({EXCHANGE: venue}, clock, origin), TIMING, outbox, cache)
    async with world.running():
        await world.until_up_to_date(patience=600.0)
        begun_bars, begun_alerts, reconnected = cache.count, outbox.count, world.feed.status().reconnects
        every = max(1.0, seconds / 60)
        for _ in range(round(seconds / every)):
            await asyncio.sleep(every)
            # Between two collections garbage comes and goes; what stays is asked about.
            gc.collect()
            line = {
                "rss": _resident_bytes(),
                "descriptors": _descriptors(),
                "bars": cache.count - begun_bars,
                "alerts": outbox.count - begun_alerts,
                "reconnects": world.feed.status().reconnects - reconnected,
                "stale": len(world.state.market.stale),
                "held": _held(world.state),
                "remembered": _remembered(world.state),
            }
            print(json.dumps(line), flush=True)  # noqa: T201 - it is what the program is for


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], float(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])))
