"""What KuCoin says: its spot market by REST, and websockets for which one first asks for a token."""

import base64
import hashlib
import hmac
from collections.abc import Iterator, Sequence
from typing import ClassVar, Final

from tests.exchanges.market import TIMEFRAME_MS, Bar, Instrument
from tests.exchanges.venue import Answer, Call, Json, Keys, Refusal, Subscriber, Topic, Venue

_TYPES: Final = {"1min": "1m", "5min": "5m", "15min": "15m", "1hour": "1h", "4hour": "4h", "1day": "1d"}
_MOST_CANDLES: Final = 1_500
_TOKEN: Final = "made-up-token"
_WITH_KEY: Final = (
    "/api/v1/accounts",
    "/api/v1/hf/",
    "/api/v3/hf/",
    "/api/v3/margin/",
    "/api/v1/isolated/",
    "/api/ua/",
)


class KuCoin(Venue):
    """Prices come as open, close, high, low; bars without trades are absent; a passphrase belongs to the keys."""

    name: ClassVar[str] = "kucoin"
    keys: ClassVar[Keys] = Keys("kucoin-key", "kucoin-secret", "kucoin-passphrase")
    too_many: ClassVar[Json] = {"code": "429000", "msg": "Too many requests in a short period of time"}

    def market_id(self, instrument: Instrument) -> str:
        return f"{instrument.base}-{instrument.quote}"

    # -- requests ------------------------------------------------------------------------------------------------

    def answer(self, call: Call) -> Answer:
        if call.path.startswith(_WITH_KEY):
            self._authenticate(call)
        return self._asked_with_a_key(call) if call.path.startswith(_WITH_KEY) else self._asked_by_anybody(call)

    def _asked_by_anybody(self, call: Call) -> Answer:
        match call.path:
            case "/api/v2/symbols" | "/api/v1/symbols":
                return _data(self._symbols_told())
            case "/api/v1/market/candles":
                return _data(self._candles(call.params))
            case "/api/v1/market/allTickers":
                return _data({"time": self.now(), "ticker": self._tickers()})
            case "/api/v1/timestamp":
                return _data(self.now())
            case "/api/v1/bullet-public":
                server = {
                    "endpoint": f"ws://{self.origin}/{self.name}/endpoint",
                    "encrypt": False,
                    "protocol": "websocket",
                    "pingInterval": 18_000,
                    "pingTimeout": 10_000,
                }
                return _data({"token": _TOKEN, "instanceServers": [server]})
        return _no_such_path(call)

    def _asked_with_a_key(self, call: Call) -> Answer:
        match call.path:
            case "/api/v1/accounts":
                return _data(self._accounts())
            case "/api/v1/hf/accounts/opened" | "/api/v3/hf/accounts/opened":
                return _data(False)
            case "/api/v3/margin/symbols":
                return _data({"timestamp": self.now(), "items": []})
            case "/api/v1/isolated/symbols":
                return _data([])
            case "/api/ua/v1/account/mode":
                return _data({"selfAccountMode": "CLASSIC"})
        return _no_such_path(call)

    def _tickers(self) -> list[Json]:
        found: list[Json] = []
        for market_id, each in self.listed():
            numbers = self.market.statistics(each.symbol, self.now())
            found.append(
                {
                    "symbol": market_id,
                    "symbolName": market_id,
                    "buy": each.price_text(numbers.last - 1),
                    "sell": each.price_text(numbers.last + 1),
                    "changeRate": f"{numbers.change / 100:.4f}",
                    "changePrice": each.price_text(numbers.last - numbers.open),
                    "high": each.price_text(numbers.high),
                    "low": each.price_text(numbers.low),
                    "vol": each.size_text(numbers.volume),
                    "volValue": each.value_text(numbers.value),
                    "last": each.price_text(numbers.last),
                }
            )
        return found

    def _authenticate(self, call: Call) -> None:
        given = {name.lower(): value for name, value in call.headers.items()}
        if given.get("kc-api-key") != self.keys.api_key:
            raise Refusal({"code": "400003", "msg": "KC-API-KEY not exists"}, 401)
        if given.get("kc-api-passphrase") != self._signature(self.keys.passphrase):
            raise Refusal({"code": "400004", "msg": "Invalid KC-API-PASSPHRASE"}, 401)
        query = f"?{call.query}" if call.query else ""
        said = f"{given.get('kc-api-timestamp', '')}{call.method}{call.path}{query}{call.body}"
        if given.get("kc-api-sign") != self._signature(said):
            raise Refusal({"code": "400005", "msg": "Invalid KC-API-SIGN"}, 401)

    def _signature(self, text: str) -> str:
        return base64.b64encode(hmac.new(self.keys.secret.encode(), text.encode(), hashlib.sha256).digest()).decode()

    def _symbols_told(self) -> list[Json]:
        return [
            {
                "symbol": market_id,
                "name": market_id,
                "baseCurrency": each.base,
                "quoteCurrency": each.quote,
                "feeCurrency": each.quote,
                "market": "USDS",
                "baseMinSize": f"{each.lot:f}",
                "quoteMinSize": "0.1",
                "baseMaxSize": "10000000000",
                "quoteMaxSize": "99999999",
                "baseIncrement": f"{each.lot:f}",
                "quoteIncrement": f"{each.tick:f}",
                "priceIncrement": f"{each.tick:f}",
                "isMarginEnabled": False,
                "enableTrading": each.active,
            }
            for market_id, each in self.listed()
        ]

    def _candles(self, params: dict[str, str]) -> Json:
        symbol = self.symbol(params.get("symbol", ""))
        if symbol is None:
            raise Refusal({"code": "400100", "msg": "This pair is not provided at present"}, 200)
        timeframe = _TYPES.get(params.get("type", ""))
        if timeframe is None:
            raise Refusal({"code": "400100", "msg": "Incorrect candlestick type"}, 200)
        duration, now = TIMEFRAME_MS[timeframe], self.now()
        until = min(int(params.get("endAt", now // 1_000)) * 1_000, now)
        since = int(params.get("startAt", "0")) * 1_000 or until - 100 * duration
        since = max(since + -since % duration, until - _MOST_CANDLES * duration)
        instrument = self.instrument(symbol)
        # The end that is asked for is not in the answer.
        bars = self.market.bars(symbol, timeframe, since, until, now)
        return [self._told(instrument, bar) for bar in reversed(bars)]

    def _told(self, instrument: Instrument, bar: Bar) -> list[str]:
        price = instrument.price_text
        return [
            str(bar.open_time // 1_000),
            price(bar.open),
            price(bar.close),
            price(bar.high),
            price(bar.low),
            instrument.size_text(bar.volume),
            instrument.value_text(bar.value),
        ]

    def _accounts(self) -> list[Json]:
        return [
            {
                "id": f"account-{currency}",
                "currency": currency,
                "type": "trade",
                "balance": f"{free + used:f}",
                "available": f"{free:f}",
                "holds": f"{used:f}",
            }
            for currency, (free, used) in self.balances().items()
        ]

    # -- websockets ----------------------------------------------------------------------------------------------

    def admit(self, call: Call) -> None:
        if call.params.get("token") != _TOKEN:
            raise Refusal({"code": "401", "msg": "token is invalid"}, 401)

    def greet(self, session: Subscriber) -> Sequence[Json]:
        return [{"id": f"connection-{session.number}", "type": "welcome"}]

    def hear(self, session: Subscriber, message: Json) -> Sequence[Json]:
        kind = message.get("type") if isinstance(message, dict) else None
        if kind == "ping":
            return [{"id": message.get("id"), "type": "pong"}]
        if kind not in {"subscribe", "unsubscribe"}:
            return [{"id": None, "type": "error", "code": 415, "data": "type is not supported"}]
        topic = self._topic(message.get("topic", ""))
        if kind == "unsubscribe":
            session.unsubscribe(message["topic"])
        elif topic is None:
            return [{"id": message.get("id"), "type": "error", "code": 404, "data": "topic is not found"}]
        else:
            session.subscribe(message["topic"], topic)
        return [{"id": message.get("id"), "type": "ack"}]

    def _topic(self, words: str) -> Topic | None:
        channel, _, rest = words.partition(":")
        market_id, _, kind = rest.partition("_")
        symbol = self.symbol(market_id)
        if symbol is None:
            return None
        if channel == "/market/candles" and kind in _TYPES:
            return Topic("candles", symbol, _TYPES[kind])
        return Topic("match", symbol) if channel == "/market/match" else None

    def push(self, topic: Topic, since: int, until: int) -> Sequence[Json]:
        if topic.channel == "candles":
            return list(self._updates(topic, since, until))
        instrument = self.instrument(topic.symbol)
        market_id = self.market_id(instrument)
        return [
            {
                "type": "message",
                "topic": f"/market/match:{market_id}",
                "subject": "trade.l3match",
                "data": {
                    "symbol": market_id,
                    "tradeId": str(trade.id),
                    "sequence": str(trade.id),
                    "price": instrument.price_text(trade.price),
                    "size": instrument.size_text(trade.size),
                    "side": "buy" if trade.buy else "sell",
                    "time": str(trade.time * 1_000_000),
                },
            }
            for trade in self.market.trades(topic.symbol, since + 1, until + 1)
        ]

    def _updates(self, topic: Topic, since: int, until: int) -> Iterator[Json]:
        instrument = self.instrument(topic.symbol)
        market_id = self.market_id(instrument)
        kind = next(name for name, timeframe in _TYPES.items() if timeframe == topic.timeframe)
        for bar, _ in self.bar_updates(topic, since, until, filled=False):
            yield {
                "type": "message",
                "topic": f"/market/candles:{market_id}_{kind}",
                "subject": "trade.candles.update",
                "data": {"symbol": market_id, "candles": self._told(instrument, bar), "time": until * 1_000_000},
            }


def _data(data: Json) -> Answer:
    return Answer({"code": "200000", "data": data})


def _no_such_path(call: Call) -> Answer:
    return Answer({"code": "404000", "msg": f"no such path here: {call.path}"}, 404)
