"""What one exchange's wire format has to tell the server, and what the server tells it."""

import json
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, ClassVar, Final, NamedTuple
from urllib.parse import parse_qsl

from tests.exchanges.clock import MarketClock
from tests.exchanges.market import TIMEFRAME_MS, Bar, Instrument, Market

Json = Any
"""What JSON can say."""


@dataclass(frozen=True)
class Keys:
    """What a client must sign with."""

    api_key: str
    secret: str
    passphrase: str = ""


@dataclass(frozen=True)
class Holding:
    """One account with so much of a currency in it."""

    currency: str
    free: Decimal
    used: Decimal = Decimal(0)


HOLDINGS: Final = (
    Holding("BTC", Decimal("1.5"), Decimal("0.25")),
    Holding("BTC", Decimal("0.5")),
    Holding("ETH", Decimal(10)),
    Holding("DOGE", Decimal(0)),
)
"""Two accounts of one currency, as Coinbase has them, and an empty one; other exchanges tell their sum."""


@dataclass(frozen=True)
class Call:
    """A request. `path`: behind the exchange's name."""

    method: str
    path: str
    query: str = ""
    """As it came, still encoded, without the question mark."""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""

    @property
    def params(self) -> dict[str, str]:
        return dict(parse_qsl(self.query))


class Answer(NamedTuple):
    body: Json
    status: int = 200


@dataclass(frozen=True)
class Topic:
    """What is subscribed: `channel` in the exchange's own words; a timeframe only for candles."""

    channel: str
    symbol: str
    timeframe: str = ""


class Refusal(Exception):  # noqa: N818 - it is an answer
    """A request is answered with this instead."""

    def __init__(self, body: Json, status: int) -> None:
        super().__init__(body)
        self.answer = Answer(body, status)


class Subscriber(ABC):
    """One websocket as a venue sees it."""

    number: int
    """The server's first is 1."""
    path: str
    """With the exchange's name in front."""

    @property
    @abstractmethod
    def topics(self) -> Mapping[str, Topic]:
        """What is subscribed, by the words that subscribed it."""

    @abstractmethod
    def subscribe(self, words: str, topic: Topic) -> None: ...

    @abstractmethod
    def unsubscribe(self, words: str) -> None: ...


class Venue(ABC):
    """One exchange: answers requests, hears what websockets say and tells what to push."""

    name: ClassVar[str]
    quote: ClassVar[str] = "USDT"
    keys: ClassVar[Keys]
    """With these a client must sign."""
    too_many: ClassVar[Json] = {}
    """The body of a 429."""

    def __init__(self, market: Market, clock: MarketClock, holdings: Sequence[Holding] = HOLDINGS) -> None:
        self.market = market
        self.clock = clock
        self.holdings = list(holdings)
        self.origin = ""
        """Where the server is reached: `127.0.0.1:4711`."""
        self._symbols = {self.market_id(each): each.symbol for each in market.instruments.values()}

    # -- what each exchange defines ------------------------------------------------------------------------------

    @abstractmethod
    def market_id(self, instrument: Instrument) -> str:
        """Return the exchange's own name of an instrument."""

    @abstractmethod
    def answer(self, call: Call) -> Answer:
        """Answer a request. Raises Refusal."""

    @abstractmethod
    def hear(self, session: Subscriber, message: Json) -> Sequence[Json]:
        """Take what a client said and return what to answer."""

    @abstractmethod
    def push(self, topic: Topic, since: int, until: int) -> Sequence[Json]:
        """Return what to push of what happened with since < time <= until, market time in ms."""

    def admit(self, call: Call) -> None:  # noqa: B027 - most let everybody in
        """Look at a websocket's handshake. Raises Refusal."""

    def greet(self, session: Subscriber) -> Sequence[Json]:
        """Return what to say as soon as a websocket is open."""
        return ()

    def snapshot(self, topic: Topic) -> Sequence[Json]:
        """Return what to push at once when a topic is subscribed."""
        return ()

    def emptied(self, body: Json) -> Json:
        """Return an answer in the same form with nothing in it."""
        if isinstance(body, list):
            return []
        if isinstance(body, dict):
            return {name: self.emptied(value) for name, value in body.items()}
        return body

    # -- what they share -----------------------------------------------------------------------------------------

    def now(self) -> int:
        return self.clock.now_ms()

    def symbol(self, market_id: str) -> str | None:
        """Return the unified symbol of the exchange's own name; None where there is none."""
        return self._symbols.get(market_id)

    def instrument(self, symbol: str) -> Instrument:
        return self.market.instruments[symbol]

    def listed(self) -> Iterator[tuple[str, Instrument]]:
        """Yield all instruments with the exchange's own names."""
        return ((self.market_id(each), each) for each in self.market.instruments.values())

    def balances(self) -> dict[str, tuple[Decimal, Decimal]]:
        """Return free and used by currency, all accounts of it together."""
        sums: dict[str, tuple[Decimal, Decimal]] = {}
        for holding in self.holdings:
            free, used = sums.get(holding.currency, (Decimal(0), Decimal(0)))
            sums[holding.currency] = free + holding.free, used + holding.used
        return sums

    def bar_updates(self, topic: Topic, since: int, until: int, filled: bool) -> Iterator[tuple[Bar, bool]]:
        """Yield what a candle stream has to tell of since < time <= until: bars with whether they are finished.

        A bar comes when something was traded in it, and once more when it ends. `filled`: one without trades comes at
        its end, too.
        """
        duration = TIMEFRAME_MS[topic.timeframe]
        select = self.market.filled if filled else self.market.bars
        first = since - since % duration
        for bar in select(topic.symbol, topic.timeframe, first, until + 1, until, corrected=False):
            ends = bar.open_time + duration
            if ends <= until:
                yield bar, True
            elif self.market.trades(topic.symbol, max(since + 1, bar.open_time), until + 1):
                yield bar, False


def frame(message: Json) -> str:
    return message if isinstance(message, str) else json.dumps(message, separators=(",", ":"))
