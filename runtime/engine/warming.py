"""Loading what a symbol's series need before it can alert: from the cache what is whole, from the exchange the rest."""

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, TypeVar

from runtime.engine.candles import DURATION_MS, Candle, SeriesKey
from runtime.engine.corrections import same
from runtime.engine.market import WARMUP_BARS
from runtime.engine.market_data import MarketData
from runtime.engine.ports.availability import SourceUnavailableError
from runtime.engine.ports.clock import Clock
from runtime.engine.ports.feeds import Feed
from runtime.engine.ports.market_cache import MarketCache
from runtime.engine.state import Loading, State
from settingsapp.schema.vocabulary import Timeframe

log = logging.getLogger(__name__)

T = TypeVar("T")

RETRY_SECONDS: Final = 5.0
LONGEST_GAP: Final = 1_500
"""After so many base bars that nobody saw, all of a symbol's histories are read anew."""
OVERLAP: Final = 10
"""So many of the bars cached last are asked for once more: they tell whether the cache is about the same market."""
EARLIER: Final = 300
"""So many bars before a short history have to be silent for it to be all since the listing."""
GAPS_AT_ONCE: Final = 8

Tell = Callable[[str, str, str], Awaitable[None]]


@dataclass(frozen=True)
class _History:
    candles: Sequence[Candle]
    since_listing: bool = False


@dataclass(frozen=True)
class _Missed:
    """What the base series of a warm cache lacks."""

    since: int
    candles: Sequence[Candle]


