"""The made-up Kraken, held to what an unmodified ccxt reads of it beyond what all exchanges have."""

from collections.abc import AsyncIterator
from typing import Any

import ccxt.pro
import pytest

from tests.exchanges.pointing import an_unmodified_client
from tests.exchanges.server import ExchangeServer, an_exchange_server

NOON = 1_750_000_020_000
MINUTE = 60_000


@pytest.fixture
async def server() -> AsyncIterator[ExchangeServer]:
    async with an_exchange_server("kraken", speed=120.0, start=NOON) as started:
        yield started


@pytest.fixture
async def client(server: ExchangeServer) -> AsyncIterator[Any]:
    async with an_unmodified_client("kraken", server.origin) as unmodified:
        await unmodified.load_markets()
        yield unmodified


def test_old_currencies_have_old_names(client: Any) -> None:
    assert {symbol: client.market(symbol)["id"] for symbol in ("BTC/USD", "ETH/USD", "DOGE/USD", "SOL/USD")} == {
        "BTC/USD": "XXBTZUSD",
        "ETH/USD": "XETHZUSD",
        "DOGE/USD": "XDGUSD",
        "SOL/USD": "SOLUSD",
    }


@pytest.mark.parametrize("timeframe", ["1m", "1h"])
async def test_of_candles_the_last_720_are_told_whatever_is_asked_for(
    server: ExchangeServer, client: Any, timeframe: str
) -> None:
    duration = client.parse_timeframe(timeframe) * 1_000
    now = server.clock.now_ms()
    told = await client.fetch_ohlcv("ETH/USD", timeframe, now - 2_000 * duration)
    assert len(told) == 720
    assert now - duration < told[-1][0] <= server.clock.now_ms()
    finished = told[:-1]
    truth = server.market("kraken").candles("ETH/USD", timeframe, finished[0][0], finished[-1][0] + 1)
    assert finished == truth


@pytest.mark.parametrize("timeframe", ["1m", "5m"])
async def test_a_subscription_begins_with_the_last_bars(server: ExchangeServer, client: Any, timeframe: str) -> None:
    duration = client.parse_timeframe(timeframe) * 1_000
    await client.watch_ohlcv("BTC/USD", timeframe)
    *finished, growing = [list(bar) for bar in client.ohlcvs["BTC/USD"][timeframe]]
    # The bar that has just begun may have no trade yet.
    assert len(finished) >= 8
    assert growing[0] == finished[-1][0] + duration
    assert finished == server.market("kraken").candles("BTC/USD", timeframe, finished[0][0], growing[0])


async def test_trades_of_rest_and_of_the_websocket_are_the_markets(server: ExchangeServer, client: Any) -> None:
    asked = [await client.fetch_trades("BTC/USD", limit=30), await client.watch_trades("BTC/USD")]
    instrument = server.market("kraken").instruments["BTC/USD"]
    for told in asked:
        truth = server.market("kraken").trades("BTC/USD", told[0]["timestamp"], told[-1]["timestamp"] + 1)
        assert [(t["timestamp"], t["price"], t["amount"], t["side"]) for t in told] == [
            (
                t.time,
                float(instrument.price_text(t.price)),
                float(instrument.size_text(t.size)),
                "buy" if t.buy else "sell",
            )
            for t in truth
        ]
    assert len(asked[0]) == 30


async def test_trades_since_a_moment_begin_there_and_tell_where_to_go_on(server: ExchangeServer, client: Any) -> None:
    since = NOON - 30 * MINUTE
    first = await client.public_get_trades({"pair": "XXBTZUSD", "since": since // 1_000, "count": 5})
    second = await client.public_get_trades({"pair": "XXBTZUSD", "since": first["result"]["last"], "count": 5})
    told = [int(row[6]) for answer in (first, second) for row in answer["result"]["XXBTZUSD"]]
    truth = server.market("kraken").trades("BTC/USD", since, NOON)
    assert told == [trade.id for trade in truth[:10]]


async def test_the_servers_time_is_the_markets(server: ExchangeServer, client: Any) -> None:
    before = server.clock.now_ms() // 1_000 * 1_000
    assert before <= await client.fetch_time() <= server.clock.now_ms()


async def test_balances_bear_the_unified_names(client: Any) -> None:
    balance = await client.fetch_balance()
    assert balance["total"] == pytest.approx({"BTC": 2.25, "ETH": 10.0, "DOGE": 0.0})
    assert balance["used"]["BTC"] == pytest.approx(0.25)


async def test_a_pair_that_there_is_none_of_is_refused(client: Any) -> None:
    with pytest.raises(ccxt.ExchangeError, match="Unknown asset pair"):
        await client.public_get_ohlc({"pair": "NONEUSD"})
