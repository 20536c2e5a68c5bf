"""Closed candles of the past, page by page."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Final

from runtime.engine.aggregate import bucket_start, merge
from runtime.engine.candles import DURATION_MS, Candle, SeriesKey
from runtime.engine.ports.availability import SourceUnavailableError
from runtime.engine.ports.clock import Clock
from runtime.engine.ports.feeds import UnknownInstrumentError
from runtime.feeds.exchanges.bars import Row
from runtime.feeds.exchanges.client import ExchangeClient
from settingsapp.schema.vocabulary import TIMEFRAMES, Timeframe

_PAGE: Final = 300
"""So many bars every exchange gives at once; more where it is known to."""
_PAGES: Final[Mapping[str, int]] = {
    "binance": 1_000,
    "binanceus": 1_000,
    "bybit": 1_000,
    "kucoin": 1_500,
    "kraken": 720,
}
_FURTHER_BACK: Final = 3
"""So many times as far is looked for a warm-up's bars where some had no trades."""


class History:
    """What an exchange tells of closed bars. Methods raise SourceUnavailableError and UnknownInstrumentError."""

    def __init__(self, client: ExchangeClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._page = _PAGES.get(client.exchange, _PAGE)
        self._newest: dict[tuple[str, Timeframe], int] = {}
        """Of each series the open time (ms UTC) of the newest bar that was told: it can be told again."""

    async def between(self, symbol: str, timeframe: Timeframe, since: int, until: int) -> Sequence[Candle]:
        """Return the candles with since <= open time < until (ms UTC) that are closed by the clock, in order."""
        unified = await self._client.unified(symbol)
        told = self._told_as(timeframe)
        begin = since - since % DURATION_MS[timeframe] if told != timeframe else since
        now = self._clock.now_ms()
        end = min(until + (DURATION_MS[timeframe] if told != timeframe else 0), now)
        rows = await self._rows(unified, told, begin, end)
        key = SeriesKey(self._client.exchange, symbol, told)
        candles = [Candle(key, *row) for row in rows]
        closed = [candle for candle in candles if candle.close_time <= now]
        if told != timeframe:
            closed = _put_together(closed, timeframe, now)
        return [candle for candle in closed if since <= candle.open_time < until]

    async def last(self, symbol: str, timeframe: Timeframe, bars: int) -> Sequence[Candle]:
        """Return up to the last `bars` closed candles, in order."""
        duration = DURATION_MS[timeframe]
        now = self._clock.now_ms()
        until = now - now % duration
        span = bars * duration
        since = until - span
        candles = list(await self.between(symbol, timeframe, since, until))
        for _ in range(_FURTHER_BACK):
            # Bars without trades are absent: what is there has to reach as far back as so many bars do.
            if candles and candles[0].open_time <= until - span:
                break
            earlier = await self.between(symbol, timeframe, since - span, since)
            since -= span
            if not earlier:
                break
            candles[:0] = earlier
        return candles[-bars:]

    async def _rows(self, unified: str, timeframe: Timeframe, since: int, until: int) -> list[Row]:
        duration = DURATION_MS[timeframe]
        rows: dict[int, Row] = {}
        start = since + -since % duration
        known: int | None = None
        while start < until:
            # What is known already is asked for again: an answer without it says nothing of what comes after it.
            begin = start if known is None else known
            limit = min(self._page, -(-(until - begin) // duration))
            page = await self._ask(unified, timeframe, begin, limit)
            if not page:
                page = await self._doubted(unified, timeframe, begin, limit, known)
            # Some exchanges tell bars without trades, too.
            rows |= {row.open_time: row for row in page if start <= row.open_time < until and row.volume > 0}
            newest = page[-1].open_time + duration if page else 0
            # A page without a bar is a time without trades; one that ends early may just be shorter than was asked.
            if newest > start:
                known, start = page[-1].open_time, newest
            else:
                known, start = None, max(start + duration, begin + limit * duration)
        return [rows[open_time] for open_time in sorted(rows)]

    async def _ask(self, unified: str, timeframe: Timeframe, since: int, limit: int) -> list[Row]:
        page = await self._client.ohlcv(unified, timeframe, since, limit)
        if page:
            key = unified, timeframe
            self._newest[key] = max(self._newest.get(key, 0), page[-1].open_time)
        return page

    async def _doubted(
        self, unified: str, timeframe: Timeframe, since: int, limit: int, known: int | None
    ) -> list[Row]:
        """Ask once more for what was told to be empty, after a bar that has to be there: an exchange in trouble tells
        empty lists of everything.

        `known`: a bar that was asked for, too. Raises SourceUnavailableError where the exchange is not to be believed.
        """
        duration = DURATION_MS[timeframe]
        sure = self._newest.pop((unified, timeframe), None) if known is None else known
        if sure is not None and sure <= since:
            # One bar more, for exchanges that tell only what comes after the moment that is named.
            both = (since - sure) // duration + limit + 1
            if both <= self._page:
                page = await self._ask(unified, timeframe, sure - duration, both)
                return _expected(page)
        if sure is not None:
            _expected(await self._ask(unified, timeframe, sure - duration, 2))
        else:
            longest = next(t for t in reversed(TIMEFRAMES) if self._client.has_timeframe(t))
            begin = self._clock.now_ms() - self._page * DURATION_MS[longest]
            _expected(await self._ask(unified, longest, begin, self._page))
        return await self._ask(unified, timeframe, since, limit)

    def _told_as(self, timeframe: Timeframe) -> Timeframe:
        """Return the longest timeframe of the exchange of which `timeframe` can be put together."""
        for candidate in reversed(TIMEFRAMES[: TIMEFRAMES.index(timeframe) + 1]):
            if self._client.has_timeframe(candidate):
                return candidate
        raise UnknownInstrumentError(f"{self._client.exchange} has no candles of {TIMEFRAMES[0]}")


def _expected(page: list[Row]) -> list[Row]:
    """Return what can't be empty. Raises SourceUnavailableError where it is."""
    if not page:
        raise SourceUnavailableError("it tells empty lists, also of candles that it has told before")
    return page


def _put_together(candles: Sequence[Candle], timeframe: Timeframe, now: int) -> list[Candle]:
    """Return the bars of a longer timeframe that were over at `now`; all of each has been read."""
    made = []
    for start, parts in groupby(candles, lambda candle: bucket_start(candle.open_time, timeframe)):
        bar = list(parts)
        if start + DURATION_MS[timeframe] <= now:
            made.append(merge(bar[0].series._replace(timeframe=timeframe), start, bar))
    return made
