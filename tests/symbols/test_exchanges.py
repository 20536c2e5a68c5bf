"""What is read of an exchange: six of them, as their servers answer, and what is made of an answer that is none."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from runtime.feeds.exchanges.client import ExchangeClient
from runtime.feeds.exchanges.timing import Timing
from symbols.exchanges import ExchangeUnavailableError, load
from symbols.instruments import Instrument
from tests.exchanges.faults import Faults
from tests.exchanges.pointing import point
from tests.exchanges.server import ExchangeServer, an_exchange_server

NOW = 1_772_971_200_000


async def read(server: ExchangeServer, exchange: str, **arguments: Any) -> tuple[Instrument, ...]:
    prepare = partial(_point, origin=server.origin)
    return await asyncio.to_thread(load, exchange, NOW, prepare=prepare, **arguments)


def _point(client: Any, origin: str) -> None:
    point(client, origin)
    client.enableRateLimit = False


@pytest.mark.parametrize("exchange", ["binance", "binanceus", "bybit", "coinbase", "kraken", "kucoin"])
async def test_instruments_are_named_as_the_feed_names_them_and_have_prices(exchange: str) -> None:
    told: list[tuple[int, int, str]] = []
    async with an_exchange_server(exchange) as server:
        found = {one.base: one for one in await read(server, exchange, tell=lambda *step: told.append(step))}
        client = ExchangeClient(exchange, Timing(), partial(_point, origin=server.origin))
        try:
            await client.ready()
            assert {one.symbol for one in found.values() if one.active} == {one.symbol for one in client.instruments()}
            assert await client.unified(found["ETH"].symbol) == found["ETH"].unified
        finally:
            await client.close()
    assert told[0] == (0, 2, "instruments")
    assert told[-1] == (2, 2, "")
    eth = found["ETH"]
    assert eth.last_price is not None
    assert eth.volume_24h is not None
    assert (eth.exchange, eth.active, eth.priced_at) == (exchange, True, NOW)
    assert eth.price_step is not None
    assert eth.price_step < 1


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Faults.html_pages, "it answered with an error|names no instruments|not available"),
        (Faults.truncated_json, "it answered with an error|names no instruments|not available"),
        (Faults.server_errors, "not available now"),
        (lambda faults: faults.too_many_requests(5.0), "too many requests"),
    ],
)
async def test_an_answer_that_is_none_is_said_in_words(fault: Callable[[Faults], None], words: str) -> None:
    async with an_exchange_server("binance") as server:
        fault(server.faults)
        with pytest.raises(ExchangeUnavailableError, match=words):
            await read(server, "binance")


async def test_an_exchange_that_is_not_there_is_said_in_words() -> None:
    async with an_exchange_server("binance") as server:
        pass
    with pytest.raises(ExchangeUnavailableError, match="can't be reached"):
        await read(server, "binance")


def test_the_simulated_exchange_has_its_made_up_instruments_without_a_network() -> None:
    found = load("simulated", NOW)
    assert (len(found), found[0].symbol, found[0].priced_at) == (30, "BTC-USD", NOW)
    assert all(one.bid and one.ask and one.bid < one.ask for one in found)
    with pytest.raises(ExchangeUnavailableError, match="no exchange that can be connected to"):
        load("nowhere", NOW)