class Warming:
    """Loads symbols, and closes the gaps that a lost connection has left."""

    def __init__(
        self,
        state: State,
        cache: MarketCache,
        market_data: MarketData,
        clock: Clock,
        tell: Tell,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._state = state
        self._cache = cache
        self._market_data = market_data
        self._clock = clock
        self._tell = tell
        self._sleep = sleep

    async def load(self, feed: Feed, qualified: str, timeframes: Sequence[Timeframe], *, from_cache: bool) -> None:
        """Load a symbol's series (at least one) and track them.

        With a warm cache only what is missing is read; what closed meanwhile goes to the mode, late. An exchange that
        does not answer is asked until it does. Raises UnknownInstrumentError, LeaseLostError.
        """
        state = self._state
        keys = [SeriesKey.of(qualified, timeframe) for timeframe in timeframes]
        loading = state.loading.setdefault(qualified, Loading(len(keys)))
        await self.persist(qualified, "it can't be looked up yet", partial(feed.check, keys[0].symbol))
        histories: dict[SeriesKey, _History] = {}
        missed: _Missed | None = None
        # A recording is played anew each time; what the cache holds is of another.
        if from_cache and feed.symbols() is None:
            histories, missed = await self._cached(feed, keys)
        whole = len(histories) == len(keys)
        loading.done = len(histories)
        for key in keys:
            if key not in histories:
                trouble = f"its {key.timeframe} history can't be read yet"
                histories[key] = await self.persist(qualified, trouble, partial(_read, feed, key))
                loading.done += 1
            # Other tasks go on between two series.
            await asyncio.sleep(0)
        await uninterrupted(self._let_in(qualified, histories, missed, store=not whole))

    async def _let_in(
        self, qualified: str, histories: Mapping[SeriesKey, _History], missed: _Missed | None, *, store: bool
    ) -> None:
        state = self._state
        base = min(histories, key=lambda key: DURATION_MS[key.timeframe])
        async with state.market_lock:
            state.market.track(base.exchange, base.symbol, [key.timeframe for key in histories])
            for key, history in histories.items():
                state.market.load(key, history.candles, since_listing=history.since_listing)
            state.judged.pop(qualified, None)
            state.checked.forget(qualified)
            if missed is not None:
                await self._market_data.let_in_late(base, missed.since, missed.candles)
        if store:
            await self.store(qualified)

    async def _cached(self, feed: Feed, keys: Sequence[SeriesKey]) -> tuple[dict[SeriesKey, _History], _Missed | None]:
        """Return the series that the cache holds whole and what the base lacks; none where the base can't be used."""
        base, qualified = keys[0], keys[0].qualified
        duration = DURATION_MS[base.timeframe]
        try:
            cached = {key: _whole(await self._cache.candles(key), self._state.market.warmup_bars) for key in keys}
        except (SourceUnavailableError, ValueError) as error:
            log.warning("the cache of %s can't be read: %s", qualified, error)
            return {}, None
        held = cached[base]
        now = self._clock.now_ms()
        until = now - now % duration
        if not held or not held[-1].close_time <= until <= held[-1].close_time + LONGEST_GAP * duration:
            return {}, None
        known = held[-OVERLAP:]
        read = partial(feed.history, base.symbol, base.timeframe, known[0].open_time, until)
        told = await self.persist(qualified, f"its last {base.timeframe} candles can't be read yet", read)
        if not _agree(known, told):
            log.warning("the cache of %s is not what its exchange says, and is loaded anew", qualified)
            return {}, None
        missed = _Missed(held[-1].close_time, [c for c in told if c.open_time > held[-1].open_time])
        return {key: _History(candles) for key, candles in cached.items() if candles}, missed

    async def close_gaps(self, feed: Feed, symbols: Sequence[str]) -> None:
        """Read what these symbols (qualified) have missed while their exchange was lost; it is late.

        Each is stale until that is done. Tries until the exchange answers. Raises LeaseLostError.
        """
        turns = asyncio.Semaphore(GAPS_AT_ONCE)

        async def close_gap(qualified: str) -> None:
            async with turns:
                trouble = "what it missed can't be read yet"
                await self.persist(qualified, trouble, partial(self._close_gap, feed, qualified))

        async with asyncio.TaskGroup() as tasks:
            for qualified in symbols:
                tasks.create_task(close_gap(qualified), name=f"close the gap of {qualified}")

    async def _close_gap(self, feed: Feed, qualified: str) -> None:
        series = self._state.market.series_of(qualified)
        if series:
            now = self._clock.now_ms()
            await self._market_data.make_up(feed, series[0], now - now % DURATION_MS[series[0].timeframe])

    async def persist(self, qualified: str, trouble: str, attempt: Callable[[], Awaitable[T]]) -> T:
        """Try until the exchange answers; the owner is told once, not with every attempt."""
        loading = self._state.loading.get(qualified)
        told = ""
        while True:
            try:
                result = await attempt()
            except SourceUnavailableError as error:
                if told != str(error):
                    told = str(error)
                    if loading is not None:
                        loading.trouble = f"{trouble}: {error}"
                    await self._tell("warning", qualified, f"{trouble}: {error}")
                await self._sleep(RETRY_SECONDS)
            else:
                if loading is not None:
                    loading.trouble = ""
                return result

    async def store(self, qualified: str) -> None:
        """Write a symbol's series to the cache, as far as it can be reached."""
        try:
            await self._market_data.store_all(qualified)
        except SourceUnavailableError as error:
            log.warning("the cache of %s could not be written: %s", qualified, error)


async def uninterrupted(work: Coroutine[Any, Any, T]) -> T:
    """Let something come to its end even where its task is cancelled meanwhile; the cancellation comes after it.

    What is being written must not go on beside what follows on the cancellation.
    """
    task = asyncio.create_task(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        if not task.cancelled() and task.exception() is not None:
            log.warning("cancelled work failed: %s", task.exception())
        raise


async def _read(feed: Feed, key: SeriesKey) -> _History:
    candles = await feed.warmup(key.symbol, key.timeframe, WARMUP_BARS)
    if not candles:
        return _History(candles)
    duration = DURATION_MS[key.timeframe]
    begin = candles[0].open_time
    if candles[-1].close_time - begin >= WARMUP_BARS * duration:
        return _History(candles)
    earlier = await feed.history(key.symbol, key.timeframe, begin - EARLIER * duration, begin)
    return _History(candles, since_listing=not earlier)


def _whole(stored: Sequence[Candle], least: int) -> Sequence[Candle]:
    """Return the newest bars stored that follow on each other; none where they are too few for a warm-up."""
    first = len(stored) - 1
    while first > 0 and stored[first - 1].close_time == stored[first].open_time:
        first -= 1
    whole = stored[max(first, 0) :]
    sound = all(math.isfinite(candle.high + candle.low + candle.close) for candle in whole)
    return whole if sound and len(whole) >= least else ()


def _agree(known: Sequence[Candle], told: Sequence[Candle]) -> bool:
    """Tell whether the exchange says the same of the bars known, at least one of them traded."""
    says = {candle.open_time: candle for candle in told}
    traded = [candle for candle in known if not candle.synthetic]
    silent = [candle for candle in known if candle.synthetic]
    return (
        bool(traded)
        and all(candle.open_time in says and same(says[candle.open_time], candle) for candle in traded)
        and not any(candle.open_time in says for candle in silent)
    )
