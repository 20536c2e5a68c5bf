"""A closed candle's way: through the market and the mode to alerts, and into the caches."""

import logging
from collections.abc import Sequence

from runtime.engine.candles import DURATION_MS, Candle, SeriesKey
from runtime.engine.delivery import decide
from runtime.engine.market import Bar
from runtime.engine.ports import Clock, Entry, Feed, MarketCache, Outbox, Positions, SourceUnavailableError
from runtime.engine.state import State
from settingsapp.schema.effective import positions

log = logging.getLogger(__name__)


class MarketData:
    """Takes candles in, one at a time, so that the same candles always lead to the same alerts."""

    def __init__(
        self, state: State, cache: MarketCache, positions_port: Positions, outbox: Outbox, clock: Clock
    ) -> None:
        self._state = state
        self._cache = cache
        self._positions = positions_port
        self._outbox = outbox
        self._clock = clock

    async def take(self, feed: Feed, candle: Candle) -> None:
        """Let one live candle in; what is missing before it is read from the exchange first.

        Raises SourceUnavailableError where that can't be done: the series is stale until it can.
        """
        market = self._state.market
        async with self._state.market_lock:
            step = market.feed(candle)
            await self._bars(step.bars, late=False)
        if step.gap is None:
            return
        # Read without the lock: an exchange that takes its time must not keep commands waiting for it.
        missing = await feed.history(step.gap.key.symbol, step.gap.key.timeframe, step.gap.since, step.gap.until)
        async with self._state.market_lock:
            if market.feed(candle).gap != step.gap:
                # Its history was loaded again meanwhile, or nobody wants it any more.
                return
            filled = market.fill(step.gap.key, step.gap.since, step.gap.until, missing)
            # Candles that closed while nobody was looking count for the indicators, but notifying now would mislead.
            # Where nothing was traded nobody was away: such bars are only known by the candle that follows them.
            await self._bars(filled.bars, late=bool(missing))
            await self._bars(market.feed(candle).bars, late=False)

    async def catch_up(self, feed: Feed, base: SeriesKey, until: int) -> None:
        """Let in what ended before `until` (ms) of a series that has no live candles.

        The newest bar has just ended, so its alerts are timely; those of older bars are late. Bars after the last
        one that the exchange tells of stay open: perhaps they come yet. Raises SourceUnavailableError.
        """
        market = self._state.market
        duration = DURATION_MS[base.timeframe]
        last = market.last_bar(base)
        since = last.close_time if last else until - duration
        candles = await feed.history(base.symbol, base.timeframe, since, until)
        if not candles:
            return
        async with self._state.market_lock:
            if base not in market.series_of(base.qualified):
                # Nobody wants it any more.
                return
            if market.last_bar(base) is None:
                await self._bars([bar for candle in candles for bar in market.feed(candle).bars], late=False)
                return
            end = candles[-1].close_time
            older = market.fill(base, since, min(end, until - duration), candles)
            await self._bars(older.bars, late=True)
            await self._bars(market.fill(base, since, end, candles).bars, late=False)

    async def store_all(self, qualified: str) -> None:
        """Write all of a symbol's series and its last price to the cache. Raises SourceUnavailableError."""
        market = self._state.market
        async with self._state.market_lock:
            readings = {}
            for key in market.series_of(qualified):
                await self._cache.replace(key, market.candles(key))
                reading = market.reading(key)
                if reading is not None:
                    readings[key] = reading.as_dict()
            newest = [candle for key in market.series_of(qualified)[:1] if (candle := market.last_bar(key))]
            await self._cache.write(newest, readings)

    async def _bars(self, bars: Sequence[Bar], *, late: bool) -> None:
        if not bars:
            return
        await self._note_entries(bars)
        await self._alert(bars, late=late)
        readings = {bar.candle.series: bar.reading.as_dict() for bar in bars if bar.reading is not None}
        try:
            await self._cache.write([bar.candle for bar in bars], readings)
        except SourceUnavailableError as error:
            log.warning("candles could not be cached: %s", error)

    async def _alert(self, bars: Sequence[Bar], *, late: bool) -> None:
        state = self._state
        if state.run is None:
            return
        context = state.mode_context()
        for bar in bars:
            for alert in state.run.alerts(bar, context):
                # Asked for each: a pause comes in between two alerts, too.
                quiet = late or state.silent
                now = self._clock.now_ms()
                if not quiet:
                    state.last_signal_at = now
                raised = alert.as_late() if quiet else alert
                delivery = decide(raised, context.document, now, state.entries_today.at(now))
                state.entries_today.note(raised, delivery, now)
                await self._outbox.alert(raised, delivery)

    async def _note_entries(self, bars: Sequence[Bar]) -> None:
        """Remember where a position was first seen."""
        state = self._state
        held = set(positions(state.require_settings().document))
        for bar in bars:
            qualified = bar.candle.series.qualified
            if qualified in held and qualified not in state.entries:
                entry = Entry(qualified, bar.candle.close, bar.candle.close_time)
                state.entries[qualified] = entry
                try:
                    await self._positions.remember(entry)
                except SourceUnavailableError as error:
                    log.warning("the entry of %s is only remembered until the engine stops: %s", qualified, error)
