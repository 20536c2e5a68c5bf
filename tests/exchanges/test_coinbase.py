"""The made-up Coinbase, held to what an unmodified ccxt reads of it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import aiohttp
import ccxt.pro
import pytest

from tests.exchanges.pointing import an_unmodified_client
from tests.exchanges.server import ExchangeServer, an_exchange_server

NOON = 1_750_000_020_000
MINUTE = 60_000


@pytest.fixture
async def server() -> AsyncIterator[ExchangeServer]:
    async with an_exchange_server("coinbase", speed=120.0, start=NOON) as started:
        yield started


@pytest.fixture
async def client(server: ExchangeServer) -> AsyncIterator[Any]:
    async with an_unmodified_client("coinbase", server.origin) as unmodified:
        yield unmodified


async def test_markets_tell_which_are_traded(client: Any) -> None:
    markets = await client.load_markets()
    assert {market["id"]: market["active"] for market in markets.values()} == {
        "BTC-USD": True,
        "ETH-USD": True,
        "SOL-USD": True,
        "DOGE-USD": True,
        "QNT-USD": True,
        "OMG-USD": False,
    }


@pytest.mark.parametrize("timeframe", ["1m", "5m", "15m", "30m", "1h", "2h", "6h", "1d"])
async def test_candles_are_those_of_the_market_without_bars_that_have_no_trades(
    server: ExchangeServer, client: Any, timeframe: str
) -> None:
    await client.load_markets()
    duration = client.parse_timeframe(timeframe) * 1_000
    since = (NOON // duration - 40) * duration
    told = await client.fetch_ohlcv("QNT/USD", timeframe, since, 40)
    truth = server.market("coinbase").candles("QNT/USD", timeframe, since, since + 40 * duration)
    # The end that is asked for is in the answer, too.
    assert [bar for bar in told if bar[0] < since + 40 * duration] == [bar for bar in truth if bar[5] > 0]


@pytest.mark.parametrize("method", ["v2PublicGetTime", "v3PublicGetBrokerageTime"])
async def test_the_servers_time_is_the_markets(server: ExchangeServer, client: Any, method: str) -> None:
    before = server.clock.now_ms() // 1_000 * 1_000
    assert before <= await client.fetch_time({"method": method}) <= server.clock.now_ms()


async def test_the_last_trades_are_told_to_whoever_asks(server: ExchangeServer, client: Any) -> None:
    await client.load_markets()
    told = await client.fetch_trades("ETH/USD", limit=20)
    instrument = server.market("coinbase").instruments["ETH/USD"]
    truth = server.market("coinbase").trades("ETH/USD", told[0]["timestamp"], told[-1]["timestamp"] + 1)
    assert [(t["id"], t["timestamp"], t["price"], t["amount"], t["side"]) for t in told] == [
        (
            str(t.id),
            t.time,
            float(instrument.price_text(t.price)),
            float(instrument.size_text(t.size)),
            "buy" if t.buy else "sell",
        )
        for t in truth
    ]
    assert len(told) == 20


async def test_trades_are_pushed_once_each_in_order(server: ExchangeServer, client: Any) -> None:
    await client.load_markets()
    seen: dict[str, tuple[int, float, float]] = {}
    while len(seen) < 60:
        for trade in await client.watch_trades("BTC/USD"):
            seen[trade["id"]] = (trade["timestamp"], trade["price"], trade["amount"])
    times = [time for time, _, _ in seen.values()]
    assert times == sorted(times)
    instrument = server.market("coinbase").instruments["BTC/USD"]
    truth = server.market("coinbase").trades("BTC/USD", times[0], times[-1] + 1)
    expected = {
        str(t.id): (t.time, float(instrument.price_text(t.price)), float(instrument.size_text(t.size))) for t in truth
    }
    assert expected.items() >= seen.items()
    assert len(seen) == len({trade.id for trade in truth} & {int(key) for key in seen})


async def test_balances_of_several_accounts_of_a_currency_are_told_to_the_right_key_alone(client: Any) -> None:
    balance = await client.fetch_balance({"v3": True})
    assert balance["total"]["BTC"] == pytest.approx(2.25)
    client.secret = "another"
    with pytest.raises(ccxt.AuthenticationError):
        await client.fetch_balance({"v3": True})


async def test_what_is_unsubscribed_is_pushed_no_more(server: ExchangeServer, client: Any) -> None:
    await client.load_markets()
    await client.watch_trades("BTC/USD")
    await client.watch_trades("ETH/USD")
    assert server.subscribed("coinbase") == ["market_trades:BTC-USD", "market_trades:ETH-USD"]
    with suppress(TimeoutError):
        # The library waits until nothing at all is subscribed.
        async with asyncio.timeout(1):
            await client.un_watch_trades("ETH/USD")
    assert server.subscribed("coinbase") == ["market_trades:BTC-USD"]


async def test_the_library_hears_the_end_of_what_is_unsubscribed_last(server: ExchangeServer, client: Any) -> None:
    await client.load_markets()
    await client.watch_trades("BTC/USD")
    async with asyncio.timeout(10):
        await client.un_watch_trades("BTC/USD")
    assert server.subscribed("coinbase") == []


async def test_heartbeats_count_on_while_nothing_is_traded(server: ExchangeServer) -> None:
    async with aiohttp.ClientSession() as session, session.ws_connect(f"ws://{server.origin}/coinbase/ws") as socket:
        await socket.send_json({"type": "subscribe", "channel": "heartbeats"})
        answer = await socket.receive_json(timeout=10)
        assert answer["events"] == [{"subscriptions": {"heartbeats": [""]}}]
        beats = [await socket.receive_json(timeout=10) for _ in range(5)]
        assert {beat["channel"] for beat in beats} == {"heartbeats"}
        counts = [int(beat["events"][0]["heartbeat_counter"]) for beat in beats]
        assert counts == list(range(counts[0], counts[0] + 5))
        await socket.send_json({"type": "unsubscribe", "channel": "heartbeats"})
        while (answer := await socket.receive_json(timeout=10))["channel"] == "heartbeats":
            pass
        assert answer["events"] == [{"subscriptions": {}}]


async def test_too_many_candles_at_once_are_refused(client: Any) -> None:
    await client.load_markets()
    with pytest.raises(ccxt.ExchangeError):
        await client.v3_public_get_brokerage_market_products_product_id_candles(
            {"product_id": "BTC-USD", "granularity": "ONE_MINUTE", "start": "0", "end": str(400 * 60)}
        )
