"""The caches: what is written can be read, and nothing else is ever cleared."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.bus.connections import AsyncRedis
from runtime.bus.keys import candles, indicators, ticker
from runtime.bus.market_cache import CANDLES_KEPT, RedisMarketCache, _pattern
from runtime.engine.candles import Candle, SeriesKey
from runtime.engine.ports.market_cache import CacheScope
from settingsapp.schema.vocabulary import Timeframe
from tests.runtime.bus.leading import a_leader

pytestmark = pytest.mark.stores

MINUTE = 60_000
BTC = SeriesKey("simulated", "BTC-USD", "1m")
BTC_5M = SeriesKey("simulated", "BTC-USD", "5m")
ETH = SeriesKey("simulated", "ETH-USD", "1m")


@pytest.fixture
async def cache(own_redis: AsyncRedis, sub: str) -> RedisMarketCache:
    leader = await a_leader(own_redis, sub)
    return RedisMarketCache(own_redis, sub, leader.token)


def a_candle(series: SeriesKey, minute: int, close: float = 1.5) -> Candle:
    return Candle(series, minute * MINUTE, 1.0, 2.0, 0.5, close, 10.25, synthetic=minute % 2 == 1)


async def fill(cache: RedisMarketCache) -> None:
    await cache.write(
        [a_candle(BTC, 0), a_candle(BTC_5M, 0), a_candle(ETH, 0)], {key: {"macdv": 1.0} for key in (BTC, BTC_5M, ETH)}
    )


async def test_candles_come_back_as_they_were_written_in_order(cache: RedisMarketCache) -> None:
    written = [a_candle(BTC, minute, 1 + minute / 7) for minute in range(5)]
    await cache.write(written[::-1], {})
    assert await cache.candles(BTC) == written


async def test_the_last_price_is_that_of_the_newest_candle(cache: RedisMarketCache, own_redis: AsyncRedis) -> None:
    await cache.write([a_candle(BTC, 3, 9.0), a_candle(BTC, 2, 8.0)], {})
    assert await own_redis.get(ticker("simulated", "BTC-USD")) == b'{"last":9.0,"time":240000}'


async def test_the_oldest_candle_falls_out_when_a_newer_one_comes_in(cache: RedisMarketCache) -> None:
    await cache.replace(BTC, [a_candle(BTC, minute) for minute in range(CANDLES_KEPT + 100)])
    assert len(await cache.candles(BTC)) == CANDLES_KEPT
    await cache.write([a_candle(BTC, CANDLES_KEPT + 100)], {})
    held = await cache.candles(BTC)
    assert len(held) == CANDLES_KEPT
    assert (held[0].open_time, held[-1].open_time) == (101 * MINUTE, (CANDLES_KEPT + 100) * MINUTE)


async def test_a_series_stored_anew_has_nothing_of_the_old_one(cache: RedisMarketCache) -> None:
    await cache.write([a_candle(BTC, minute) for minute in range(5)], {})
    await cache.replace(BTC, [a_candle(BTC, 7)])
    assert await cache.candles(BTC) == [a_candle(BTC, 7)]


@pytest.mark.parametrize(
    ("scope", "symbol", "timeframe", "left"),
    [
        (CacheScope.ALL, None, None, set()),
        (
            CacheScope.CANDLES,
            None,
            None,
            {
                *(indicators(*key) for key in (BTC, BTC_5M, ETH)),
                ticker("simulated", "BTC-USD"),
                ticker("simulated", "ETH-USD"),
            },
        ),
        (
            CacheScope.INDICATORS,
            None,
            None,
            {
                *(candles(*key) for key in (BTC, BTC_5M, ETH)),
                ticker("simulated", "BTC-USD"),
                ticker("simulated", "ETH-USD"),
            },
        ),
        (
            CacheScope.TICKERS,
            None,
            None,
            {*(candles(*key) for key in (BTC, BTC_5M, ETH)), *(indicators(*key) for key in (BTC, BTC_5M, ETH))},
        ),
        (
            CacheScope.SYMBOL,
            "simulated:BTC-USD",
            None,
            {candles(*ETH), indicators(*ETH), ticker("simulated", "ETH-USD")},
        ),
        (
            CacheScope.SYMBOL,
            "simulated:BTC-USD",
            "1m",
            {
                *(candles(*key) for key in (BTC_5M, ETH)),
                *(indicators(*key) for key in (BTC_5M, ETH)),
                ticker("simulated", "ETH-USD"),
            },
        ),
    ],
)
async def test_only_the_scope_is_cleared_and_never_by_keys(
    cache: RedisMarketCache,
    own_redis: AsyncRedis,
    scope: CacheScope,
    symbol: str | None,
    timeframe: Timeframe | None,
    left: set[str],
) -> None:
    await fill(cache)
    others = {"livermore:intent:x", "livermore:candlesticks:simulated:BTC-USD:1m", "someone:livermore:candles:x"}
    for other in others:
        await own_redis.set(other, 1)
    before = {key.decode() async for key in own_redis.scan_iter()}
    await own_redis.config_resetstat()
    cleared = await cache.clear(scope, symbol, timeframe)
    after = {key.decode() async for key in own_redis.scan_iter()}
    assert {key for key in after if key.startswith(("livermore:candles:", "livermore:ind", "livermore:tick"))} == left
    assert others <= after
    assert cleared == len(before) - len(after)
    assert "cmdstat_keys" not in await own_redis.info("commandstats")


async def test_more_than_a_page_of_keys_is_cleared(cache: RedisMarketCache, own_redis: AsyncRedis) -> None:
    pipeline = own_redis.pipeline(transaction=False)
    for number in range(1_234):
        pipeline.set(ticker("simulated", f"S{number}"), 1)
    await pipeline.execute()
    assert await cache.clear(CacheScope.TICKERS) == 1_234


async def test_statistics_count_the_caches_alone(cache: RedisMarketCache) -> None:
    empty = await cache.statistics()
    await fill(cache)
    filled = await cache.statistics()
    assert (empty["keys"], empty["memoryBytes"]) == (0, 0)
    assert filled["keys"] == 8
    assert filled["memoryBytes"] > 8 * 50
    assert set(filled) == {"keys", "memoryBytes", "hits", "misses"}


@given(st.text("ABC/_.-*?[]^\\", min_size=1, max_size=8))
def test_a_symbol_stands_for_itself_in_a_pattern_whatever_it_is_made_of(symbol: str) -> None:
    pattern = _pattern("livermore:tickers", f"x:{symbol}", None).removeprefix("livermore:tickers:x:")
    unescaped, rest = "", pattern
    while rest:
        escaped = rest[0] == "\\"
        assert escaped or rest[0] not in "*?["
        unescaped += rest[1] if escaped else rest[0]
        rest = rest[2 if escaped else 1 :]
    assert unescaped == symbol


async def test_a_batch_of_many_series_is_stored_whole(cache: RedisMarketCache, own_redis: AsyncRedis) -> None:
    keys = [SeriesKey("simulated", f"COIN{number}-USD", "1m") for number in range(1_200)]
    written = [a_candle(key, number, 1 + number / 7) for number, key in enumerate(keys)]
    await cache.write(written, {key: {"macdv": float(number)} for number, key in enumerate(keys)})
    for number in (0, 499, 500, 999, 1_000, 1_199):
        assert await cache.candles(keys[number]) == [written[number]]
        assert await own_redis.get(indicators(*keys[number])) == b'{"macdv":%d.0}' % number
        last = written[number]
        assert await own_redis.get(ticker("simulated", f"COIN{number}-USD")) == (
            b'{"last":%s,"time":%d}' % (repr(last.close).encode(), last.close_time)
        )


async def test_a_candle_that_is_no_number_is_not_stored(cache: RedisMarketCache) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        await cache.write([a_candle(BTC, 1), a_candle(ETH, 1, float("nan"))], {})
    assert await cache.candles(BTC) == []
