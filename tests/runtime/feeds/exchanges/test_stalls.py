"""Connections that are open and tell nothing: how soon that is shown, and how soon the feed is back."""

import asyncio
import time
from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager, AsyncExitStack, nullcontext
from decimal import Decimal
from typing import Final

import pytest

from runtime.engine.warming import RETRY_SECONDS
from runtime.feeds.exchanges.timing import Timing
from runtime.protocol.status import LOST
from tests.exchanges.market import Instrument
from tests.exchanges.server import VENUES, ExchangeServer, an_exchange_server
from tests.runtime.feeds.exchanges.following import NOON, SPEED, Follower, following, names

SHOWN_WITHIN: Final = 30.0
BACK_WITHIN: Final = 60.0


def _traded(quote: str, trades_a_day: int) -> Sequence[Instrument]:
    """Return one that is traded all the time, and two that nobody trades."""

    def instrument(base: str, price: str, times: int) -> Instrument:
        tick, lot = Decimal("0.01"), Decimal("0.00001")
        return Instrument(base, quote, Decimal(price), tick, lot, times, steady=times > 1)

    return (instrument("BTC", "61000", trades_a_day), instrument("QNT", "100", 1), instrument("XTZ", "1", 1))


@pytest.mark.parametrize("exchange", ["binance", "coinbase"])
async def test_a_stall_that_outlasts_the_reconnect_is_found_again_and_shown_until_it_ends(exchange: str) -> None:
    traded = _traded(VENUES[exchange].quote, 28_800)
    # Those that are never traded come last: asked about alone, they would never tell of the stall.
    symbols = [f"{base}{'-' if exchange == 'coinbase' else ''}{traded[0].quote}" for base in ("BTC", "QNT", "XTZ")]
    async with (
        an_exchange_server(exchange, speed=SPEED, start=NOON, traded=traded) as server,
        following(server, exchange, *symbols) as follower,
    ):
        await follower.until(lambda: bool(follower.candles))
        with server.faults.stall():
            await follower.until(lambda: len(follower.losses) >= 2)
            assert [loss.partition(":")[0] for loss in follower.losses] == ["stalled"] * 2
            assert follower.feed.status().state == "stalled"
        known = len(follower.candles)
        await follower.until(lambda: len(follower.candles) > known)
        assert follower.feed.status().state == "connected"
        # What never was connected was no reconnection.
        assert follower.feed.status().reconnects == 1


async def test_one_symbol_that_was_never_told_of_since_it_was_subscribed_is_found_beside_others_that_are() -> None:
    async with (
        an_exchange_server("binance", speed=SPEED, start=NOON) as server,
        following(server, "binance", "SOLUSDT", "BTCUSDT") as follower,
    ):
        await follower.until(lambda: bool(follower.of("SOLUSDT")))
        with server.faults.stall(symbol="ETH/USDT"):
            await follower.feed.subscribe(["ETHUSDT"])
            await follower.until(lambda: bool(follower.losses))
            assert follower.losses[0].startswith("stalled: it has told nothing of ETHUSDT for ")
        await follower.until(lambda: bool(follower.of("ETHUSDT")))


async def test_a_symbol_that_is_never_pushed_is_asked_for_and_costs_the_others_no_more_connections() -> None:
    async with (
        an_exchange_server("binance", speed=SPEED, start=NOON) as server,
        following(server, "binance", "SOLUSDT", "BTCUSDT", "ETHUSDT") as follower,
    ):
        with server.faults.stall(symbol="ETH/USDT"):
            await follower.until(lambda: len(follower.of("ETHUSDT")) >= 5)
            assert len(follower.losses) == 2
            assert all(loss.startswith("stalled: it has told nothing of ETHUSDT for ") for loss in follower.losses)
            status = follower.feed.status()
            assert status.state == "connected"
            assert status.message == "it pushes nothing of ETHUSDT: asked for every minute instead"
            told = follower.of("ETHUSDT")
            bars = server.market("binance").candles("ETH/USDT", "1m", told[0].open_time, told[-1].close_time)
            closes = {int(bar[0]): bar[4] for bar in bars}
            assert [candle.close for candle in told] == [closes[candle.open_time] for candle in told]
        # Pushed after all, it is told as any other is.
        await follower.until(lambda: follower.feed.status().message == "")
        known = len(follower.of("ETHUSDT"))
        await follower.until(lambda: len(follower.of("ETHUSDT")) > known)
        assert len(follower.losses) == 2


