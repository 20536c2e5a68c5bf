"""What Kraken says: REST under /0, and version 2 of its websocket."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import ClassVar, Final
from urllib.parse import parse_qs

from tests.exchanges.market import MINUTE_MS, TIMEFRAME_MS, Bar, Instrument
from tests.exchanges.venue import Answer, Call, Json, Keys, Refusal, Subscriber, Topic, Venue

_INTERVALS: Final = {1: "1m", 5: "5m", 15: "15m", 60: "1h", 240: "4h", 1_440: "1d"}
_MOST_CANDLES: Final = 720
"""Older ones it does not tell, whatever is asked for."""
_MOST_TRADES: Final = 1_000
_SNAPSHOT_BARS: Final = 10
_OLD_NAMES: Final = {"BTC": "XBT", "DOGE": "XDG"}
_PREFIXED: Final = {"XBT": "XXBT", "ETH": "XETH", "XDG": "XXDG", "USD": "ZUSD"}


def _asset(currency: str) -> str:
    """Return Kraken's own name of a currency: `XXBT`, `SOL`."""
    old = _OLD_NAMES.get(currency, currency)
    return _PREFIXED.get(old, old)


class Kraken(Venue):
    """Old names (XBT, XDG), 720 bars and no more, a snapshot with each subscription, and no pushing of empty bars."""

    name: ClassVar[str] = "kraken"
    quote: ClassVar[str] = "USD"
    keys: ClassVar[Keys] = Keys("kraken-key", base64.b64encode(b"kraken-secret").decode())
    too_many: ClassVar[Json] = {"error": ["EGeneral:Too many requests"]}

    def market_id(self, instrument: Instrument) -> str:
        # Only pairs of old currencies have the prefixes.
        if instrument.base in {"BTC", "ETH"}:
            return f"{_asset(instrument.base)}{_asset(instrument.quote)}"
        return f"{_OLD_NAMES.get(instrument.base, instrument.base)}{instrument.quote}"

    # -- requests ------------------------------------------------------------------------------------------------

    def answer(self, call: Call) -> Answer:
        match call.path:
            case "/0/public/AssetPairs":
                return _result(self._pairs())
            case "/0/public/OHLC":
                return _result(self._candles(call.params))
            case "/0/public/Ticker":
                return _result(self._tickers())
            case "/0/public/Trades":
                return _result(self._trades(call.params))
            case "/0/public/Time":
                return _result({"unixtime": self.now() // 1_000, "rfc1123": ""})
            case "/0/private/BalanceEx":
                self._authenticate(call)
                return _result(
                    {
                        _asset(currency): {"balance": f"{free + used:f}", "hold_trade": f"{used:f}"}
                        for currency, (free, used) in self.balances().items()
                    }
                )
        return Answer({"error": [f"EGeneral:Unknown method: {call.path}"]}, 404)

    def _authenticate(self, call: Call) -> None:
        nonce = parse_qs(call.body).get("nonce", [""])[0]
        said = call.path.encode() + hashlib.sha256(f"{nonce}{call.body}".encode()).digest()
        expected = hmac.new(base64.b64decode(self.keys.secret), said, hashlib.sha512).digest()
        given = {name.lower(): value for name, value in call.headers.items()}
        try:
            signature = base64.b64decode(given.get("api-sign", ""))
        except binascii.Error:
            signature = b""
        if given.get("api-key") != self.keys.api_key:
            raise Refusal({"error": ["EAPI:Invalid key"]}, 200)
        if not hmac.compare_digest(signature, expected):
            raise Refusal({"error": ["EAPI:Invalid signature"]}, 200)

    def _tickers(self) -> Json:
        """Of two numbers the first is of today, the second of 24 hours."""
        found: dict[str, Json] = {}
        for market_id, each in self.listed():
            numbers = self.market.statistics(each.symbol, self.now())
            price, volume = each.price_text, each.size_text(numbers.volume)
            mean = price(round((numbers.open + numbers.last) / 2))
            found[market_id] = {
                "a": [price(numbers.last + 1), "1", each.size_text(10)],
                "b": [price(numbers.last - 1), "1", each.size_text(10)],
                "c": [price(numbers.last), each.size_text(1)],
                "v": [volume, volume],
                "p": [mean, mean],
                "t": [numbers.trade_count, numbers.trade_count],
                "l": [price(numbers.low), price(numbers.low)],
                "h": [price(numbers.high), price(numbers.high)],
                "o": price(numbers.open),
            }
        return found

    def _pairs(self) -> Json:
        return {
            market_id: {
                "altname": f"{_OLD_NAMES.get(each.base, each.base)}{each.quote}",
                "wsname": f"{_OLD_NAMES.get(each.base, each.base)}/{each.quote}",
                "aclass_base": "currency",
                "base": _asset(each.base),
                "aclass_quote": "currency",
                "quote": _asset(each.quote),
                "pair_decimals": max(0, -int(each.tick.as_tuple().exponent)),
                "lot_decimals": 8,
                "fees": [[0, 0.4]],
                "fees_maker": [[0, 0.25]],
                "leverage_buy": [],
                "ordermin": f"{each.lot:f}",
                "costmin": "0.5",
                "tick_size": f"{each.tick:f}",
                "status": "online" if each.active else "cancel_only",
            }
            for market_id, each in self.listed()
        }

    def _known(self, params: dict[str, str]) -> tuple[str, str]:
        market_id = params.get("pair", "")
        symbol = self.symbol(market_id)
        if symbol is None:
            raise Refusal({"error": ["EQuery:Unknown asset pair"]}, 200)
        return market_id, symbol

    def _trades(self, params: dict[str, str]) -> Json:
        market_id, symbol = self._known(params)
        count = min(int(params.get("count", _MOST_TRADES)), _MOST_TRADES)
        if "since" in params:
            trades = self.market.trades(symbol, _after(params["since"]), self.now() + 1)[:count]
        else:
            trades = self.market.last_trades(symbol, count, self.now())
        instrument = self.instrument(symbol)
        told = [
            [
                instrument.price_text(trade.price),
                instrument.size_text(trade.size),
                trade.time / 1_000,
                "b" if trade.buy else "s",
                "l",
                "",
                trade.id,
            ]
            for trade in trades
        ]
        # What comes after this is the next page.
        last = trades[-1].time * 1_000_000 if trades else self.now() * 1_000_000
        return {market_id: told, "last": str(last)}

    def _candles(self, params: dict[str, str]) -> Json:
        market_id, symbol = self._known(params)
        minutes = int(params.get("interval", "1"))
        if minutes not in _INTERVALS:
            raise Refusal({"error": ["EGeneral:Invalid arguments:interval"]}, 200)
        now, duration = self.now(), minutes * MINUTE_MS
        earliest = now // duration * duration - (_MOST_CANDLES - 1) * duration
        # What comes after `since`, not with it.
        since = max(earliest, int(params.get("since", "0")) * 1_000 + 1)
        bars = self.market.filled(symbol, _INTERVALS[minutes], since, now + 1, now)
        instrument = self.instrument(symbol)
        told = [
            [
                bar.open_time // 1_000,
                *(instrument.price_text(price) for price in bar[1:5]),
                instrument.price_text(bar.close),
                instrument.size_text(bar.volume),
                bar.trade_count,
            ]
            for bar in bars
        ]
        return {market_id: told, "last": told[-1][0] if told else 0}

    # -- websockets ----------------------------------------------------------------------------------------------

    def hear(self, session: Subscriber, message: Json) -> Sequence[Json]:
        if not isinstance(message, dict):
            return [{"error": "Malformed request", "success": False}]
        method, params = message.get("method"), message.get("params", {})
        request = {"req_id": message["req_id"]} if "req_id" in message else {}
        if method == "ping":
            return [{"method": "pong", **request}]
        if method not in {"subscribe", "unsubscribe"} or params.get("channel") not in {"ohlc", "trade"}:
            return [{"method": method, "success": False, "error": "Method or channel not supported", **request}]
        answers = []
        for symbol in params.get("symbol", []):
            minutes = params.get("interval", 1)
            if params["channel"] == "ohlc" and minutes not in _INTERVALS:
                error = "Subscription ohlc interval not supported"
                answers.append({"method": method, "success": False, "error": error, "symbol": symbol, **request})
                continue
            result = {"channel": params["channel"], "symbol": symbol}
            if symbol not in self.market.instruments:
                error = f"Currency pair not supported {symbol}"
                answers.append({"method": method, "success": False, "error": error, "symbol": symbol, **request})
                continue
            words = f"{params['channel']}:{symbol}"
            if method == "unsubscribe":
                session.unsubscribe(words)
            else:
                session.subscribe(words, Topic(params["channel"], symbol, _INTERVALS.get(minutes, "")))
            answers.append({"method": method, "result": result, "success": True, **request})
        return answers

    def snapshot(self, topic: Topic) -> Sequence[Json]:
        if topic.channel != "ohlc":
            return []
        now = self.now()
        since = now - _SNAPSHOT_BARS * TIMEFRAME_MS[topic.timeframe]
        bars = self.market.bars(topic.symbol, topic.timeframe, since, now + 1, now)
        return [self._ohlc("snapshot", topic, bars, now)] if bars else []

    def push(self, topic: Topic, since: int, until: int) -> Sequence[Json]:
        if topic.channel == "ohlc":
            return list(self._updates(topic, since, until))
        instrument = self.instrument(topic.symbol)
        trades = self.market.trades(topic.symbol, since + 1, until + 1)
        data = [
            {
                "symbol": topic.symbol,
                "side": "buy" if trade.buy else "sell",
                "price": float(instrument.price_text(trade.price)),
                "qty": float(instrument.size_text(trade.size)),
                "ord_type": "limit",
                "trade_id": trade.id,
                "timestamp": _iso(trade.time),
            }
            for trade in trades
        ]
        return [{"channel": "trade", "type": "update", "data": data}] if data else []

    def _updates(self, topic: Topic, since: int, until: int) -> Iterator[Json]:
        # A bar is told when something was traded in it; that it has ended is told by the next one alone.
        duration = TIMEFRAME_MS[topic.timeframe]
        for bar, _ in self.bar_updates(topic, since, until, filled=False):
            begin, end = max(since + 1, bar.open_time), min(until + 1, bar.open_time + duration)
            if self.market.trades(topic.symbol, begin, end):
                yield self._ohlc("update", topic, [bar], until)

    def _ohlc(self, kind: str, topic: Topic, bars: Sequence[Bar], now: int) -> Json:
        instrument = self.instrument(topic.symbol)
        duration = TIMEFRAME_MS[topic.timeframe]
        data = [
            {
                "symbol": topic.symbol,
                "open": float(instrument.price_text(bar.open)),
                "high": float(instrument.price_text(bar.high)),
                "low": float(instrument.price_text(bar.low)),
                "close": float(instrument.price_text(bar.close)),
                "trades": bar.trade_count,
                "volume": float(instrument.size_text(bar.volume)),
                "vwap": float(instrument.price_text(bar.close)),
                "interval_begin": _iso(bar.open_time),
                "interval": duration // MINUTE_MS,
                "timestamp": _iso(bar.open_time + duration),
            }
            for bar in bars
        ]
        return {"channel": "ohlc", "type": kind, "timestamp": _iso(now), "data": data}


def _after(since: str) -> int:
    """Return the first moment, ms UTC, that comes after `since`: seconds, or the nanoseconds of an answer's `last`."""
    return int(since) // 1_000_000 + 1 if len(since) > 12 else int(float(since) * 1_000)


def _result(result: Json) -> Answer:
    return Answer({"error": [], "result": result})


def _iso(moment: int) -> str:
    return datetime.fromtimestamp(moment / 1_000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
