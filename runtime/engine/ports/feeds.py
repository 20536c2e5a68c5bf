"""Exchanges: their market data, and what their accounts hold."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from runtime.engine.candles import Candle
from runtime.engine.holdings import Balance, Instrument
from runtime.protocol.status import ExchangeStatus
from settingsapp.schema.exchanges import ExchangeSettings
from settingsapp.schema.vocabulary import Timeframe


class UnknownInstrumentError(Exception):
    """The exchange has no such symbol; the text names near ones where there are any."""


class Feed(Protocol):
    """One exchange's market data. Symbols are in the exchange's own notation."""

    @property
    def exchange(self) -> str: ...

    @property
    def timeframes(self) -> Sequence[Timeframe]:
        """The timeframes of which it has candles, shortest first; live ones come for the shortest alone."""

    def symbols(self) -> Sequence[str] | None:
        """The only symbols there are (a recording's); None where the watchlist chooses."""

    def status(self) -> ExchangeStatus: ...

    async def check(self, symbol: str) -> None:
        """Raises UnknownInstrumentError where the exchange has no such symbol."""

    async def history(self, symbol: str, timeframe: Timeframe, since: int, until: int) -> Sequence[Candle]:
        """Return closed candles with since <= open time < until (ms), oldest first; bars without trades are absent.

        Raises SourceUnavailableError.
        """

    async def warmup(self, symbol: str, timeframe: Timeframe, bars: int) -> Sequence[Candle]:
        """Return up to the last `bars` closed candles, oldest first. Raises SourceUnavailableError."""

    async def subscribe(self, symbols: Iterable[str]) -> None: ...

    async def unsubscribe(self, symbols: Iterable[str]) -> None: ...

    def closed(self) -> AsyncIterator[Sequence[Candle]]:
        """Yield closed candles of the shortest timeframe of all subscribed symbols, as they close.

        What is ready at the same moment comes as one batch, never an empty one; a symbol's candles are in order.
        """

    async def close(self) -> None: ...


class NoCredentialsError(Exception):
    """An account can't be read without keys, or not with these; the text says what is missing and where to set it."""


@dataclass(frozen=True)
class KeyVariables:
    """The names of the environment variables that hold an exchange's keys, as the settings name them; empty: none."""

    api_key: str = ""
    secret: str = ""
    password: str = ""

    @classmethod
    def of(cls, exchange: ExchangeSettings) -> "KeyVariables":
        return cls(exchange.api_key_variable, exchange.secret_variable, exchange.password_variable)

    @property
    def named(self) -> tuple[str, ...]:
        return tuple(name for name in (self.api_key, self.secret, self.password) if name)


@runtime_checkable
class AccountFeed(Protocol):
    """What a feed can do besides, where its exchange tells what the owner holds.

    All methods raise SourceUnavailableError, and NoCredentialsError where trying again is of no use before the owner
    did something.
    """

    async def balances(self, keys: KeyVariables) -> Sequence[Balance]:
        """Return what is held, free or bound in orders alike; several of one currency where there are several
        accounts.
        """

    async def instruments(self) -> Sequence[Instrument]:
        """Return all spot markets that can be watched; currencies are written as in the balances."""

    async def last_prices(self, symbols: Sequence[str]) -> Mapping[str, float]:
        """Return the last prices of these symbols (the exchange's notation); what has none is absent."""


class Feeds(Protocol):
    """Opens feeds by exchange name."""

    @property
    def playing(self) -> Sequence[str]:
        """Exchanges that play a recording: they run whatever the document says of them."""

    def open(self, exchange: str) -> Feed | None:
        """Return a feed; None where this engine can't speak to that exchange."""
