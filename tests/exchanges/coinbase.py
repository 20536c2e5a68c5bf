"""What Coinbase says: the Advanced Trade API's products, candles, trades and accounts, and its market_trades."""

import hashlib
import hmac
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import ClassVar, Final

from tests.exchanges.market import TIMEFRAME_MS, Instrument, Trade
from tests.exchanges.venue import Answer, Call, Json, Keys, Refusal, Subscriber, Topic, Venue

_GRANULARITIES: Final = {
    "ONE_MINUTE": "1m",
    "FIVE_MINUTE": "5m",
    "FIFTEEN_MINUTE": "15m",
    "THIRTY_MINUTE": "30m",
    "ONE_HOUR": "1h",
    "TWO_HOUR": "2h",
    "SIX_HOUR": "6h",
    "ONE_DAY": "1d",
}
_MOST_CANDLES: Final = 350
_MOST_ACCOUNTS: Final = 3
"""Of each page; Coinbase tells many more at once."""
_TRADES_AT_FIRST: Final = 50
_HEARTBEATS: Final = "heartbeats"
_PUBLIC: Final = "/api/v3/brokerage/market/products"


class Coinbase(Venue):
    """Bars without trades are absent, candles come newest first, and there are none of four hours."""

    name: ClassVar[str] = "coinbase"
    quote: ClassVar[str] = "USD"
    keys: ClassVar[Keys] = Keys("coinbase-key", "coinbase-secret")
    too_many: ClassVar[Json] = {"error": "rate_limit_exceeded", "message": "Too many requests"}

    def market_id(self, instrument: Instrument) -> str:
        return f"{instrument.base}-{instrument.quote}"

    # -- requests ------------------------------------------------------------------------------------------------

    def answer(self, call: Call) -> Answer:
        match call.path.removeprefix(_PUBLIC).split("/"):
            case [""] if call.path == _PUBLIC:
                return Answer(self._products(call.params))
            case ["", market_id, "candles"]:
                return Answer(self._candles(self._known(market_id), call.params))
            case ["", market_id, "ticker"]:
                return Answer(self._last_trades(self._known(market_id), call.params))
        match call.path:
            case "/v2/time":
                now = self.now()
                return Answer({"data": {"iso": _iso(now), "epoch": now // 1_000}})
            case "/api/v3/brokerage/time":
                now = self.now()
                return Answer({"iso": _iso(now), "epochSeconds": str(now // 1_000), "epochMillis": str(now)})
            case "/api/v3/brokerage/accounts":
                self._authenticate(call)
                return Answer(self._accounts(call.params))
            case "/api/v3/brokerage/transaction_summary":
                self._authenticate(call)
                return Answer({"fee_tier": {"taker_fee_rate": "0.006", "maker_fee_rate": "0.004"}})
        raise Refusal({"error": "NOT_FOUND", "message": f"no such path here: {call.path}"}, 404)

    def _authenticate(self, call: Call) -> None:
        said = f"{call.headers.get('CB-ACCESS-TIMESTAMP', '')}{call.method}{call.path}{call.body}"
        expected = hmac.new(self.keys.secret.encode(), said.encode(), hashlib.sha256).hexdigest()
        given = call.headers.get("CB-ACCESS-KEY"), call.headers.get("CB-ACCESS-SIGN")
        if given != (self.keys.api_key, expected):
            raise Refusal({"error": "unauthorized", "message": "invalid signature"}, 401)

    def _known(self, market_id: str) -> str:
        symbol = self.symbol(market_id)
        if symbol is None:
            raise Refusal({"error": "NOT_FOUND", "error_details": "valid product_id is required"}, 404)
        return symbol

    def _products(self, params: dict[str, str]) -> Json:
        if params.get("product_type", "SPOT") != "SPOT":
            return {"products": [], "num_products": 0}
        products: list[Json] = [self._product(market_id, each) for market_id, each in self.listed()]
        return {"products": products, "num_products": len(products)}

    def _product(self, market_id: str, each: Instrument) -> Json:
        numbers = self.market.statistics(each.symbol, self.now())
        return {
            "product_id": market_id,
            "price": each.price_text(numbers.last),
            "price_percentage_change_24h": f"{numbers.change:.4f}",
            "volume_24h": each.size_text(numbers.volume),
            "approximate_quote_24h_volume": each.value_text(numbers.value),
            "base_increment": f"{each.lot:f}",
            "quote_increment": f"{each.tick:f}",
            "price_increment": f"{each.tick:f}",
            "base_min_size": f"{each.lot:f}",
            "base_max_size": "100000",
            "quote_min_size": "1",
            "quote_max_size": "50000000",
            "status": "online" if each.active else "delisted",
            "trading_disabled": not each.active,
            "is_disabled": not each.active,
            "product_type": "SPOT",
            "base_currency_id": each.base,
            "quote_currency_id": each.quote,
            "alias": "",
            "alias_to": [],
        }

    def _candles(self, symbol: str, params: dict[str, str]) -> Json:
        timeframe = _GRANULARITIES.get(params.get("granularity", ""))
        if timeframe is None:
            raise Refusal({"error": "INVALID_ARGUMENT", "message": "granularity is invalid"}, 400)
        duration = TIMEFRAME_MS[timeframe]
        since, until = int(params["start"]) * 1_000, int(params["end"]) * 1_000
        if (until - since) // duration > _MOST_CANDLES:
            text = f"number of candles requested should be less than {_MOST_CANDLES}"
            raise Refusal({"error": "INVALID_ARGUMENT", "message": text}, 400)
        now = self.now()
        since += -since % duration
        bars = self.market.bars(symbol, timeframe, since, min(until, now) + 1, now)
        instrument = self.instrument(symbol)
        price = instrument.price_text
        return {
            "candles": [
                {
                    "start": str(bar.open_time // 1_000),
                    "low": price(bar.low),
                    "high": price(bar.high),
                    "open": price(bar.open),
                    "close": price(bar.close),
                    "volume": instrument.size_text(bar.volume),
                }
                for bar in reversed(list(bars))
            ]
        }

    def _last_trades(self, symbol: str, params: dict[str, str]) -> Json:
        trades = self.market.last_trades(symbol, min(int(params.get("limit", 100)), 1_000), self.now())
        price = self.instrument(symbol).price_text(trades[-1].price) if trades else ""
        newest_first = [self._trade(symbol, trade) for trade in reversed(trades)]
        return {"trades": newest_first, "best_bid": price, "best_ask": price}

    def _accounts(self, params: dict[str, str]) -> Json:
        accounts = [
            {
                "uuid": f"account-{number}",
                "name": f"{holding.currency} {'Wallet' if number % 2 == 0 else 'Vault'}",
                "currency": holding.currency,
                "available_balance": {"value": f"{holding.free:f}", "currency": holding.currency},
                "hold": {"value": f"{holding.used:f}", "currency": holding.currency},
                "type": "ACCOUNT_TYPE_CRYPTO",
                "active": True,
                "ready": True,
            }
            for number, holding in enumerate(self.holdings)
        ]
        first = int(params.get("cursor") or 0)
        end = first + min(int(params.get("limit", 49)), _MOST_ACCOUNTS)
        page, more = accounts[first:end], end < len(accounts)
        return {"accounts": page, "has_next": more, "cursor": str(end) if more else "", "size": len(page)}

    # -- websockets ----------------------------------------------------------------------------------------------

    def hear(self, session: Subscriber, message: Json) -> Sequence[Json]:
        if not isinstance(message, dict) or message.get("type") not in {"subscribe", "unsubscribe"}:
            return [{"type": "error", "message": "failure to subscribe"}]
        channel = message.get("channel", "")
        # Heartbeats are of the connection: the products that some name with them count for nothing.
        named = [""] if channel == _HEARTBEATS else message.get("product_ids", [])
        for market_id in named:
            words = f"{channel}:{market_id}"
            symbol = self.symbol(market_id)
            if message["type"] == "unsubscribe":
                session.unsubscribe(words)
            elif channel == _HEARTBEATS:
                session.subscribe(words, Topic(channel, ""))
            elif channel == "market_trades" and symbol is not None:
                session.subscribe(words, Topic(channel, symbol))
            else:
                return [{"type": "error", "message": f"channel or product unknown: {words}"}]
        # A channel with nothing left in it is not named.
        subscribed: dict[str, list[str]] = {}
        for words in sorted(session.topics):
            of, _, market_id = words.partition(":")
            subscribed.setdefault(of, []).append(market_id)
        return [self._message("subscriptions", [{"subscriptions": subscribed}], self.now())]

    def snapshot(self, topic: Topic) -> Sequence[Json]:
        if topic.channel == _HEARTBEATS:
            return []
        trades = self.market.last_trades(topic.symbol, _TRADES_AT_FIRST, self.now())
        return [self._trades("snapshot", topic, trades, self.now())] if trades else []

    def push(self, topic: Topic, since: int, until: int) -> Sequence[Json]:
        if topic.channel == _HEARTBEATS:
            return [self._heartbeat(second) for second in range(since // 1_000 + 1, until // 1_000 + 1)]
        trades = self.market.trades(topic.symbol, since + 1, until + 1)
        return [self._trades("update", topic, trades, until)] if trades else []

    def _heartbeat(self, second: int) -> Json:
        moment = datetime.fromtimestamp(second, UTC)
        event = {
            "current_time": f"{moment:%Y-%m-%d %H:%M:%S} +0000 UTC m=+{second}.0",
            "heartbeat_counter": str(second - self.clock.start // 1_000),
        }
        return self._message(_HEARTBEATS, [event], second * 1_000)

    def _trades(self, kind: str, topic: Topic, trades: Sequence[Trade], now: int) -> Json:
        newest_first = [self._trade(topic.symbol, trade) for trade in reversed(trades)]
        return self._message("market_trades", [{"type": kind, "trades": newest_first}], now)

    def _trade(self, symbol: str, trade: Trade) -> Json:
        instrument = self.instrument(symbol)
        return {
            "trade_id": str(trade.id),
            "product_id": self.market_id(instrument),
            "price": instrument.price_text(trade.price),
            "size": instrument.size_text(trade.size),
            "side": "BUY" if trade.buy else "SELL",
            "time": _iso(trade.time),
        }

    def _message(self, channel: str, events: Json, now: int) -> Json:
        return {"channel": channel, "client_id": "", "timestamp": _iso(now), "sequence_num": 0, "events": events}


def _iso(moment: int) -> str:
    return datetime.fromtimestamp(moment / 1_000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
