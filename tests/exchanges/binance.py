"""What Binance and Binance US say: spot, REST v3 and the raw streams, with live subscribing."""

import hashlib
import hmac
import json
from collections.abc import Iterator, Sequence
from typing import ClassVar, Final

from tests.exchanges.market import TIMEFRAME_MS, Bar, Instrument, Trade
from tests.exchanges.venue import Answer, Call, Json, Keys, Refusal, Subscriber, Topic, Venue

_MOST_CANDLES: Final = 1_000
_USUAL_CANDLES: Final = 500
_MOST_SUBSCRIPTIONS: Final = 1_024
_WITH_KEY: Final = ("/api/v3/account", "/sapi/")


class Binance(Venue):
    name: ClassVar[str] = "binance"
    keys: ClassVar[Keys] = Keys("binance-key", "binance-secret")
    too_many: ClassVar[Json] = {"code": -1003, "msg": "Too much request weight used; current limit is 6000 per minute."}

    def market_id(self, instrument: Instrument) -> str:
        return f"{instrument.base}{instrument.quote}"

    # -- requests ------------------------------------------------------------------------------------------------

    def answer(self, call: Call) -> Answer:
        if call.path.startswith(_WITH_KEY):
            self._authenticate(call)
            return Answer(self._asked_with_a_key(call))
        return Answer(self._asked_by_anybody(call))

    def _asked_by_anybody(self, call: Call) -> Json:
        match call.path:
            case "/api/v3/exchangeInfo":
                return self._exchange_info()
            case "/fapi/v1/exchangeInfo" | "/dapi/v1/exchangeInfo":
                # No derivatives here, but a client that asks for them is told so.
                return {"serverTime": self.now(), "symbols": []}
            case "/api/v3/time":
                return {"serverTime": self.now()}
            case "/api/v3/klines":
                return self._klines(call.params)
            case "/api/v3/aggTrades":
                return self._aggregate_trades(call.params)
            case "/api/v3/trades":
                return self._trades(call.params)
            case "/api/v3/ticker/24hr":
                return self._tickers(call.params)
        raise _no_such_path(call)

    def _asked_with_a_key(self, call: Call) -> Json:
        match call.path:
            case "/api/v3/account":
                return self._account()
            case "/sapi/v1/capital/config/getall":
                return [self._coin(currency) for currency in self._currencies()]
            case "/sapi/v1/margin/allPairs" | "/sapi/v1/margin/isolated/allPairs":
                # Nothing is traded on margin here.
                return []
        raise _no_such_path(call)

    def _authenticate(self, call: Call) -> None:
        if call.headers.get("X-MBX-APIKEY") != self.keys.api_key:
            raise Refusal({"code": -2015, "msg": "Invalid API-key, IP, or permissions for action."}, 401)
        signed, _, signature = call.query.partition("&signature=")
        expected = hmac.new(self.keys.secret.encode(), signed.encode(), hashlib.sha256).hexdigest()
        if signature != expected:
            raise Refusal({"code": -1022, "msg": "Signature for this request is not valid."}, 400)

    def _known(self, params: dict[str, str]) -> str:
        symbol = self.symbol(params.get("symbol", ""))
        if symbol is None:
            raise Refusal({"code": -1121, "msg": "Invalid symbol."}, 400)
        return symbol

    def _exchange_info(self) -> Json:
        return {
            "timezone": "UTC",
            "serverTime": self.now(),
            "rateLimits": [{"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": 6_000}],
            "exchangeFilters": [],
            "symbols": [
                {
                    "symbol": market_id,
                    "status": "TRADING" if each.active else "BREAK",
                    "baseAsset": each.base,
                    "baseAssetPrecision": 8,
                    "quoteAsset": each.quote,
                    "quotePrecision": 8,
                    "quoteAssetPrecision": 8,
                    "orderTypes": ["LIMIT", "LIMIT_MAKER", "MARKET"],
                    "isSpotTradingAllowed": True,
                    "isMarginTradingAllowed": False,
                    "filters": [
                        {
                            "filterType": "PRICE_FILTER",
                            "minPrice": f"{each.tick:.8f}",
                            "maxPrice": "1000000.00000000",
                            "tickSize": f"{each.tick:.8f}",
                        },
                        {
                            "filterType": "LOT_SIZE",
                            "minQty": f"{each.lot:.8f}",
                            "maxQty": "9000.00000000",
                            "stepSize": f"{each.lot:.8f}",
                        },
                        {"filterType": "NOTIONAL", "minNotional": "5.00000000", "applyMinToMarket": True},
                    ],
                    "permissions": [],
                    "permissionSets": [["SPOT"]],
                }
                for market_id, each in self.listed()
            ],
        }

    def _klines(self, params: dict[str, str]) -> Json:
        symbol = self._known(params)
        interval = params.get("interval", "")
        if interval not in TIMEFRAME_MS:
            raise Refusal({"code": -1120, "msg": "Invalid interval."}, 400)
        duration = TIMEFRAME_MS[interval]
        limit = min(int(params.get("limit", _USUAL_CANDLES)), _MOST_CANDLES)
        now = self.now()
        until = min(int(params.get("endTime", now)), now) + 1
        if "startTime" in params:
            since = int(params["startTime"])
            since += -since % duration
            until = min(until, since + limit * duration)
        else:
            since = (until - 1) // duration * duration - (limit - 1) * duration
        instrument = self.instrument(symbol)
        bars = self.market.filled(symbol, interval, since, until, now)
        return [_kline(instrument, bar, bar.open_time + duration - 1) for bar in bars]

    def _aggregate_trades(self, params: dict[str, str]) -> Json:
        symbol = self._known(params)
        limit = min(int(params.get("limit", 500)), 1_000)
        if "startTime" in params:
            until = min(int(params.get("endTime", self.now())), self.now()) + 1
            trades = self.market.trades(symbol, int(params["startTime"]), until)[:limit]
        else:
            trades = self.market.last_trades(symbol, limit, self.now())
        instrument = self.instrument(symbol)
        return [
            {
                "a": trade.id,
                "p": instrument.price_text(trade.price),
                "q": instrument.size_text(trade.size),
                "f": trade.id,
                "l": trade.id,
                "T": trade.time,
                "m": not trade.buy,
                "M": True,
            }
            for trade in trades
        ]

    def _trades(self, params: dict[str, str]) -> Json:
        symbol = self._known(params)
        instrument = self.instrument(symbol)
        return [
            {
                "id": trade.id,
                "price": instrument.price_text(trade.price),
                "qty": instrument.size_text(trade.size),
                "quoteQty": instrument.value_text(trade.price * trade.size),
                "time": trade.time,
                "isBuyerMaker": not trade.buy,
                "isBestMatch": True,
            }
            for trade in self.market.last_trades(symbol, min(int(params.get("limit", 500)), 1_000), self.now())
        ]

    def _tickers(self, params: dict[str, str]) -> Json:
        if "symbol" in params:
            return self._ticker(self._known(params))
        if "symbols" in params:
            return [self._ticker(self._known({"symbol": each})) for each in json.loads(params["symbols"])]
        return [self._ticker(each.symbol) for _, each in self.listed()]

    def _ticker(self, symbol: str) -> Json:
        instrument, now = self.instrument(symbol), self.now()
        numbers = self.market.statistics(symbol, now)
        price = instrument.price_text
        return {
            "symbol": self.market_id(instrument),
            "priceChange": price(numbers.last - numbers.open),
            "priceChangePercent": f"{numbers.change:.3f}",
            "weightedAvgPrice": price(numbers.value // numbers.volume),
            "prevClosePrice": price(numbers.open),
            "lastPrice": price(numbers.last),
            "lastQty": instrument.size_text(1),
            "bidPrice": price(numbers.last - 1),
            "bidQty": instrument.size_text(10),
            "askPrice": price(numbers.last + 1),
            "askQty": instrument.size_text(10),
            "openPrice": price(numbers.open),
            "highPrice": price(numbers.high),
            "lowPrice": price(numbers.low),
            "volume": instrument.size_text(numbers.volume),
            "quoteVolume": instrument.value_text(numbers.value),
            "openTime": now - 86_400_000,
            "closeTime": now,
            "firstId": numbers.last_id - numbers.trade_count + 1,
            "lastId": numbers.last_id,
            "count": numbers.trade_count,
        }

    def _account(self) -> Json:
        return {
            "canTrade": True,
            "accountType": "SPOT",
            "updateTime": self.now(),
            "balances": [
                {"asset": currency, "free": f"{free:f}", "locked": f"{used:f}"}
                for currency, (free, used) in self.balances().items()
            ],
            "permissions": ["SPOT"],
            "uid": 1,
        }

    def _currencies(self) -> list[str]:
        return sorted({code for _, each in self.listed() for code in (each.base, each.quote)})

    def _coin(self, currency: str) -> Json:
        return {
            "coin": currency,
            "name": currency,
            "depositAllEnable": True,
            "withdrawAllEnable": True,
            "trading": True,
            "isLegalMoney": False,
            "networkList": [],
        }

    # -- websockets ----------------------------------------------------------------------------------------------

    def hear(self, session: Subscriber, message: Json) -> Sequence[Json]:
        if not isinstance(message, dict) or message.get("method") not in {"SUBSCRIBE", "UNSUBSCRIBE"}:
            return [{"error": {"code": 2, "msg": "Invalid request: unknown variant"}, "id": None}]
        for stream in message["params"]:
            if message["method"] == "UNSUBSCRIBE":
                session.unsubscribe(stream)
                continue
            topic = self._topic(stream)
            # Streams of nothing are accepted in silence, as Binance does.
            if topic is not None and len(session.topics) < _MOST_SUBSCRIPTIONS:
                session.subscribe(stream, topic)
        return [{"result": None, "id": message["id"]}]

    def _topic(self, stream: str) -> Topic | None:
        market_id, _, channel = stream.partition("@")
        symbol = self.symbol(market_id.upper())
        channel, _, interval = channel.partition("_")
        known = channel in {"trade", "aggTrade"} or (channel == "kline" and interval in TIMEFRAME_MS)
        return Topic(channel, symbol, interval) if symbol is not None and known else None

    def push(self, topic: Topic, since: int, until: int) -> Sequence[Json]:
        if topic.channel == "kline":
            return list(self._kline_events(topic, since, until))
        trades = self.market.trades(topic.symbol, since + 1, until + 1)
        return [self._trade_event(topic, trade, until) for trade in trades]

    def _trade_event(self, topic: Topic, trade: Trade, now: int) -> Json:
        instrument = self.instrument(topic.symbol)
        of_kind = {"t": trade.id} if topic.channel == "trade" else {"a": trade.id, "f": trade.id, "l": trade.id}
        return {
            "e": topic.channel,
            "E": now,
            "s": self.market_id(instrument),
            **of_kind,
            "p": instrument.price_text(trade.price),
            "q": instrument.size_text(trade.size),
            "T": trade.time,
            "m": not trade.buy,
            "M": True,
        }

    def _kline_events(self, topic: Topic, since: int, until: int) -> Iterator[Json]:
        instrument = self.instrument(topic.symbol)
        duration = TIMEFRAME_MS[topic.timeframe]
        for bar, closed in self.bar_updates(topic, since, until, filled=True):
            yield {
                "e": "kline",
                "E": until,
                "s": self.market_id(instrument),
                "k": {
                    "t": bar.open_time,
                    "T": bar.open_time + duration - 1,
                    "s": self.market_id(instrument),
                    "i": topic.timeframe,
                    "f": bar.last_id - bar.trade_count + 1 if bar.trade_count else -1,
                    "L": bar.last_id if bar.trade_count else -1,
                    "o": instrument.price_text(bar.open),
                    "c": instrument.price_text(bar.close),
                    "h": instrument.price_text(bar.high),
                    "l": instrument.price_text(bar.low),
                    "v": instrument.size_text(bar.volume),
                    "n": bar.trade_count,
                    "x": closed,
                    "q": instrument.value_text(bar.value),
                    "V": instrument.size_text(bar.volume // 2),
                    "Q": instrument.value_text(bar.value // 2),
                    "B": "0",
                },
            }


def _no_such_path(call: Call) -> Refusal:
    return Refusal({"code": -1, "msg": f"no such path here: {call.path}"}, 404)


def _kline(instrument: Instrument, bar: Bar, close_time: int) -> Json:
    return [
        bar.open_time,
        *(instrument.price_text(price) for price in bar[1:5]),
        instrument.size_text(bar.volume),
        close_time,
        instrument.value_text(bar.value),
        bar.trade_count,
        instrument.size_text(bar.volume // 2),
        instrument.value_text(bar.value // 2),
        "0",
    ]


class BinanceUs(Binance):
    """The same formats at another address, without derivatives."""

    name: ClassVar[str] = "binanceus"
    keys: ClassVar[Keys] = Keys("binanceus-key", "binanceus-secret")
