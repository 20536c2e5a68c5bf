"""One exchange's REST side: instruments and histories, with every failure in our own words."""

import asyncio
import importlib
import logging
from collections.abc import Awaitable, Mapping, Sequence
from contextlib import nullcontext
from difflib import get_close_matches
from typing import Any, Final, TypeVar

from runtime.engine.holdings import Instrument
from runtime.engine.ports.availability import SourceUnavailableError
from runtime.engine.ports.feeds import UnknownInstrumentError
from runtime.feeds.exchanges.bars import Row
from runtime.feeds.exchanges.gate import (
    BrokenStreamError,
    Gate,
    NoAnswerError,
    ShutError,
    SilentError,
    gated,
    going_ahead,
)
from runtime.feeds.exchanges.timing import Timing
from symbols.exchange_words import in_words
from symbols.exchanges import SPOT_ONLY, Prepare, unprepared

log = logging.getLogger(__name__)

T = TypeVar("T")

_OWN: Final[Mapping[str, Mapping[str, Any]]] = {
    # Of the others, which it would ask for by itself, it reads the first page alone, and many have more accounts.
    "coinbase": {"fetchBalance": "v3PrivateGetBrokerageAccounts"},
}
BARS_COLLECTED: Final = 10
"""So many of a symbol's live bars the library keeps to be read."""


class ExchangeClient:
    """Calls one exchange. Methods raise SourceUnavailableError where it can't be asked right now."""

    def __init__(self, exchange: str, timing: Timing, prepare: Prepare = unprepared) -> None:
        self.exchange = exchange
        self.gate = Gate(timing.unnamed_wait)
        self._timing = timing
        self._prepare = prepare
        self._rest: Any = None
        self._names: dict[str, str] = {}
        self._loading = asyncio.Lock()

    @property
    def rest(self) -> Any:
        """The ccxt client; only after `ready`."""
        return self._rest

    async def ready(self) -> None:
        """Load the instruments, once."""
        async with self._loading:
            if self._names:
                return
            if self._rest is None:
                self._rest = await self.make()
            markets = await self._named(self._rest.load_markets(True))
            names = {
                market["id"]: symbol
                for symbol, market in markets.items()
                if market.get("spot") and market.get("active") is not False
            }
            if not names:
                # An answer that is cut short can look like an exchange without instruments.
                self._rest.markets = None
                raise SourceUnavailableError("it names no instruments")
            self._names = names

    async def make(self) -> Any:
        """Return a new ccxt client that heeds the same gate."""
        # Importing takes over a second, and the engine has other things to do.
        library = await asyncio.to_thread(importlib.import_module, "ccxt.pro")
        kind = gated(getattr(library, self.exchange))
        made = kind(
            {
                "enableRateLimit": True,
                "newUpdates": True,
                "timeout": int(self._timing.answer * 1_000),
                "options": {"defaultType": "spot", **SPOT_ONLY.get(self.exchange, {}), **_OWN.get(self.exchange, {})},
            }
        )
        made.gate = self.gate
        # A thousand of each symbol it would keep, and what is read are the last few.
        made.options["OHLCVLimit"] = BARS_COLLECTED
        # It costs more requests, on some exchanges keys, and tells nothing that is needed.
        made.has["fetchCurrencies"] = False
        if self._rest is not None and self._rest.markets:
            made.set_markets(self._rest.markets)
        self._prepare(made)
        # Some of its websockets begin with a task, for which it wants to know its loop.
        made.open()
        return made

    async def unified(self, symbol: str) -> str:
        """Return ccxt's name of an instrument. Raises UnknownInstrumentError with what comes near."""
        await self.ready()
        try:
            return self._names[symbol]
        except KeyError:
            raise UnknownInstrumentError(self._advice(symbol)) from None

    async def ohlcv(self, unified: str, timeframe: str, since: int, limit: int, *, ahead: bool = False) -> list[Row]:
        """Return bars from `since` (ms UTC) on, in order.

        `ahead`: before all that waits for its turn within the exchange's rate.
        """
        with going_ahead() if ahead else nullcontext():
            rows: list[Sequence[float]] = await self._named(self._rest.fetch_ohlcv(unified, timeframe, since, limit))
        return sorted((Row.told(row) for row in rows if None not in row), key=lambda row: row.open_time)

    def instruments(self) -> Sequence[Instrument]:
        """Return the spot markets; only after `ready`."""
        markets = self._rest.markets
        return [Instrument(own, markets[name]["base"], markets[name]["quote"]) for own, name in self._names.items()]

    async def tickers(self, unified: Sequence[str]) -> Mapping[str, Mapping[str, Any]]:
        """Return ccxt's tickers of these instruments, as far as there are any; only after `ready`."""
        if self._rest.has.get("fetchTickers"):
            found: Mapping[str, Mapping[str, Any]] = await self._named(self._rest.fetch_tickers(list(unified)))
            return found
        return {name: await self._named(self._rest.fetch_ticker(name)) for name in unified}

    def has_timeframe(self, timeframe: str) -> bool:
        return timeframe in (self._rest.timeframes or {})

    async def close(self) -> None:
        if self._rest is not None:
            await self._rest.close()
            self._rest = None
            self._names = {}

    def in_words(self, error: Exception) -> str:
        """Say what failed without anything of the request: it might hold a signature."""
        match error:
            case SourceUnavailableError() | ShutError() | NoAnswerError() | BrokenStreamError() | SilentError():
                return str(error)
            case _:
                return in_words(error, self._timing.answer, self.gate.shut_for)

    async def _named(self, call: Awaitable[T]) -> T:
        try:
            return await call
        except Exception as error:
            if any(kind.__name__ == "BadSymbol" for kind in type(error).__mro__):
                raise UnknownInstrumentError(f"{self.exchange} has no such instrument (any more)") from error
            log.debug("a call of %s failed", self.exchange, exc_info=True)
            raise SourceUnavailableError(self.in_words(error)) from error

    def _advice(self, symbol: str) -> str:
        plain = {name.upper().replace("-", "").replace("/", "").replace("_", ""): name for name in self._names}
        wanted = symbol.upper().replace("-", "").replace("/", "").replace("_", "")
        near = [plain[wanted]] if wanted in plain else [plain[n] for n in get_close_matches(wanted, plain, 3, 0.7)]
        example = next(iter(self._names))
        suggestion = f"did you mean {' or '.join(near)}?" if near else f"it has {len(self._names)}, such as {example}"
        return f"{self.exchange} has no {symbol}, or does not trade it now; {suggestion}"
