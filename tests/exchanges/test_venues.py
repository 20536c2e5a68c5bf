"""The made-up exchanges that push bars, held to what an unmodified ccxt reads of them; and the server's faults."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import nullcontext
from typing import Any

import aiohttp
import ccxt.pro
import pytest
import pytest_asyncio

from tests.exchanges.pointing import an_unmodified_client
from tests.exchanges.server import ExchangeServer, an_exchange_server

EXCHANGES = ("binance", "binanceus", "bybit", "kraken", "kucoin")
NOON = 1_750_000_020_000
"""A moment within a minute, ms UTC."""
MINUTE = 60_000


@pytest_asyncio.fixture(params=EXCHANGES)
async def server(request: pytest.FixtureRequest) -> AsyncIterator[ExchangeServer]:
    async with an_exchange_server(request.param, speed=120.0, start=NOON) as started:
        yield started


@pytest_asyncio.fixture
async def client(server: ExchangeServer) -> AsyncIterator[Any]:
    [exchange] = server.venues
    async with an_unmodified_client(exchange, server.origin) as unmodified:
        yield unmodified


async def test_markets_tell_which_are_traded(client: Any) -> None:
    markets = await client.load_markets()
    active = {market["base"]: market["active"] for market in markets.values()}
    assert active == {"BTC": True, "ETH": True, "SOL": True, "DOGE": True, "QNT": True, "OMG": False}


@pytest.mark.parametrize("timeframe", ["1m", "5m", "1h", "1d"])
async def test_candles_are_those_that_the_markets_trades_make(
    server: ExchangeServer, client: Any, timeframe: str
) -> None:
    await client.load_markets()
    symbol = next(name for name in client.symbols if name.startswith("ETH"))
    duration = client.parse_timeframe(timeframe) * 1_000
    since = (NOON // duration - 20) * duration
    told = await client.fetch_ohlcv(symbol, timeframe, since, 20)
    truth = server.market(client.id).candles(symbol, timeframe, since, since + 20 * duration)
    assert len(truth) == 20
    assert told == truth


async def test_a_candle_that_is_pushed_last_for_its_minute_is_the_one_that_its_trades_make(
    server: ExchangeServer, client: Any
) -> None:
    await client.load_markets()
    symbol = next(name for name in client.symbols if name.startswith("BTC"))
    seen: dict[int, list[float]] = {}
    while len(seen) < 4:
        for candle in await client.watch_ohlcv(symbol, "1m"):
            seen[candle[0]] = list(candle)
    whole = sorted(seen)[1:-1]
    truth = server.market(client.id).candles(symbol, "1m", whole[0], whole[-1] + MINUTE)
    assert [seen[open_time] for open_time in whole] == truth


async def test_balances_are_told_to_the_right_key_and_nobody_else(client: Any) -> None:
    balance = await client.fetch_balance({"type": "spot"})
    assert balance["total"]["BTC"] == pytest.approx(2.25)
    client.secret = "YW5vdGhlcg=="
    # The library does not know Kraken's words for it.
    with pytest.raises(ccxt.ExchangeError if client.id == "kraken" else ccxt.AuthenticationError):
        await client.fetch_balance({"type": "spot"})


async def test_whoever_asks_before_retry_after_has_passed_is_told_again_and_noted(
    server: ExchangeServer, client: Any
) -> None:
    server.faults.too_many_requests(30.0)
    for _ in range(2):
        with pytest.raises(ccxt.NetworkError):
            await client.fetch_time()
    assert [request.too_early for request in server.requested(client.id)] == [False, True]


async def test_what_was_on_its_way_when_somebody_was_asked_to_wait_is_not_too_early(
    server: ExchangeServer, client: Any
) -> None:
    client.enableRateLimit = False
    server.faults.too_many_requests(30.0)
    answers = await asyncio.gather(client.fetch_time(), client.fetch_time(), return_exceptions=True)
    assert all(isinstance(answer, ccxt.NetworkError) for answer in answers)
    with pytest.raises(ccxt.NetworkError):
        await client.fetch_time()
    assert [request.too_early for request in server.requested(client.id)] == [False, False, True]


@pytest_asyncio.fixture
async def binance() -> AsyncIterator[ExchangeServer]:
    async with an_exchange_server("binance", speed=120.0, start=NOON) as started:
        yield started


async def test_a_fault_goes_out_in_place_of_the_answer_until_it_is_switched_off(binance: ExchangeServer) -> None:
    [exchange] = binance.venues
    answers = []
    async with aiohttp.ClientSession() as session:
        faults = binance.faults
        for fault in (faults.server_errors, faults.html_pages, faults.truncated_json, None):
            with fault() if fault else nullcontext():
                async with session.get(f"http://{binance.origin}/{exchange}/api/v3/time") as response:
                    answers.append((response.status, response.content_type, _is_json(await response.text())))
    assert answers == [
        (500, "text/plain", False),
        (200, "text/html", False),
        (200, "application/json", False),
        (200, "application/json", True),
    ]


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


async def test_a_stalled_connection_answers_pings_and_pushes_nothing(binance: ExchangeServer) -> None:
    [exchange] = binance.venues
    base = f"ws://{binance.origin}/{exchange}/stream/ws"
    market_id = next(iter(binance.market(exchange).instruments)).replace("/", "").lower()
    async with aiohttp.ClientSession() as session, session.ws_connect(base, autoping=False) as socket:
        await socket.send_json({"method": "SUBSCRIBE", "params": [f"{market_id}@trade"], "id": 1})
        assert await socket.receive_json() == {"result": None, "id": 1}
        binance.clock.skip(MINUTE)
        assert (await socket.receive_json())["e"] == "trade"
        with binance.faults.stall():
            for _ in range(2):
                await socket.ping()
                # What was under way when the stall began may come before the first answer, nothing before the second.
                before_pong = [frame.type async for frame in _until_pong(socket)]
                binance.clock.skip(10 * MINUTE)
        assert before_pong == []


async def _until_pong(socket: aiohttp.ClientWebSocketResponse) -> AsyncIterator[aiohttp.WSMessage]:
    while (frame := await socket.receive(timeout=10)).type is not aiohttp.WSMsgType.PONG:
        assert not socket.closed
        yield frame
