"""Closed bars that were read again: what the exchange says now wins, and all that followed from them follows anew."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from runtime.engine.aggregate import bucket_start, merge
from runtime.engine.candles import DURATION_MS, Candle, SeriesKey
from runtime.engine.corrections import restated
from runtime.engine.delivery import decide
from runtime.engine.market import Market
from runtime.engine.ports.availability import SourceUnavailableError
from runtime.engine.ports.clock import Clock
from runtime.engine.ports.market_cache import MarketCache
from runtime.engine.ports.outbox import Outbox
from runtime.engine.review import Verdict, judge, open_case
from runtime.engine.state import State

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Correction:
    """How far the bars held were wrong: `missing` were held as bars without trades, `changed` had other values."""

    missing: int = 0
    changed: int = 0
    since: Mapping[SeriesKey, int] = field(default_factory=dict)
    """The series that are different now, each with the open time of its first such bar, ms UTC."""

    @property
    def bars(self) -> int:
        return self.missing + self.changed


def take_over(market: Market, key: SeriesKey, since: int, until: int, told: Sequence[Candle]) -> Correction:
    """Let what the exchange says of since <= open time < until (ms UTC) win in one series.

    `told` are all candles that were traded in that time: what is absent was not traded. Bars that are not held are
    passed over; a series without bars is loaded. The higher bars that consist of corrected ones are put together again,
    as far as all of their parts are held, and the indicators are computed anew. Raises ValueError for candles that make
    no sense, and nothing is changed then; KeyError for an unknown series.
    """
    held = market.candles(key)
    if not held:
        market.load(key, told)
        return Correction(missing=len(told), since={key: told[0].open_time} if told else {})
    by_time = {candle.open_time: candle for candle in told}
    says = {bar.open_time: by_time.get(bar.open_time) for bar in held if since <= bar.open_time < until}
    bars = restated(held, says)
    different = [(was, now) for was, now in zip(held, bars, strict=True) if was != now]
    if not different:
        return Correction()
    market.restate(key, bars)
    missing = sum(was.synthetic and not now.synthetic for was, now in different)
    changed = sum(not was.synthetic for was, now in different)
    first = {key: different[0][0].open_time}
    keys = market.series_of(key.qualified)
    lower, opened = key, [was.open_time for was, _ in different]
    for higher in keys[keys.index(key) + 1 :]:
        opened = _rebuild(market, higher, lower, opened)
        if not opened:
            break
        first[higher] = opened[0]
        lower = higher
    return Correction(missing, changed, first)


def _rebuild(market: Market, higher: SeriesKey, lower: SeriesKey, corrected: Sequence[int]) -> list[int]:
    """Put those bars of `higher` together again that hold corrected bars; returns the open times of what differs."""
    beneath, held = market.candles(lower), market.candles(higher)
    if not held:
        return []
    per_bar = DURATION_MS[higher.timeframe] // DURATION_MS[lower.timeframe]
    says: dict[int, Candle | None] = {}
    for start in sorted({bucket_start(moment, higher.timeframe) for moment in corrected}):
        first = (start - beneath[0].open_time) // DURATION_MS[lower.timeframe]
        parts = beneath[first : first + per_bar] if first >= 0 else ()
        if len(parts) == per_bar:
            says[start] = merge(higher, start, parts)
    bars = restated(held, says)
    different = [was.open_time for was, now in zip(held, bars, strict=True) if was != now]
    if different:
        market.restate(higher, bars)
    return different


@dataclass(frozen=True)
class Reread:
    """What came of one range that was read again."""

    correction: Correction = field(default_factory=Correction)
    withdrawn: int = 0
    """So many alerts no longer come up."""
    late: int = 0
    """So many alerts came up that had not."""


class Rereading:
    """Corrects the market, the caches and the alerts, one range at a time."""

    def __init__(self, state: State, cache: MarketCache, outbox: Outbox, clock: Clock) -> None:
        self._state = state
        self._cache = cache
        self._outbox = outbox
        self._clock = clock
        self._turn = asyncio.Lock()

    async def let_win(self, key: SeriesKey, since: int, until: int, told: Sequence[Candle]) -> Reread:
        """Let what the exchange says of a range win, as `take_over` does, and judge the bars touched again.

        Raises ValueError for candles that make no sense, KeyError where the series is not tracked (any more).
        """
        state = self._state
        async with self._turn:
            async with state.market_lock:
                correction = take_over(state.market, key, since, until, told)
                if not correction.since:
                    return Reread()
                case = open_case(state, key.qualified, correction.since)
                await self._store(correction.since)
            if case is None:
                return Reread(correction)
            # Without the lock: live candles go on meanwhile. They come after all that is judged here.
            verdict = await judge(case)
            async with state.market_lock:
                await self._carry_out(verdict)
        return Reread(correction, len(verdict.withdrawn), len(verdict.late))

    async def _carry_out(self, verdict: Verdict) -> None:
        state = self._state
        if not verdict.withdrawn and not verdict.late:
            return
        now = self._clock.now_ms()
        for raised in verdict.withdrawn:
            state.raised.withdraw(raised)
        if verdict.withdrawn:
            await self._outbox.withdraw([raised.id for raised in verdict.withdrawn], now)
        for alert in verdict.late:
            late = alert.as_late()
            delivery = decide(late, state.require_settings().document, now, state.entries_today.at(now))
            await self._outbox.alert(late, delivery)
            state.raised.note(late)
        # Its cooldowns hung on alerts that are gone, or did not know of those that came up.
        if state.mode is not None:
            state.work_in(state.mode)

    async def _store(self, keys: Mapping[SeriesKey, int]) -> None:
        market = self._state.market
        try:
            for key in keys:
                await self._cache.replace(key, market.candles(key))
            readings = {
                key: reading.of_bar(last.open_time)
                for key in keys
                if (reading := market.reading(key)) is not None and (last := market.last_bar(key)) is not None
            }
            await self._cache.write((), readings)
            self._state.readings_at = self._clock.now_ms()
        except SourceUnavailableError as error:
            log.warning("corrected candles could not be cached: %s", error)
