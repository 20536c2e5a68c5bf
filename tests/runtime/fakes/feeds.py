"""Exchanges whose every candle the test decides."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence

from runtime.engine.candles import DURATION_MS, Candle, SeriesKey
from runtime.engine.ports.availability import SourceUnavailableError
from runtime.engine.ports.feeds import Feed, UnknownInstrumentError
from runtime.protocol.status import ExchangeStatus
from settingsapp.schema.vocabulary import Timeframe

DAY_MS = DURATION_MS["1d"]
START_MS = 20_000 * DAY_MS
"""Where histories end and live candles begin: a midnight, so that every timeframe has a bar that ends there."""


def a_candle(key: SeriesKey, open_time: int, close: float = 100.0) -> Candle:
    """One candle around a price."""
    return Candle(key, open_time, close, close + 1, close - 1, close, 1.0)


class FakeFeed:
    """One exchange; the test says what happens on it."""

    def __init__(self, exchange: str, known: Sequence[str], timeframes: Sequence[Timeframe] = ("1m",)) -> None:
        self._exchange = exchange
        self._timeframes = tuple(timeframes)
        self.known = list(known)
        self.state = "connected"
        self.subscribed: set[str] = set()
        self.closed_down = False
        self.warmup_bars: int | None = None
        """How many bars it has; as many as are asked for where None."""
        self.corrected: dict[tuple[SeriesKey, int], Candle] = {}
        """What history says differently from warm-up."""
        self.absent: set[tuple[SeriesKey, int]] = set()
        """Bars in which nothing was traded."""
        self.history_troubles: list[Exception] = []
        self.warmup_troubles: list[Exception] = []
        self.check_troubles: list[Exception] = []
        self.warmups = 0
        self.reading = asyncio.Event()
        """Histories are answered only while it is set."""
        self.reading.set()
        self._coming: asyncio.Queue[Sequence[Candle] | Exception | None] = asyncio.Queue()

    @property
    def exchange(self) -> str:
        return self._exchange

    @property
    def timeframes(self) -> Sequence[Timeframe]:
        return self._timeframes

    def symbols(self) -> Sequence[str] | None:
        return None

    def status(self) -> ExchangeStatus:
        return ExchangeStatus(self._exchange, self.state)

    def key(self, symbol: str, timeframe: Timeframe = "1m") -> SeriesKey:
        return SeriesKey(self._exchange, symbol, timeframe)

    def close_candle(self, symbol: str, open_time: int, close: float = 100.0) -> None:
        """Let a candle of the shortest timeframe come in."""
        self.close_candles((symbol, open_time, close))

    def close_candles(self, *several: tuple[str, int, float]) -> None:
        """Let candles come in as one batch, each by symbol, open time and close."""
        base = self._timeframes[0]
        self._coming.put_nowait([a_candle(self.key(symbol, base), at, close) for symbol, at, close in several])

    def lose(self, reason: str = "connection reset") -> None:
        """Lose the connection."""
        self.state = "disconnected"
        self._coming.put_nowait(SourceUnavailableError(reason))

    def stumble(self, error: Exception) -> None:
        """Raise what nobody expects."""
        self._coming.put_nowait(error)

    async def check(self, symbol: str) -> None:
        if self.check_troubles:
            raise self.check_troubles.pop(0)
        if symbol not in self.known:
            raise UnknownInstrumentError(f"{self._exchange} has no {symbol}; did you mean {self.known[0]}?")

    async def history(self, symbol: str, timeframe: Timeframe, since: int, until: int) -> Sequence[Candle]:
        await self.reading.wait()
        if self.history_troubles:
            raise self.history_troubles.pop(0)
        key = self.key(symbol, timeframe)
        return [
            self.corrected.get((key, at)) or a_candle(key, at, _price(at))
            for at in range(since, until, DURATION_MS[timeframe])
            if (key, at) not in self.absent
        ]

    async def warmup(self, symbol: str, timeframe: Timeframe, bars: int) -> Sequence[Candle]:
        await self.reading.wait()
        self.warmups += 1
        if self.warmup_troubles:
            raise self.warmup_troubles.pop(0)
        count = bars if self.warmup_bars is None else min(bars, self.warmup_bars)
        key, duration = self.key(symbol, timeframe), DURATION_MS[timeframe]
        return [a_candle(key, at, _price(at)) for at in range(START_MS - count * duration, START_MS, duration)]

    async def subscribe(self, symbols: Iterable[str]) -> None:
        self.subscribed |= set(symbols)

    async def unsubscribe(self, symbols: Iterable[str]) -> None:
        self.subscribed -= set(symbols)

    async def closed(self) -> AsyncIterator[Sequence[Candle]]:
        self.state = "connected"
        while (coming := await self._coming.get()) is not None:
            if isinstance(coming, Exception):
                raise coming
            yield coming

    async def close(self) -> None:
        self.closed_down = True


class FakeFeeds:
    """Opens the feeds that it was given."""

    playing: Sequence[str] = ()

    def __init__(self, *feeds: FakeFeed) -> None:
        self.by_name = {feed.exchange: feed for feed in feeds}
        self.open_troubles: dict[str, Exception] = {}
        """Exchanges that can't be opened, with what is raised instead."""

    def open(self, exchange: str) -> Feed | None:
        if exchange in self.open_troubles:
            raise self.open_troubles[exchange]
        return self.by_name.get(exchange)


def _price(open_time: int) -> float:
    # A slow triangle: something to compute on, the same whoever asks.
    phase = open_time // DURATION_MS["1m"] % 40
    return 100.0 + min(phase, 40 - phase) / 10
