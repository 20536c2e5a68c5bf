"""A closed candle's way: through the market and the mode to alerts, and into the caches."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from runtime.engine.candles import DURATION_MS, Candle, SeriesKey
from runtime.engine.delivery import decide
from runtime.engine.market import Bar
from runtime.engine.modes import ModeContext
from runtime.engine.ports.availability import SourceUnavailableError
from runtime.engine.ports.clock import Clock
from runtime.engine.ports.feeds import Feed
from runtime.engine.ports.market_cache import MarketCache
from runtime.engine.ports.outbox import Outbox
from runtime.engine.ports.positions import Entry, Positions
from runtime.engine.state import Judged, State
from settingsapp.schema.effective import positions

log = logging.getLogger(__name__)

GAPS_AT_ONCE: Final = 8
"""So many are read from an exchange side by side."""


class Trouble(NamedTuple):
    """Why some of a series' candles could not be let in."""

    series: SeriesKey
    level: str
    message: str


class _Behind(NamedTuple):
    """Candles of one series that wait until what is missing since then (ms UTC) has been read."""

    since: int
    candles: list[Candle]


class MarketData:
    """Takes candles in, one batch at a time and in order, so that the same candles always lead to the same alerts."""

    def __init__(
        self, state: State, cache: MarketCache, positions_port: Positions, outbox: Outbox, clock: Clock
    ) -> None:
        self._state = state
        self._cache = cache
        self._positions = positions_port
        self._outbox = outbox
        self._clock = clock

    async def take(self, feed: Feed, candles: Sequence[Candle]) -> Sequence[Trouble]:
        """Let a batch of live candles in; what is missing before some of them is read from the exchange first.

        Those that follow on what is known go in at once, the others once all gaps were read, both in the batch's
        order. A symbol whose gap can't be read is stale until it can, which its next candle tries again.
        """
        market = self._state.market
        troubles: list[Trouble] = []
        behind: dict[SeriesKey, _Behind] = {}
        async with self._state.market_lock:
            bars: list[Bar] = []
            for candle, step in zip(candles, market.feed_many(candles), strict=True):
                if step.refusal:
                    troubles.append(Trouble(candle.series, "error", f"its last candle is passed over: {step.refusal}"))
                elif step.gap is not None:
                    behind.setdefault(candle.series, _Behind(step.gap.since, [])).candles.append(candle)
                bars += step.bars
            await self._bars(bars, late=False)
        if not behind:
            return troubles
        # Read without the lock: an exchange that takes its time must not keep commands waiting for it.
        turns = asyncio.Semaphore(GAPS_AT_ONCE)
        read = await asyncio.gather(*(_missing(feed, key, waiting, turns) for key, waiting in behind.items()))
        async with self._state.market_lock:
            for (key, waiting), missing in zip(behind.items(), read, strict=True):
                if isinstance(missing, Trouble):
                    troubles.append(missing)
                else:
                    troubles += await self._close(key, waiting, missing)
        return troubles

    async def _close(self, key: SeriesKey, behind: "_Behind", missing: Sequence[Candle]) -> list[Trouble]:
        """Close the gaps before the candles that wait for that, and let these in."""
        market = self._state.market
        for candle in behind.candles:
            step = market.feed(candle)
            if (gap := step.gap) is not None:
                if gap.since < behind.since:
                    # Its history was loaded again meanwhile and ends earlier: the next candle closes that gap.
                    return []
                known = [c for c in missing if gap.since <= c.open_time < gap.until]
                try:
                    filled = market.fill(key, gap.since, gap.until, known)
                except ValueError as error:
                    return [Trouble(key, "error", f"missing candles make no sense: {error}")]
                # Candles that closed while nobody was looking count for the indicators, but notifying now would
                # mislead. Where nothing was traded nobody was away: such bars are only known by the candle that
                # follows them.
                await self._bars(filled.bars, late=bool(known))
                step = market.feed(candle)
            await self._bars(step.bars, late=False)
        return []

    async def catch_up(self, feed: Feed, base: SeriesKey, until: int) -> None:
        """Let in what ended before `until` (ms) of a series that has no live candles.

        The newest bar has just ended, so its alerts are timely; those of older bars are late. Bars after the last
        one that the exchange tells of stay open: perhaps they come yet. Raises SourceUnavailableError.
        """
        await self._read_on(feed, base, until, timely_from=until - DURATION_MS[base.timeframe])

    async def make_up(self, feed: Feed, base: SeriesKey, until: int) -> None:
        """Let in what ended before `until` (ms) while nobody was looking: all of it is late.

        The symbol is no longer stale then, even where nothing was traded meanwhile. Raises SourceUnavailableError.
        """
        await self._read_on(feed, base, until, timely_from=until)
        self._state.market.trust(base.qualified)

    async def _read_on(self, feed: Feed, base: SeriesKey, until: int, timely_from: int) -> None:
        market = self._state.market
        last = market.last_bar(base)
        since = last.close_time if last else until - DURATION_MS[base.timeframe]
        candles = await feed.history(base.symbol, base.timeframe, since, until) if since < until else ()
        if not candles:
            return
        async with self._state.market_lock:
            if base not in market.series_of(base.qualified):
                # Nobody wants it any more.
                return
            present = market.last_bar(base)
            if present is None:
                late = candles[-1].open_time < timely_from
                await self._bars([bar for candle in candles for bar in market.feed(candle).bars], late=late)
                return
            if present.close_time < since:
                # Its history was loaded again meanwhile, and ends earlier.
                return
            end = candles[-1].close_time
            await self._bars(market.fill(base, since, min(end, timely_from), candles).bars, late=True)
            await self._bars(market.fill(base, since, end, candles).bars, late=False)

    async def let_in_late(self, base: SeriesKey, since: int, candles: Sequence[Candle]) -> None:
        """Let in what closed since then (ms) while the engine was away. The caller holds the market's lock."""
        if candles:
            filled = self._state.market.fill(base, since, candles[-1].close_time, candles)
            await self._bars(filled.bars, late=True)

    async def store_all(self, qualified: str) -> None:
        """Write all of a symbol's series and its last price to the cache. Raises SourceUnavailableError."""
        market = self._state.market
        async with self._state.market_lock:
            readings = {}
            for key in market.series_of(qualified):
                await self._cache.replace(key, market.candles(key))
                reading, last = market.reading(key), market.last_bar(key)
                if reading is not None and last is not None:
                    readings[key] = reading.of_bar(last.open_time)
            newest = [candle for key in market.series_of(qualified)[:1] if (candle := market.last_bar(key))]
            await self._cache.write(newest, readings)
            self._note_written(readings)

    async def _bars(self, bars: Sequence[Bar], *, late: bool) -> None:
        if not bars:
            return
        if not late:
            # A bar that closed before anybody looked may be older than the position.
            await self._note_entries(bars)
        await self._alert(bars, late=late)
        readings = {
            bar.candle.series: bar.reading.of_bar(bar.candle.open_time) for bar in bars if bar.reading is not None
        }
        try:
            await self._cache.write([bar.candle for bar in bars], readings)
            self._note_written(readings)
        except SourceUnavailableError as error:
            log.warning("candles could not be cached: %s", error)

    def _note_written(self, readings: Mapping[SeriesKey, object]) -> None:
        if readings:
            self._state.readings_at = self._clock.now_ms()

    async def _alert(self, bars: Sequence[Bar], *, late: bool) -> None:
        state = self._state
        if state.run is None:
            return
        context = state.mode_context()
        for bar in bars:
            self._note_judged(bar, context)
            for alert in state.run.alerts(bar, context):
                if state.raised.knows(alert):
                    # The engine fell between the alert and the cache, and judges its bar once more.
                    continue
                # Asked for each: a pause comes in between two alerts, too.
                quiet = late or state.silent
                now = self._clock.now_ms()
                if not quiet:
                    state.last_signal_at = now
                raised = alert.as_late() if quiet else alert
                delivery = decide(raised, context.document, now, state.entries_today.at(now))
                state.entries_today.note(raised, delivery, now)
                await self._outbox.alert(raised, delivery)
                state.raised.note(raised)

    def _note_judged(self, bar: Bar, context: ModeContext) -> None:
        judged = self._state.judged.get(bar.candle.series.qualified)
        if bar.base and (judged is None or judged[:2] != (context.mode, context.settings_version)):
            since = Judged(context.mode, context.settings_version, bar.candle.open_time)
            self._state.judged[bar.candle.series.qualified] = since

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


async def _missing(feed: Feed, key: SeriesKey, behind: _Behind, turns: asyncio.Semaphore) -> Sequence[Candle] | Trouble:
    try:
        async with turns:
            return await feed.history(key.symbol, key.timeframe, behind.since, behind.candles[-1].open_time)
    except SourceUnavailableError as error:
        return Trouble(key, "warning", f"missing candles can't be read yet: {error}")
    except Exception as error:
        log.exception("reading missing candles of %s failed", key)
        return Trouble(key, "error", f"reading missing candles failed ({type(error).__name__}); the log says where")
