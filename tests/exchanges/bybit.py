"""What Bybit says: the spot market of its API v5, and the public streams of klines and trades."""

import hashlib
import hmac
from collections.abc import Iterator, Sequence
from typing import ClassVar, Final

from tests.exchanges.market import TIMEFRAME_MS, Instrument
from tests.exchanges.venue import Answer, Call, Json, Keys, Refusal, Subscriber, Topic, Venue

_INTERVALS: Final = {"1": "1m", "5": "5m", "15": "15m", "60": "1h", "240": "4h", "D": "1d"}
_MOST_CANDLES: Final = 1_000
_WITH_KEY: Final = ("/v5/account/", "/v5/user/")


class Bybit(Venue):
    """Bars without trades are told flat, candles come newest first."""

    name: ClassVar[str] = "bybit"
    keys: ClassVar[Keys] = Keys("bybit-key", "bybit-secret")
    too_many: ClassVar[Json] = {"retCode": 10006, "retMsg": "Too many visits!", "result": {}, "time": 0}

    def market_id(self, instrument: Instrument) -> str:
        return f"{instrument.base}{instrument.quote}"

    # -- requests ------------------------------------------------------------------------------------------------

    def answer(self, call: Call) -> Answer:
        if call.path.startswith(_WITH_KEY):
            self._authenticate(call)
        match call.path:
            case "/v5/market/instruments-info":
                return self._answer({"category": "spot", "list": self._instruments()})
            case "/v5/market/kline":
                return self._answer(self._kline(call.params))
            case "/v5/market/tickers":
                return self._answer({"category": "spot", "list": self._tickers()})
            case "/v5/market/recent-trade":
                return self._answer(self._recent_trades(call.params))
            case "/v5/market/time":
                return self._answer({"timeSecond": str(self.now() // 1_000), "timeNano": str(self.now() * 1_000_000)})
            case "/v5/user/query-api":
                return self._answer({"unified": 0, "uta": 1})
            case "/v5/account/info":
                return self._answer({"unifiedMarginStatus": 6, "marginMode": "REGULAR_MARGIN"})
            case "/v5/account/wallet-balance":
                return self._answer({"list": [self._wallet()]})
        return Answer({"retCode": 10_001, "retMsg": f"no such path here: {call.path}", "result": {}}, 404)

    def _answer(self, result: Json) -> Answer:
        return Answer({"retCode": 0, "retMsg": "OK", "result": result, "retExtInfo": {}, "time": self.now()})

    def _authenticate(self, call: Call) -> None:
        given = {name.lower(): value for name, value in call.headers.items()}
        key = given.get("x-bapi-api-key", "")
        said = f"{given.get('x-bapi-timestamp', '')}{key}{given.get('x-bapi-recv-window', '')}{call.query}{call.body}"
        expected = hmac.new(self.keys.secret.encode(), said.encode(), hashlib.sha256).hexdigest()
        if key != self.keys.api_key:
            raise Refusal({"retCode": 10_003, "retMsg": "API key is invalid.", "result": {}, "time": self.now()}, 200)
        if given.get("x-bapi-sign") != expected:
            raise Refusal({"retCode": 10_004, "retMsg": "Error sign, please check", "result": {}}, 200)

    def _known(self, params: dict[str, str]) -> str:
        symbol = self.symbol(params.get("symbol", ""))
        if symbol is None:
            raise Refusal({"retCode": 10_001, "retMsg": "params error: symbol invalid", "result": {}}, 200)
        return symbol

    def _tickers(self) -> list[Json]:
        found: list[Json] = []
        for market_id, each in self.listed():
            numbers = self.market.statistics(each.symbol, self.now())
            found.append(
                {
                    "symbol": market_id,
                    "bid1Price": each.price_text(numbers.last - 1),
                    "bid1Size": each.size_text(10),
                    "ask1Price": each.price_text(numbers.last + 1),
                    "ask1Size": each.size_text(10),
                    "lastPrice": each.price_text(numbers.last),
                    "prevPrice24h": each.price_text(numbers.open),
                    "price24hPcnt": f"{numbers.change / 100:.4f}",
                    "highPrice24h": each.price_text(numbers.high),
                    "lowPrice24h": each.price_text(numbers.low),
                    "turnover24h": each.value_text(numbers.value),
                    "volume24h": each.size_text(numbers.volume),
                }
            )
        return found

    def _instruments(self) -> list[Json]:
        return [
            {
                "symbol": market_id,
                "baseCoin": each.base,
                "quoteCoin": each.quote,
                "innovation": "0",
                "status": "Trading" if each.active else "Closed",
                "marginTrading": "none",
                "lotSizeFilter": {
                    "basePrecision": f"{each.lot:f}",
                    "quotePrecision": "0.00000001",
                    "minOrderQty": f"{each.lot:f}",
                    "maxOrderQty": "10000",
                    "minOrderAmt": "1",
                    "maxOrderAmt": "2000000",
                },
                "priceFilter": {"tickSize": f"{each.tick:f}"},
            }
            for market_id, each in self.listed()
        ]

    def _kline(self, params: dict[str, str]) -> Json:
        symbol = self._known(params)
        timeframe = _INTERVALS.get(params.get("interval", ""))
        if timeframe is None:
            raise Refusal({"retCode": 10_001, "retMsg": "Invalid period!", "result": {}}, 200)
        duration, now = TIMEFRAME_MS[timeframe], self.now()
        limit = min(int(params.get("limit", 200)), _MOST_CANDLES)
        until = min(int(params.get("end", now)), now) + 1
        if "start" in params:
            since = int(params["start"])
            since += -since % duration
            until = min(until, since + limit * duration)
        else:
            since = (until - 1) // duration * duration - (limit - 1) * duration
        instrument = self.instrument(symbol)
        bars = [
            [
                str(bar.open_time),
                *(instrument.price_text(price) for price in bar[1:5]),
                instrument.size_text(bar.volume),
                instrument.value_text(bar.value),
            ]
            for bar in self.market.filled(symbol, timeframe, since, until, now)
        ]
        return {"category": "spot", "symbol": params["symbol"], "list": bars[::-1]}

    def _recent_trades(self, params: dict[str, str]) -> Json:
        symbol = self._known(params)
        instrument = self.instrument(symbol)
        trades = self.market.last_trades(symbol, min(int(params.get("limit", 60)), 60), self.now())
        told = [
            {
                "execId": str(trade.id),
                "symbol": params["symbol"],
                "price": instrument.price_text(trade.price),
                "size": instrument.size_text(trade.size),
                "side": "Buy" if trade.buy else "Sell",
                "time": str(trade.time),
                "isBlockTrade": False,
            }
            for trade in reversed(trades)
        ]
        return {"category": "spot", "list": told}

    def _wallet(self) -> Json:
        coins = [
            {"coin": currency, "walletBalance": f"{free + used:f}", "locked": f"{used:f}", "equity": f"{free + used:f}"}
            for currency, (free, used) in self.balances().items()
        ]
        return {"accountType": "UNIFIED", "totalEquity": "0", "coin": coins}

    # -- websockets ----------------------------------------------------------------------------------------------

    def hear(self, session: Subscriber, message: Json) -> Sequence[Json]:
        operation = message.get("op") if isinstance(message, dict) else None
        said = {"success": True, "ret_msg": "", "conn_id": str(session.number), "op": operation}
        if operation == "ping":
            return [{**said, "ret_msg": "pong", "req_id": message.get("req_id", "")}]
        if operation not in {"subscribe", "unsubscribe"}:
            return [{**said, "success": False, "ret_msg": "error:request error"}]
        for words in message["args"]:
            topic = self._topic(words)
            if operation == "unsubscribe":
                session.unsubscribe(words)
            elif topic is None:
                return [{**said, "success": False, "ret_msg": f"error:handler not found,topic:{words}"}]
            else:
                session.subscribe(words, topic)
        return [{**said, "req_id": message.get("req_id", "")}]

    def _topic(self, words: str) -> Topic | None:
        match words.split("."):
            case ["kline", interval, market_id] if interval in _INTERVALS:
                symbol = self.symbol(market_id)
                return Topic("kline", symbol, _INTERVALS[interval]) if symbol else None
            case ["publicTrade", market_id]:
                symbol = self.symbol(market_id)
                return Topic("publicTrade", symbol) if symbol else None
        return None

    def push(self, topic: Topic, since: int, until: int) -> Sequence[Json]:
        if topic.channel == "kline":
            return list(self._klines(topic, since, until))
        instrument = self.instrument(topic.symbol)
        market_id = self.market_id(instrument)
        trades = self.market.trades(topic.symbol, since + 1, until + 1)
        data = [
            {
                "i": str(trade.id),
                "T": trade.time,
                "p": instrument.price_text(trade.price),
                "v": instrument.size_text(trade.size),
                "S": "Buy" if trade.buy else "Sell",
                "s": market_id,
                "BT": False,
            }
            for trade in trades
        ]
        return [{"topic": f"publicTrade.{market_id}", "ts": until, "type": "snapshot", "data": data}] if data else []

    def _klines(self, topic: Topic, since: int, until: int) -> Iterator[Json]:
        instrument = self.instrument(topic.symbol)
        duration = TIMEFRAME_MS[topic.timeframe]
        interval = next(name for name, timeframe in _INTERVALS.items() if timeframe == topic.timeframe)
        for bar, closed in self.bar_updates(topic, since, until, filled=True):
            told = {
                "start": bar.open_time,
                "end": bar.open_time + duration - 1,
                "interval": interval,
                "open": instrument.price_text(bar.open),
                "close": instrument.price_text(bar.close),
                "high": instrument.price_text(bar.high),
                "low": instrument.price_text(bar.low),
                "volume": instrument.size_text(bar.volume),
                "turnover": instrument.value_text(bar.value),
                "confirm": closed,
                "timestamp": until,
            }
            words = f"kline.{interval}.{self.market_id(instrument)}"
            yield {"topic": words, "data": [told], "ts": until, "type": "snapshot"}
