"""The simulated exchange: markets that are made up, so that everything can be seen without account or network."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Final

from runtime.engine.candles import DURATION_MS, Candle
from runtime.engine.holdings import Balance, Instrument
from runtime.engine.ports.clock import Clock
from runtime.engine.ports.feeds import KeyVariables, UnknownInstrumentError
from runtime.feeds.price_paths import PricePath
from runtime.protocol.status import ExchangeStatus
from settingsapp.schema.vocabulary import SIMULATED, TIMEFRAMES, Timeframe
from symbols.simulated import SIMULATED_HOLDINGS, SIMULATED_INSTRUMENTS, SimulatedInstrument

SEED: Final = 1
"""Which of all possible markets it is; the same everywhere, so that everybody sees the same prices."""

_BASE: Final = TIMEFRAMES[0]
_MADE_AT_ONCE: Final = 50
# A machine that was suspended is noticed at the latest after this long.
_LONGEST_SLEEP_SECONDS: Final = 1.0

Sleep = Callable[[float], Awaitable[None]]


class SimulatedFeed:
    """Made-up candles of all timeframes; live ones come when their minute has ended by the clock.

    After a suspension only the newest closed candle of each symbol comes: what lies between is history.
    """

    def __init__(
        self,
        clock: Clock,
        sleep: Sleep,
        seed: int = SEED,
        instruments: Sequence[SimulatedInstrument] = SIMULATED_INSTRUMENTS,
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._instruments = tuple(instruments)
        self._paths = {instrument.symbol: PricePath(seed, instrument) for instrument in instruments}
        self._subscribed: dict[str, None] = {}
        self._last_message_at: int | None = None
        self._opened_at = clock.now_ms()

    @property
    def exchange(self) -> str:
        return SIMULATED

    @property
    def timeframes(self) -> Sequence[Timeframe]:
        return TIMEFRAMES

    def symbols(self) -> Sequence[str] | None:
        return None

    def status(self) -> ExchangeStatus:
        return ExchangeStatus(
            exchange=SIMULATED,
            state="connected",
            latency_ms=0.0,
            last_message_at=self._last_message_at,
            connected_since=self._opened_at,
            message="a simulated market: these prices, and the holdings, are made up",
        )

    async def check(self, symbol: str) -> None:
        self._path(symbol)

    async def history(self, symbol: str, timeframe: Timeframe, since: int, until: int) -> Sequence[Candle]:
        now = self._clock.now_ms()
        path = self._path(symbol)
        made: list[Candle] = []
        for candle in path.candles(timeframe, max(0, since), min(until, now - now % DURATION_MS[timeframe])):
            if len(made) % _MADE_AT_ONCE == 0:
                # A real exchange would let the engine do something else meanwhile.
                await self._sleep(0)
            made.append(candle)
        return made

    async def warmup(self, symbol: str, timeframe: Timeframe, bars: int) -> Sequence[Candle]:
        now = self._clock.now_ms()
        duration = DURATION_MS[timeframe]
        return await self.history(symbol, timeframe, now - now % duration - bars * duration, now)

    async def subscribe(self, symbols: Iterable[str]) -> None:
        for symbol in symbols:
            self._path(symbol)
            self._subscribed[symbol] = None

    async def unsubscribe(self, symbols: Iterable[str]) -> None:
        for symbol in symbols:
            self._subscribed.pop(symbol, None)

    async def closed(self) -> AsyncIterator[Sequence[Candle]]:
        duration = DURATION_MS[_BASE]
        told = self._current_minute()
        while True:
            current = self._current_minute()
            if current <= told:
                remaining = (told + duration - self._clock.now_ms()) / 1000
                await self._sleep(min(max(remaining, 0.001), _LONGEST_SLEEP_SECONDS))
                continue
            told = current
            if self._subscribed:
                self._last_message_at = self._clock.now_ms()
                yield [self._paths[symbol].candle(_BASE, current - duration) for symbol in self._subscribed]

    async def balances(self, keys: KeyVariables) -> Sequence[Balance]:
        """Implements runtime.engine.ports.feeds.AccountFeed: holdings as made up as the prices."""
        return [
            Balance(held.currency, float(held.amount), None if held.cost is None else float(held.cost))
            for held in SIMULATED_HOLDINGS
        ]

    async def instruments(self) -> Sequence[Instrument]:
        return [Instrument(one.symbol, one.base, one.quote) for one in self._instruments]

    async def last_prices(self, symbols: Sequence[str]) -> Mapping[str, float]:
        last = self._current_minute() - DURATION_MS[_BASE]
        return {name: self._paths[name].candle(_BASE, last).close for name in symbols if name in self._paths}

    async def close(self) -> None:
        self._subscribed.clear()

    def _current_minute(self) -> int:
        now = self._clock.now_ms()
        return now - now % DURATION_MS[_BASE]

    def _path(self, symbol: str) -> PricePath:
        try:
            return self._paths[symbol]
        except KeyError:
            raise UnknownInstrumentError(_advice(symbol, self._paths)) from None


def _advice(symbol: str, known: Iterable[str]) -> str:
    names = list(known)
    near = get_close_matches(symbol.upper(), names, n=3, cutoff=0.5)
    suggestion = f"did you mean {' or '.join(near)}?" if near else f"it has {len(names)}, such as {names[0]}"
    return f"the simulated exchange has no {symbol}; {suggestion}"
