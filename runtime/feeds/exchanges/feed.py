"""One exchange's feed: live bars over its websocket, what that does not tell over REST."""

import asyncio
import logging
import os
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Final

from runtime.engine.candles import Candle, SeriesKey
from runtime.engine.holdings import Balance, Instrument
from runtime.engine.ports.availability import SourceUnavailableError
from runtime.engine.ports.clock import Clock
from runtime.engine.ports.feeds import KeyVariables
from runtime.feeds.exchanges.accounts import Accounts, Environment
from runtime.feeds.exchanges.bars import Row
from runtime.feeds.exchanges.client import ExchangeClient
from runtime.feeds.exchanges.history import History
from runtime.feeds.exchanges.stream import Stream, StreamLostError
from runtime.feeds.exchanges.timing import Timing
from runtime.protocol.status import ExchangeStatus
from settingsapp.schema.vocabulary import TIMEFRAMES, Timeframe
from symbols.exchanges import Prepare, unprepared

log = logging.getLogger(__name__)

_BASE: Final = TIMEFRAMES[0]
_UNPUSHED_AFTER: Final = 2
"""So many connections in a row that told of others and nothing of a symbol, and its bars are asked for instead."""

Sleep = Callable[[float], Awaitable[None]]


class ExchangeFeed:
    """Public market data of one exchange that ccxt knows, for which it needs no keys; and with keys the account.

    `closed` opens the connection and raises SourceUnavailableError when it is lost; asked again, it opens a new one,
    after a wait that grows while that fails. What was missed meanwhile is history.
    """

    def __init__(
        self,
        exchange: str,
        clock: Clock,
        sleep: Sleep = asyncio.sleep,
        timing: Timing = Timing(),  # noqa: B008 - it is frozen
        prepare: Prepare = unprepared,
        environment: Environment = os.environ.get,
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._timing = timing
        self._client = ExchangeClient(exchange, timing, prepare)
        self._accounts = Accounts(self._client, environment)
        self._history = History(self._client, clock)
        self._symbols: dict[str, str] = {}
        """The symbols subscribed, with ccxt's names."""
        self._given: dict[str, int] = {}
        """Of each symbol the open time (ms UTC) of the last bar given out: a new connection may tell it again."""
        self._untold: dict[str, int] = {}
        """How many connections were ended because they told nothing of a symbol, and of others they did."""
        self._stream: Stream | None = None
        self._state = "connecting"
        self._message = ""
        self._connected_since: int | None = None
        self._last_message_at: int | None = None
        self._reconnects = 0
        self._failures = 0

    @property
    def exchange(self) -> str:
        return self._client.exchange

    @property
    def timeframes(self) -> Sequence[Timeframe]:
        return TIMEFRAMES

    def symbols(self) -> Sequence[str] | None:
        return None

    def status(self) -> ExchangeStatus:
        rest = self._client.gate.last_latency_ms
        return ExchangeStatus(
            exchange=self.exchange,
            state=self._state,
            latency_ms=_rounded(self._stream.latency_ms if self._stream else None),
            rest_latency_ms=_rounded(rest),
            last_message_at=self._last_message_at,
            connected_since=self._connected_since,
            reconnects=self._reconnects,
            message=self._message or self._asked_for_in_words(),
        )

    async def check(self, symbol: str) -> None:
        await self._client.unified(symbol)

    async def history(self, symbol: str, timeframe: Timeframe, since: int, until: int) -> Sequence[Candle]:
        return await self._history.between(symbol, timeframe, since, until)

    async def warmup(self, symbol: str, timeframe: Timeframe, bars: int) -> Sequence[Candle]:
        return await self._history.last(symbol, timeframe, bars)

    async def subscribe(self, symbols: Iterable[str]) -> None:
        for symbol in symbols:
            unified = await self._client.unified(symbol)
            self._symbols[symbol] = unified
            if self._stream is not None:
                self._stream.add(symbol, unified)

    async def unsubscribe(self, symbols: Iterable[str]) -> None:
        for symbol in symbols:
            self._given.pop(symbol, None)
            self._untold.pop(symbol, None)
            if self._symbols.pop(symbol, None) is not None and self._stream is not None:
                await self._stream.remove(symbol)

    async def closed(self) -> AsyncIterator[Sequence[Candle]]:
        await self._hang_up()
        await self._wait_for_turn()
        try:
            await self._client.ready()
            library = await self._client.make()
            self._stream = stream = Stream(self._client, library, self._clock, self._timing, unpushed=self._unpushed())
            # Those last that spoke last: of these it is asked first where the new connection is silent.
            for symbol in sorted(self._symbols, key=lambda symbol: self._given.get(symbol, -1)):
                stream.add(symbol, self._symbols[symbol])
            while True:
                await self._sleep(self._timing.sweep)
                batch = await stream.sweep()
                for symbol in [symbol for symbol in self._untold if stream.tells_of(symbol)]:
                    del self._untold[symbol]
                heard = stream.heard_anything()
                if heard:
                    self._failures = 0
                    self._last_message_at = self._clock.now_ms()
                if self._connected_since is None and self._is_connected(stream, heard=heard):
                    self._connected()
                if candles := self._new(batch):
                    yield candles
        except StreamLostError as lost:
            if lost.alone is not None and not stream.tells_of(lost.alone):
                self._note_untold(lost.alone)
            self._lost("stalled" if lost.stalled else "disconnected", str(lost))
            raise SourceUnavailableError(str(lost)) from lost
        except SourceUnavailableError as error:
            self._lost("disconnected", str(error))
            raise
        finally:
            await self._hang_up()

    async def balances(self, keys: KeyVariables) -> Sequence[Balance]:
        """Implements runtime.engine.ports.feeds.AccountFeed."""
        return await self._accounts.balances(keys)

    async def instruments(self) -> Sequence[Instrument]:
        return await self._accounts.instruments()

    async def last_prices(self, symbols: Sequence[str]) -> Mapping[str, float]:
        return await self._accounts.last_prices(symbols)

    async def close(self) -> None:
        self._symbols.clear()
        await self._hang_up()
        await self._client.close()

    async def _wait_for_turn(self) -> None:
        """Wait as long as the exchange asks for, and longer after each failure; scattered, so that not all come at
        once to a server that was restarted.
        """
        wait = 0.0
        if self._failures:
            most = min(self._timing.longest_backoff, self._timing.first_backoff * 2 ** min(self._failures - 1, 16))
            wait = most * random.uniform(0.5, 1.0)
        await self._sleep(max(wait, self._client.gate.shut_for))

    def _is_connected(self, stream: Stream, *, heard: bool) -> bool:
        """Tell whether a new connection is one: after a stall only one that tells of the market, too."""
        return stream.idle or stream.proven or (heard and self._state != "stalled")

    def _connected(self) -> None:
        self._state, self._message = "connected", ""
        self._connected_since = self._clock.now_ms()

    def _lost(self, state: str, message: str) -> None:
        log.info("%s is %s: %s", self.exchange, state, message)
        if self._connected_since is not None:
            self._reconnects += 1
        self._state, self._message = state, message
        self._connected_since = None
        self._failures += 1

    def _note_untold(self, symbol: str) -> None:
        self._untold[symbol] = self._untold.get(symbol, 0) + 1
        if self._untold[symbol] == _UNPUSHED_AFTER:
            log.warning(
                "%s pushes nothing of %s, also over new connections: from now on its candles are asked for",
                *(self.exchange, symbol),
            )

    def _unpushed(self) -> list[str]:
        """Return the symbols that are asked for, so that what the exchange keeps silent about harms no other symbol."""
        return sorted(symbol for symbol, times in self._untold.items() if times >= _UNPUSHED_AFTER)

    def _asked_for_in_words(self) -> str:
        unpushed = self._unpushed()
        if not unpushed:
            return ""
        few = ", ".join(unpushed[:3]) + (f" and {len(unpushed) - 3} more" if len(unpushed) > 3 else "")
        return f"it pushes nothing of {few}: asked for every minute instead"

    async def _hang_up(self) -> None:
        if self._stream is not None:
            stream, self._stream = self._stream, None
            await stream.close()

    def _new(self, batch: Sequence[tuple[str, Row]]) -> list[Candle]:
        candles = []
        for symbol, row in sorted(batch, key=lambda told: told[1].open_time):
            if symbol in self._symbols and row.open_time > self._given.get(symbol, -1):
                self._given[symbol] = row.open_time
                if row.volume == 0:
                    # A bar without trades is told by its absence.
                    continue
                candles.append(self._candle(symbol, row))
        return candles

    def _candle(self, symbol: str, row: Row) -> Candle:
        return Candle(SeriesKey(self.exchange, symbol, _BASE), *row)


def _rounded(milliseconds: float | None) -> float | None:
    return None if milliseconds is None else round(milliseconds, 1)
