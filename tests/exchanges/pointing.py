"""Where the server speaks for which exchange, as ccxt wants to be told."""

import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import ccxt.pro

from tests.exchanges.server import SENT_AT, VENUES


def urls(exchange: str, origin: str) -> dict[str, Any]:
    """Return what belongs into `urls["api"]` of a ccxt client. `origin`: the server's, `127.0.0.1:4711`.

    It is to stand instead of what is there, so that nothing of it leads out of this machine. Raises ValueError.
    """
    http, ws = f"http://{origin}/{exchange}", f"ws://{origin}/{exchange}"
    match exchange:
        case "binance":
            return {
                "public": f"{http}/api/v3",
                "private": f"{http}/api/v3",
                "sapi": f"{http}/sapi/v1",
                "fapiPublic": f"{http}/fapi/v1",
                "dapiPublic": f"{http}/dapi/v1",
                # The client takes it for spot by `/stream`.
                "ws": {"spot": f"{ws}/stream/ws"},
            }
        case "binanceus":
            return {
                "public": f"{http}/api/v3",
                "private": f"{http}/api/v3",
                "sapi": f"{http}/sapi/v1",
                "ws": {"spot": f"{ws}/stream/ws"},
            }
        case "bybit":
            # By `spot` in the path the client tells which market speaks.
            return {"public": http, "private": http, "ws": {"public": {"spot": f"{ws}/v5/public/spot"}}}
        case "coinbase":
            return {"rest": http, "ws": f"{ws}/ws"}
        case "kucoin":
            # Where its websockets are it tells itself.
            return {"public": http, "private": http, "uta": http, "utaPrivate": http}
        case "kraken":
            return {"public": http, "private": http, "ws": {"public": f"{ws}/v1", "publicV2": f"{ws}/v2"}}
    raise ValueError(f"the server does not speak for {exchange}; it does for {', '.join(VENUES)}")


def options(exchange: str) -> dict[str, Any]:
    """Return options that spare a client the markets that the server has none of."""
    if exchange == "kucoin":
        return {"fetchMarkets": {"types": ["spot"], "fetchTickersFees": False}}
    if exchange in {"binance", "bybit"}:
        return {"fetchMarkets": {"types": ["spot"]}}
    return {}


@asynccontextmanager
async def an_unmodified_client(exchange: str, origin: str) -> AsyncIterator[Any]:
    """A ccxt client as it comes, with the server's keys, that asks as fast as it likes; it is closed at the end."""
    client = getattr(ccxt.pro, exchange)({**credentials(exchange), "enableRateLimit": False})
    client.has["fetchCurrencies"] = False
    point(client, origin)
    try:
        yield client
    finally:
        await client.close()


def credentials(exchange: str) -> Mapping[str, str]:
    """Return the keys that the server takes, by ccxt's names: apiKey, secret, and password where there is one."""
    keys = VENUES[exchange].keys
    named = {"apiKey": keys.api_key, "secret": keys.secret}
    return {**named, "password": keys.passphrase} if keys.passphrase else named


def point(client: Any, origin: str) -> None:
    """Let a ccxt client (ccxt, ccxt.async_support or ccxt.pro) speak to the server instead of the exchange."""
    client.urls["api"] = urls(client.id, origin)
    client.options = client.deep_extend(client.options, options(client.id))
    # The library's own hook for headers, called when a request goes out.
    client.set_headers = lambda headers: headers | {SENT_AT: repr(time.monotonic())}
