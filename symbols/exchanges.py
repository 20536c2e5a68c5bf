"""What an exchange trades, asked of the exchange itself: the one place of this app that speaks ccxt.

Public data alone: no keys are needed, and none are known here.
"""

import asyncio
import importlib
import math
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

from settingsapp.schema.exchange_names import EXCHANGE_NAMES
from settingsapp.schema.vocabulary import SIMULATED
from symbols.exchange_words import in_words
from symbols.instruments import Instrument
from symbols.simulated import SIMULATED_INSTRUMENTS, SimulatedInstrument

PATIENCE: Final = 20.0
"""Seconds for one answer: some exchanges send megabytes."""

SPOT_ONLY: Final[Mapping[str, Mapping[str, Any]]] = {
    # Without it they load every derivative there is.
    "binance": {"fetchMarkets": {"types": ["spot"]}},
    "bybit": {"fetchMarkets": {"types": ["spot"]}},
    "kucoin": {"fetchMarkets": {"types": ["spot"], "fetchTickersFees": False}},
}
"""Options by exchange."""

Prepare = Callable[[Any], None]
"""Changes a ccxt client before its first call."""
Tell = Callable[[int, int, str], None]
"""Hears how far it is: done, of how many, and what comes next."""


class ExchangeUnavailableError(Exception):
    """The exchange can't be asked now, or its answer is none; the text says why, as part of a sentence."""


def unprepared(_: Any) -> None:
    """Leave a client as it is."""


def _untold(_done: int, _total: int, _next: str) -> None:
    """Tell nobody."""


def load(exchange: str, now_ms: int, *, tell: Tell = _untold, prepare: Prepare = unprepared) -> tuple[Instrument, ...]:
    """Return all spot instruments of an exchange with their prices, as of `now_ms`. Raises ExchangeUnavailableError.

    It blocks: call it where no event loop runs.
    """
    if exchange == SIMULATED:
        return tuple(_simulated(one, place, now_ms) for place, one in enumerate(SIMULATED_INSTRUMENTS))
    if exchange not in EXCHANGE_NAMES:
        raise ExchangeUnavailableError(f"{exchange} is no exchange that can be connected to")
    client = _client(exchange)
    prepare(client)
    # Between two steps no loop runs, so that whoever is told may do as they like.
    with asyncio.Runner() as runner:
        try:
            tell(0, 2, "instruments")
            markets = runner.run(_markets(client))
            tell(1, 2, "prices")
            tickers = runner.run(_tickers(client, markets))
            tell(2, 2, "")
        except ExchangeUnavailableError:
            raise
        except Exception as error:
            raise ExchangeUnavailableError(in_words(error, PATIENCE)) from error
        finally:
            runner.run(client.close())
    return tuple(_instrument(exchange, market, tickers.get(name, {}), now_ms) for name, market in markets.items())


def _client(exchange: str) -> Any:
    library = importlib.import_module("ccxt.async_support")
    options = {"defaultType": "spot", **SPOT_ONLY.get(exchange, {})}
    client = getattr(library, exchange)({"enableRateLimit": True, "timeout": int(PATIENCE * 1_000), "options": options})
    # It costs more requests, on some exchanges keys, and tells nothing that is needed.
    client.has["fetchCurrencies"] = False
    return client


async def _markets(client: Any) -> dict[str, Mapping[str, Any]]:
    markets = {name: market for name, market in (await client.load_markets(True)).items() if market.get("spot")}
    if not any(market.get("active") is not False for market in markets.values()):
        # An answer that is cut short can look like an exchange without instruments.
        raise ExchangeUnavailableError("it names no instruments")
    return markets


async def _tickers(client: Any, markets: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
    """Return the prices of all; none where the exchange tells them one by one alone: that would take for ever."""
    if not client.has.get("fetchTickers"):
        return {}
    # Some exchanges want to be told which, and others can't take so many names in one address.
    wanted = None if client.has.get("fetchTickers") != "emulated" else list(markets)
    found: Mapping[str, Mapping[str, Any]] = await client.fetch_tickers(wanted)
    return found


def _instrument(exchange: str, market: Mapping[str, Any], ticker: Mapping[str, Any], now_ms: int) -> Instrument:
    precision = market.get("precision") or {}
    last = _positive(ticker.get("last"))
    volume = _number(ticker.get("quoteVolume"))
    if volume is None and last is not None and (base := _number(ticker.get("baseVolume"))) is not None:
        volume = base * last
    return Instrument(
        exchange=exchange,
        symbol=str(market["id"]),
        unified=str(market["symbol"]),
        base=str(market["base"]),
        quote=str(market["quote"]),
        active=market.get("active") is not False,
        price_step=_positive(precision.get("price")),
        amount_step=_positive(precision.get("amount")),
        listed_at=_moment(market.get("created")),
        last_price=last,
        change_24h=_number(ticker.get("percentage")),
        volume_24h=volume,
        bid=_positive(ticker.get("bid")),
        ask=_positive(ticker.get("ask")),
        priced_at=now_ms if ticker else None,
    )


def _number(value: object) -> float | None:
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None


def _positive(value: object) -> float | None:
    number = _number(value)
    return number if number is not None and number > 0 else None


def _moment(value: object) -> int | None:
    number = _positive(value)
    return None if number is None else int(number)


def _simulated(one: SimulatedInstrument, place: int, now_ms: int) -> Instrument:
    """Return a made-up instrument with made-up numbers, the same for ever: the first trades most."""
    half = one.tick / 2
    return Instrument(
        exchange=SIMULATED,
        symbol=one.symbol,
        unified=f"{one.base}/{one.quote}",
        base=one.base,
        quote=one.quote,
        price_step=float(one.tick),
        amount_step=1e-8,
        last_price=float(one.price),
        change_24h=round(math.sin(place * 1.7) * 8, 2),
        volume_24h=float((Decimal(2_000_000_000) / (place + 1) ** 2 / _dollars(one.quote)).quantize(Decimal("0.01"))),
        bid=float(one.price - half),
        ask=float(one.price + half),
        priced_at=now_ms,
    )


def _dollars(currency: str) -> Decimal:
    return next((one.price for one in SIMULATED_INSTRUMENTS if one.base == currency and one.quote == "USD"), Decimal(1))
