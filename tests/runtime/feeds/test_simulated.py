import itertools

import pytest

from runtime.engine.candles import DURATION_MS, MINUTE_MS, Candle
from runtime.engine.holdings import added_up, holdings, mapped
from runtime.engine.ports.feeds import AccountFeed, KeyVariables, UnknownInstrumentError
from runtime.feeds.simulated import SimulatedFeed
from settingsapp.schema.vocabulary import TIMEFRAMES
from tests.runtime.fake_clock import FakeClock

# Nineteen seconds into a minute.
NOW = 1_763_856_019_000


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NOW)


@pytest.fixture
def feed(clock: FakeClock) -> SimulatedFeed:
    return SimulatedFeed(clock, clock.sleep)


async def next_candles(feed: SimulatedFeed, count: int) -> list[Candle]:
    found: list[Candle] = []
    async for batch in feed.closed():
        assert batch
        found += batch
        if len(found) >= count:
            break
    return found


async def test_the_warmup_ends_with_the_last_closed_candle(feed: SimulatedFeed, clock: FakeClock) -> None:
    for timeframe in TIMEFRAMES:
        candles = await feed.warmup("BTC-USD", timeframe, 750)
        assert len(candles) == 750
        assert candles[-1].close_time <= clock.now_ms() < candles[-1].close_time + DURATION_MS[timeframe]


async def test_history_holds_closed_candles_of_the_range_alone(feed: SimulatedFeed) -> None:
    since = NOW - 5 * MINUTE_MS
    candles = await feed.history("BTC-USD", "1m", since, NOW + 10 * MINUTE_MS)
    first = 1_763_856_000_000 - 4 * MINUTE_MS
    assert [c.open_time for c in candles] == [first + i * MINUTE_MS for i in range(4)]
    assert [c.open_time for c in await feed.history("BTC-USD", "1m", first, first + MINUTE_MS)] == [first]
    assert await feed.history("BTC-USD", "1d", -5, 1) == [(await feed.history("BTC-USD", "1d", 0, 1))[0]]


async def test_a_minute_that_has_ended_comes_for_each_subscribed_symbol(feed: SimulatedFeed, clock: FakeClock) -> None:
    await feed.subscribe(["BTC-USD", "ETH-USD"])
    candles = await next_candles(feed, 4)
    assert [(c.series.symbol, c.close_time) for c in candles] == [
        ("BTC-USD", 1_763_856_060_000),
        ("ETH-USD", 1_763_856_060_000),
        ("BTC-USD", 1_763_856_120_000),
        ("ETH-USD", 1_763_856_120_000),
    ]
    assert clock.now_ms() == 1_763_856_120_000
    assert feed.status().last_message_at == 1_763_856_120_000
    assert candles[2] == (await feed.history("BTC-USD", "1m", candles[2].open_time, clock.now_ms()))[0]


async def test_after_a_suspension_only_the_newest_candle_comes(feed: SimulatedFeed, clock: FakeClock) -> None:
    await feed.subscribe(["BTC-USD"])
    opened = []
    async for (candle,) in feed.closed():
        opened.append(candle.open_time)
        if len(opened) == 1:
            clock.suspend(3_600)
        if len(opened) == 3:
            break
    assert [later - opened[0] for later in opened] == [0, 60 * MINUTE_MS, 61 * MINUTE_MS]


async def test_a_clock_that_is_set_back_brings_no_candle_twice(feed: SimulatedFeed, clock: FakeClock) -> None:
    await feed.subscribe(["BTC-USD"])
    opened = []
    async for (candle,) in feed.closed():
        opened.append(candle.open_time)
        if len(opened) == 2:
            clock.suspend(-90)
        if len(opened) == 4:
            break
    assert [b - a for a, b in itertools.pairwise(opened)] == [MINUTE_MS] * 3


async def test_a_symbol_that_is_dropped_comes_no_more(feed: SimulatedFeed) -> None:
    await feed.subscribe(["BTC-USD", "ETH-USD"])
    await feed.unsubscribe(["BTC-USD", "SOL-USD"])
    assert {c.series.symbol for c in await next_candles(feed, 2)} == {"ETH-USD"}


async def test_an_unknown_symbol_is_told_with_near_ones(feed: SimulatedFeed) -> None:
    await feed.check("BTC-USD")
    with pytest.raises(UnknownInstrumentError, match="has no BTC-USDT; did you mean BTC-USD"):
        await feed.check("BTC-USDT")
    with pytest.raises(UnknownInstrumentError, match="it has 30, such as BTC-USD"):
        await feed.subscribe(["QQQ"])


def test_the_status_says_that_prices_are_made_up(feed: SimulatedFeed) -> None:
    status = feed.status()
    assert (feed.exchange, status.state, feed.symbols()) == ("simulated", "connected", None)
    assert "made up" in status.message
    assert feed.timeframes == TIMEFRAMES


async def test_the_made_up_holdings_become_positions_at_its_own_prices(feed: SimulatedFeed) -> None:
    assert isinstance(feed, AccountFeed)
    held = added_up(await feed.balances(KeyVariables()))
    markets = mapped(held, await feed.instruments())
    prices = await feed.last_prices([market.symbol for market in markets.values()])
    found = holdings(held, markets, prices, 1.0)
    assert [(one.symbol, one.amount) for one in found.positions] == [
        ("BTC-USD", 0.15),
        ("ETH-USD", 2.5),
        ("LINK-USD", 60.0),
        ("SOL-USD", 30.0),
    ]
    assert [one.currency for one in found.left_out] == ["DOGE"]
    (last,) = await feed.warmup("BTC-USD", "1m", 1)
    assert prices["BTC-USD"] == last.close
    assert "holdings, are made up" in feed.status().message
