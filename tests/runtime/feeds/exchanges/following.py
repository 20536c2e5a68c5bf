"""Following a feed as the engine does."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from runtime.engine.candles import Candle
from runtime.engine.ports.availability import SourceUnavailableError
from runtime.feeds.exchanges.feed import ExchangeFeed
from runtime.feeds.exchanges.timing import Timing
from tests.exchanges.pointing import point
from tests.exchanges.server import ExchangeServer

NOON = 1_750_000_020_000
MINUTE = 60_000
SPEED = 120.0
"""Market minutes are half seconds."""
QUICK = Timing(
    sweep=0.02,
    grace=0.1,
    confirm=0.3,
    silence=0.8,
    probe=0.2,
    answer=20.0,
    first_backoff=0.05,
    longest_backoff=0.5,
    unnamed_wait=1.0,
)
PATIENCE = 30.0


@dataclass
class Follower:
    """Takes what a feed tells, as the engine does: lost, it asks again."""

    feed: ExchangeFeed
    candles: list[Candle] = field(default_factory=list)
    losses: list[str] = field(default_factory=list)
    rest: float = 0.0
    """Seconds before it asks again."""

    async def run(self) -> None:
        while True:
            try:
                async for batch in self.feed.closed():
                    self.candles += batch
            except SourceUnavailableError as error:
                self.losses.append(f"{self.feed.status().state}: {error}")
                await asyncio.sleep(self.rest)

    def of(self, symbol: str) -> list[Candle]:
        return [candle for candle in self.candles if candle.series.symbol == symbol]

    async def until(self, condition: Callable[[], bool], patience: float = PATIENCE) -> None:
        async with asyncio.timeout(patience):
            while not condition():  # noqa: ASYNC110 - nobody tells of what is waited for
                await asyncio.sleep(0.02)


@asynccontextmanager
async def following(
    server: ExchangeServer, exchange: str, *symbols: str, timing: Timing = QUICK, rest: float = 0.0
) -> AsyncIterator[Follower]:
    feed = ExchangeFeed(exchange, server.clock, timing=timing, prepare=lambda client: point(client, server.origin))
    follower = Follower(feed, rest=rest)
    task = asyncio.create_task(follower.run())
    try:
        await feed.subscribe(symbols)
        yield follower
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await feed.close()


def names(server: ExchangeServer, *bases: str, exchange: str = "") -> list[str]:
    """Return what the server's exchange (its only one unless it is named) calls these currencies' instruments."""
    venue = server.venues[exchange] if exchange else next(iter(server.venues.values()))
    return [next(name for name, each in venue.listed() if each.base == base) for base in bases]
