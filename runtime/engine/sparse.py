"""Symbols without a live connection: each closed bar is read from the exchange's history soon after its end."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from runtime.engine.candles import DURATION_MS, SeriesKey
from runtime.engine.market_data import MarketData
from runtime.engine.ports.availability import LeaseLostError, SourceUnavailableError
from runtime.engine.ports.clock import Clock
from runtime.engine.ports.feeds import Feed
from runtime.engine.state import State
from settingsapp.schema.vocabulary import Timeframe

log = logging.getLogger(__name__)

SHORTEST: Final[Timeframe] = "15m"
GRACE_MS: Final = 5_000
"""So long after a bar's end its exchange is given to have it in its history."""
LOOK_SECONDS: Final = 5.0

Tell = Callable[[str, str, str], Awaitable[None]]


def sparse_timeframes(timeframes: Sequence[Timeframe]) -> tuple[Timeframe, ...]:
    """Return those of a feed's timeframes in which symbols are watched without a live connection."""
    return tuple(t for t in timeframes if DURATION_MS[t] >= DURATION_MS[SHORTEST])


class SparsePolling:
    """Asks once for each bar of each such symbol; what could not be read is asked for again."""

    def __init__(
        self,
        state: State,
        market_data: MarketData,
        clock: Clock,
        tell: Tell,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._state = state
        self._market_data = market_data
        self._clock = clock
        self._tell = tell
        self._sleep = sleep
        self._read_until: dict[str, int] = {}
        """Up to which bar's end a symbol has been asked for, ms UTC."""
        self._troubles: dict[str, str] = {}

    async def run(self) -> None:
        """Look for bars that have ended, for as long as the engine lives. Raises LeaseLostError."""
        while True:
            await self.look()
            await self._sleep(LOOK_SECONDS)

    async def look(self) -> None:
        """Read what has ended since the last look, one symbol of an exchange after the other."""
        tracked = set(self._state.market.tracked)
        symbols = sorted(self._state.sparse & tracked)
        for gone in (self._read_until.keys() | self._troubles.keys()) - set(symbols):
            self._read_until.pop(gone, None)
            self._troubles.pop(gone, None)
        feeds = dict(self._state.feeds)
        await asyncio.gather(
            *(self._look_at(feed, [s for s in symbols if s.partition(":")[0] == name]) for name, feed in feeds.items())
        )

    async def _look_at(self, feed: Feed, symbols: Sequence[str]) -> None:
        for qualified in symbols:
            series = self._state.market.series_of(qualified)
            if not series:
                continue
            try:
                await self._read(feed, series[0])
            except LeaseLostError:
                raise
            except SourceUnavailableError as error:
                await self._note_trouble(series[0], f"its last candles can't be read yet: {error}")
            except Exception as error:
                log.exception("reading the last candles of %s failed", qualified)
                name = type(error).__name__
                await self._note_trouble(series[0], f"reading its last candles failed ({name}); the log says where")
            else:
                self._troubles.pop(qualified, None)

    async def _read(self, feed: Feed, base: SeriesKey) -> None:
        now = self._clock.now_ms() - GRACE_MS
        ended = now - now % DURATION_MS[base.timeframe]
        last = self._state.market.last_bar(base)
        asked = self._read_until.get(base.qualified, last.close_time if last else 0)
        if ended > asked:
            await self._market_data.catch_up(feed, base, ended)
            self._read_until[base.qualified] = ended

    async def _note_trouble(self, base: SeriesKey, message: str) -> None:
        # The owner is told once, not with every attempt.
        if base in self._state.market.series_of(base.qualified):
            self._state.market.mark_stale(base)
        if self._troubles.get(base.qualified) != message:
            self._troubles[base.qualified] = message
            await self._tell("warning", base.qualified, message)
