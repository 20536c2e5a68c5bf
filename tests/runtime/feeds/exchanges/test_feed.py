"""A real exchange's feed, against a server that speaks its formats."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from decimal import Decimal

import pytest

from runtime.engine.candles import Candle
from runtime.engine.ports.availability import SourceUnavailableError
from runtime.engine.ports.feeds import UnknownInstrumentError
from runtime.feeds.exchanges.feed import ExchangeFeed
from settingsapp.schema.vocabulary import Timeframe
from tests.exchanges.market import Instrument
from tests.exchanges.pointing import point
from tests.exchanges.server import ExchangeServer, an_exchange_server
from tests.runtime.fake_clock import FakeClock
from tests.runtime.feeds.exchanges.following import MINUTE, NOON, QUICK, SPEED, following, names


def truth(server: ExchangeServer, candles: Sequence[Candle]) -> list[list[float]]:
    """Return what the market says of the bars from the first to the last of these, those without trades left out."""
    key = candles[0].series
    [venue] = server.venues.values()
    unified = venue.symbol(key.symbol)
    assert unified is not None
    bars = venue.market.candles(unified, key.timeframe, candles[0].open_time, candles[-1].open_time + 1)
    return [bar for bar in bars if bar[5] > 0]


def rows(candles: Sequence[Candle]) -> list[list[float]]:
    return [[c.open_time, c.open, c.high, c.low, c.close, c.volume] for c in candles if c.volume > 0]


def near(expected: Sequence[Sequence[float]]) -> object:
    return [pytest.approx(row, rel=1e-9) for row in expected]


@pytest.fixture(params=["binance", "coinbase"])
async def server(request: pytest.FixtureRequest) -> AsyncIterator[ExchangeServer]:
    async with an_exchange_server(request.param, speed=SPEED, start=NOON) as started:
        yield started


@pytest.mark.parametrize("server", ["binance", "coinbase", "kraken"], indirect=True)
async def test_live_candles_are_closed_ones_and_those_that_the_markets_trades_make(server: ExchangeServer) -> None:
    [exchange] = server.venues
    btc, eth = names(server, "BTC", "ETH")
    async with following(server, exchange, btc, eth) as follower:
        await follower.until(lambda: min(len(follower.of(btc)), len(follower.of(eth))) >= 4)
        for symbol in (btc, eth):
            told = follower.of(symbol)
            assert rows(told) == near(truth(server, told))
            assert all(candle.close_time <= server.clock.now_ms() for candle in told)
        assert follower.losses == []
        status = follower.feed.status()
        assert status.state == "connected"
        assert status.connected_since is not None
        assert status.last_message_at is not None
        assert status.rest_latency_ms is not None


@pytest.mark.parametrize("exchange", ["bybit", "kraken", "kucoin"])
async def test_every_connection_after_the_first_tells_candles_too(exchange: str) -> None:
    async with an_exchange_server(exchange, speed=2 * SPEED, start=NOON) as server:
        [btc] = names(server, "BTC")
        async with following(server, exchange, btc) as follower:
            await follower.until(lambda: bool(follower.candles))
            await server.faults.cut()
            await follower.until(lambda: bool(follower.losses))
            known = len(follower.candles)
            await follower.until(lambda: len(follower.candles) > known)
            assert rows(follower.candles[known:]) == near(truth(server, follower.candles[known:]))


@pytest.mark.parametrize("timeframe", ["1m", "4h"])
async def test_histories_are_closed_bars_in_order_over_several_pages(
    server: ExchangeServer, timeframe: Timeframe
) -> None:
    [exchange] = server.venues
    [eth] = names(server, "ETH")
    async with following(server, exchange) as follower:
        told = await follower.feed.warmup(eth, timeframe, 1_200)
        assert told[-1].close_time - told[0].open_time >= 1_190 * (told[1].open_time - told[0].open_time)
        assert rows(told) == near(truth(server, told))
        assert told[-1].close_time <= server.clock.now_ms()
        middle = await follower.feed.history(eth, timeframe, told[5].open_time, told[9].open_time)
        assert list(middle) == list(told[5:9])


@pytest.mark.parametrize("server", ["kraken"], indirect=True)
async def test_of_an_exchange_that_tells_no_more_than_its_last_bars_a_history_begins_with_the_oldest_of_them(
    server: ExchangeServer,
) -> None:
    [exchange] = server.venues
    [eth] = names(server, "ETH")
    async with following(server, exchange) as follower:
        told = await follower.feed.history(eth, "4h", NOON - 1_000 * 240 * MINUTE, NOON + 240 * MINUTE)
        # The one that grows is among the 720.
        assert len(told) == 719
        assert rows(told) == near(truth(server, told))


async def test_an_instrument_that_is_not_traded_is_told_with_what_comes_near(server: ExchangeServer) -> None:
    [exchange] = server.venues
    [btc, omg] = names(server, "BTC", "OMG")
    async with following(server, exchange) as follower:
        await follower.feed.check(btc)
        for wrong in (btc.lower(), "BTC-USDT", "BTC/USDT"):
            with pytest.raises(UnknownInstrumentError, match=f"did you mean {btc}"):
                await follower.feed.check(wrong)
        with pytest.raises(UnknownInstrumentError, match="does not trade it now"):
            await follower.feed.check(omg)


async def test_a_symbol_that_is_unsubscribed_is_told_no_more_and_asked_for_no_more(server: ExchangeServer) -> None:
    [exchange] = server.venues
    btc, eth = names(server, "BTC", "ETH")
    async with following(server, exchange, btc, eth) as follower:
        await follower.until(lambda: bool(follower.of(btc)) and bool(follower.of(eth)))
        await follower.feed.unsubscribe([eth])
        count = len(follower.of(eth))
        await follower.until(lambda: len(follower.of(btc)) >= 4)
        assert len(follower.of(eth)) == count
        assert not any(eth.lower() in words for words in server.subscribed(exchange))
        assert follower.losses == []


@pytest.mark.parametrize("server", ["coinbase"], indirect=True)
async def test_a_symbol_that_is_subscribed_again_is_told_again_without_a_new_connection(server: ExchangeServer) -> None:
    [exchange] = server.venues
    btc, eth = names(server, "BTC", "ETH")
    async with following(server, exchange, btc, eth) as follower:
        await follower.until(lambda: bool(follower.of(btc)) and bool(follower.of(eth)))
        await follower.feed.unsubscribe([eth])
        await follower.until(lambda: len(server.subscribed(exchange)) == 1)
        count = len(follower.of(eth))
        await follower.feed.subscribe([eth])
        await follower.until(lambda: len(follower.of(eth)) >= count + 2)
        assert len(server.subscribed(exchange)) == 2
        assert follower.losses == []
        again = follower.of(eth)[count:]
        assert rows(again) == near(truth(server, again))


async def test_a_bar_whose_beginning_came_before_the_connection_is_not_told_as_if_it_were_whole() -> None:
    busy = Instrument("BTC", "USD", Decimal(61_000), Decimal("0.01"), Decimal("0.00001"), trades_a_day=144_000)
    async with an_exchange_server("coinbase", speed=1.0, start=NOON, traded=[busy]) as server:
        slow = server.faults.slow(0.5, "/coinbase/ws", times=1)
        async with following(server, "coinbase", "BTC-USD") as follower:
            await follower.until(lambda: slow.hits > 0)
            # It is subscribed 50 seconds into the next minute, and begins by telling half a minute of trades.
            server.clock.skip(MINUTE + 50_000)
            await follower.until(lambda: follower.feed.status().last_message_at is not None)
            for _ in range(2):
                server.clock.skip(MINUTE)
                await follower.until(
                    lambda: server.clock.now_ms() - (follower.feed.status().last_message_at or 0) < MINUTE
                )
            await follower.until(lambda: bool(follower.candles))
            assert rows(follower.candles) == near(truth(server, follower.candles))


async def _cut(server: ExchangeServer) -> None:
    await server.faults.cut(abruptly=True)


async def _end(server: ExchangeServer) -> None:
    await server.faults.cut()


async def _stall(server: ExchangeServer) -> None:
    with server.faults.stall():
        await asyncio.sleep(2.0)


async def _half_open(server: ExchangeServer) -> None:
    server.faults.half_open()


async def _malformed(server: ExchangeServer) -> None:
    server.faults.malformed_frames(times=1)


async def _truncated(server: ExchangeServer) -> None:
    server.faults.truncated_frames(times=1)


FAULTS = [_cut, _end, _stall, _half_open, _malformed, _truncated]
IN_EVERY_RUN = (_stall,)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__.strip("_"))
async def test_after_a_broken_stream_live_candles_and_the_gap_that_is_read_are_those_of_the_market(
    fault: Callable[[ExchangeServer], Awaitable[None]], request: pytest.FixtureRequest
) -> None:
    if fault not in IN_EVERY_RUN and not request.config.getoption("--full"):
        pytest.skip("one of the faults of the long form: python -m tests.long")
    async with (
        an_exchange_server("binance", speed=SPEED, start=NOON) as server,
        following(server, "binance", "BTCUSDT", "SOLUSDT") as follower,
    ):
        await follower.until(lambda: len(follower.of("BTCUSDT")) >= 2)
        await asyncio.sleep(random.uniform(0, 1))
        await fault(server)
        await follower.until(lambda: bool(follower.losses))
        known = len(follower.candles)
        await follower.until(lambda: follower.feed.status().state == "connected")
        await follower.until(lambda: {c.series.symbol for c in follower.candles[known:]} == {"BTCUSDT", "SOLUSDT"})
        for symbol in ("BTCUSDT", "SOLUSDT"):
            told = follower.of(symbol)
            assert [c.open_time for c in told] == sorted({c.open_time for c in told})
            first, last = told[0].open_time, told[-1].open_time
            gaps = await follower.feed.history(symbol, "1m", first, last + MINUTE)
            whole = {c.open_time: c for c in (*gaps, *told)}
            assert rows([whole[t] for t in sorted(whole)]) == near(truth(server, told))
        assert follower.feed.status().reconnects >= 1
        if fault in (_stall, _half_open):
            assert follower.losses[0].startswith("stalled: ")


async def test_nothing_is_asked_before_retry_after_has_passed() -> None:
    async with (
        an_exchange_server("binance", speed=SPEED, start=NOON) as server,
        following(server, "binance", "BTCUSDT") as follower,
    ):
        await follower.until(lambda: bool(follower.candles))
        server.faults.too_many_requests(2.0)
        with pytest.raises(SourceUnavailableError, match="asks us to wait for"):
            await follower.feed.history("BTCUSDT", "1m", NOON - 5 * MINUTE, NOON)
        with pytest.raises(SourceUnavailableError, match="asks us to wait for"):
            await follower.feed.history("BTCUSDT", "1m", NOON - 5 * MINUTE, NOON)
        await server.faults.cut(abruptly=True)
        await follower.until(lambda: bool(follower.losses))
        await follower.until(lambda: follower.feed.status().state == "connected")
        known = len(follower.candles)
        await follower.until(lambda: len(follower.candles) > known)
        assert await follower.feed.history("BTCUSDT", "1m", NOON - 5 * MINUTE, NOON)
        assert not any(request.too_early for request in server.requests)


@pytest.mark.parametrize("fault", ["server_errors", "html_pages", "truncated_json"])
async def test_an_answer_that_is_none_is_an_exchange_that_cannot_be_asked_now(fault: str) -> None:
    async with (
        an_exchange_server("binance", speed=SPEED, start=NOON) as server,
        following(server, "binance") as follower,
    ):
        with getattr(server.faults, fault)(), pytest.raises(SourceUnavailableError, match=r"^it "):
            await follower.feed.check("BTCUSDT")
        await follower.feed.check("BTCUSDT")
        with getattr(server.faults, fault)(), pytest.raises(SourceUnavailableError, match=r"^it "):
            await follower.feed.history("BTCUSDT", "1m", NOON - 5 * MINUTE, NOON)


@pytest.mark.parametrize("server", ["binance", "coinbase", "kucoin"], indirect=True)
async def test_an_empty_list_where_there_were_candles_is_asked_for_again_and_then_is_no_answer(
    server: ExchangeServer,
) -> None:
    [exchange] = server.venues
    [eth] = names(server, "ETH")
    async with following(server, exchange) as follower:
        feed = follower.feed
        await feed.check(eth)

        async def warmed_up() -> Sequence[Candle]:
            return await feed.warmup(eth, "1m", 750)

        async def read() -> Sequence[Candle]:
            return await feed.history(eth, "1m", NOON - 5 * MINUTE, NOON)

        for ask in (warmed_up, read):
            with server.faults.empty(), pytest.raises(SourceUnavailableError, match="empty lists"):
                await ask()
            with server.faults.empty(times=1) as fault:
                once = await ask()
            assert fault.hits == 1
            assert rows(once) == near(truth(server, once))
            assert once[0].open_time <= NOON - 5 * MINUTE


async def test_a_time_without_trades_is_believed_of_an_exchange_that_tells_candles_of_another_time() -> None:
    rare = Instrument("QNT", "USD", Decimal(100), Decimal("0.01"), Decimal("0.001"), trades_a_day=1, steady=False)
    async with (
        an_exchange_server("coinbase", speed=1.0, start=NOON, traded=[rare]) as server,
        following(server, "coinbase") as follower,
    ):
        [trade] = server.market("coinbase").last_trades("QNT/USD", 1, NOON)
        began = trade.time - trade.time % MINUTE
        for _ in range(2):
            assert await follower.feed.history("QNT-USD", "1m", began + MINUTE, began + 10 * MINUTE) == []
            told = await follower.feed.history("QNT-USD", "1m", began, began + 10 * MINUTE)
            assert [candle.open_time for candle in told] == [began]


async def test_an_exchange_that_nobody_answers_for_is_said_to_be_out_of_reach(free_port: int) -> None:
    origin = f"127.0.0.1:{free_port}"
    feed = ExchangeFeed("binance", FakeClock(), timing=QUICK, prepare=lambda client: point(client, origin))
    try:
        with pytest.raises(SourceUnavailableError, match=r"^it can't be reached$"):
            await feed.check("BTCUSDT")
        with pytest.raises(SourceUnavailableError, match=r"^it can't be reached$"):
            await anext(aiter(feed.closed()))
        status = feed.status()
        assert (status.state, status.message, status.reconnects) == ("disconnected", "it can't be reached", 0)
    finally:
        await feed.close()


async def test_an_exchange_that_names_no_instruments_is_asked_again() -> None:
    async with (
        an_exchange_server("binance", speed=SPEED, start=NOON) as server,
        following(server, "binance") as follower,
    ):
        with server.faults.empty(), pytest.raises(SourceUnavailableError, match="names no instruments"):
            await follower.feed.check("BTCUSDT")
        await follower.feed.check("BTCUSDT")