async def test_a_market_in_which_nothing_is_traded_is_connected_once_the_exchange_was_asked() -> None:
    traded = _traded("USDT", 1)[1:]
    async with (
        an_exchange_server("binance", speed=1.0, start=NOON, traded=traded) as server,
        following(server, "binance", "QNTUSDT", "XTZUSDT") as follower,
    ):
        await follower.until(lambda: follower.feed.status().state == "connected")
        asked = len(server.requested("binance", "klines"))
        await follower.until(lambda: len(server.requested("binance", "klines")) >= asked + 4)
        assert follower.losses == []


class _States:
    """Which states a feed went through, each with when it began, in seconds of the real clock."""

    def __init__(self, follower: Follower) -> None:
        self._follower = follower
        self.known: list[tuple[float, str]] = []

    async def watch(self) -> None:
        while True:
            state = self._follower.feed.status().state
            if not self.known or self.known[-1][1] != state:
                self.known.append((time.monotonic(), state))
            await asyncio.sleep(0.1)

    def since(self, moment: float) -> list[str]:
        return [state for at, state in self.known if at >= moment]

    def after(self, moment: float, states: Collection[str]) -> float:
        """Return how many seconds after a moment it first was in one of these states."""
        return next(at - moment for at, known in self.known if at >= moment and known in states)


Break = Callable[[ExchangeServer, str], AbstractContextManager[object]]


def _stall(server: ExchangeServer, exchange: str) -> AbstractContextManager[object]:
    return server.faults.stall(f"/{exchange}/")


def _half_open(server: ExchangeServer, exchange: str) -> AbstractContextManager[object]:
    assert server.faults.half_open(f"/{exchange}/")
    return nullcontext()


@pytest.mark.parametrize(("break_it", "lasts"), [(_half_open, 0.0), (_stall, 0.0), (_stall, 100.0)])
async def test_at_default_times_a_stall_is_shown_within_30_s_and_the_feed_is_back_within_60_s(
    break_it: Break, lasts: float, request: pytest.FixtureRequest, record_property: Callable[[str, object], None]
) -> None:
    """`lasts`: seconds; 0: until the exchange has been connected to again."""
    if not request.config.getoption("--full"):
        pytest.skip("it takes its time: python -m tests.long")
    traded = {name: _traded(venue.quote, 86_400) for name, venue in VENUES.items()}
    async with AsyncExitStack() as servers:
        running = {
            name: await servers.enter_async_context(an_exchange_server(name, speed=1.0, traded=traded[name]))
            for name in VENUES
        }
        took = await asyncio.gather(*(_stalled(server, break_it, lasts) for server in running.values()))
    for name, (shown, back) in zip(running, took, strict=True):
        record_property(f"{name}, {lasts:.0f} s: shown after, s; back after, s", (round(shown, 1), round(back, 1)))
    assert max(shown for shown, _ in took) <= SHOWN_WITHIN
    assert max(back for _, back in took) <= BACK_WITHIN


async def _stalled(server: ExchangeServer, break_it: Break, lasts: float) -> tuple[float, float]:
    """Return after how many seconds it was shown, and after how many the feed was back: from its end on, if it lasts
    longer than it takes to connect again.
    """
    [exchange] = server.venues
    symbols = names(server, "BTC", "QNT", "XTZ")
    async with following(server, exchange, *symbols, timing=Timing(), rest=RETRY_SECONDS) as follower:
        states = _States(follower)
        watching = asyncio.create_task(states.watch())
        try:
            await follower.until(lambda: bool(follower.candles), 200)
            opened = server.opened
            begun = ended = time.monotonic()
            with break_it(server, exchange):
                await follower.until(lambda: bool(LOST.intersection(states.since(begun))), 100)
                await follower.until(lambda: server.opened > opened, 100)
                if lasts:
                    await asyncio.sleep(lasts - (time.monotonic() - begun))
                    ended = time.monotonic()
                    # However often it is connected to meanwhile, it is not said to work.
                    assert LOST.issuperset(states.since(begun)), exchange
            await follower.until(lambda: "connected" in states.since(begun), 100)
            known = len(follower.candles)
            await follower.until(lambda: len(follower.candles) > known, 200)
            return states.after(begun, LOST), states.after(ended, {"connected"})
        finally:
            watching.cancel()
