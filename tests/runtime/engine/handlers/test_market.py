"""Commands that concern candles and caches."""

import pytest

from runtime.engine.candles import SeriesKey
from runtime.engine.ports.availability import SourceUnavailableError
from runtime.engine.ports.market_cache import CacheScope
from runtime.protocol.answers import Outcome, Result
from runtime.protocol.status import EngineState
from tests.runtime.fakes.engine import FakeWorld
from tests.runtime.fakes.feeds import START_MS, FakeFeed, a_candle

BTC = SeriesKey("simulated", "BTC-USD", "1m")
MINUTE = 60_000


async def test_a_backfill_reads_the_whole_range_again_and_counts_what_was_wrong() -> None:
    world = FakeWorld()
    world.feed.absent = {(BTC, START_MS), (BTC, START_MS + MINUTE)}
    async with world.warmed_up():
        world.feed.close_candle("BTC-USD", START_MS + 2 * MINUTE, 101.0)
        await world.outbox.until(lambda: world.state.market.last_bar(BTC).open_time == START_MS + 2 * MINUTE)  # type: ignore[union-attr]
        held = len(world.state.market.candles(BTC))
        world.feed.absent.clear()
        world.feed.corrected[BTC, START_MS + 2 * MINUTE] = a_candle(BTC, START_MS + 2 * MINUTE, 105.0)
        first = await world.do("force-backfill", {"symbol": "BTC-USD"})
        again = await world.do("force-backfill", {"symbol": "BTC-USD", "timeframes": ["1m"]})
        last = world.state.market.last_bar(BTC)
    assert first.result.data == {
        "symbol": "simulated:BTC-USD",
        "read": held,
        "missing": 2,
        "changed": 1,
        "withdrawn": 0,
        "late": 1,
        "failed": [],
    }
    assert first.result.message == (
        f"simulated:BTC-USD: {held} candles read again, 2 missing before, 1 corrected; 0 alerts withdrawn, 1 added late"
    )
    assert again.result.data["missing"] == again.result.data["changed"] == 0
    assert last is not None
    assert last.close == 105.0
    assert world.cache.series[BTC][-1].close == 105.0


async def test_a_backfill_tells_how_far_it_is() -> None:
    world = FakeWorld(feed=FakeFeed("simulated", ["BTC-USD"], ("1m", "5m")))
    async with world.warmed_up():
        ended = await world.do("force-backfill", {"symbol": "BTC-USD"})
    assert world.queue.told == [
        (ended.id, 0, 2, "simulated:BTC-USD: reading 1m"),
        (ended.id, 1, 2, "simulated:BTC-USD: reading 5m"),
        (ended.id, 2, 2, "simulated:BTC-USD: all read"),
    ]


async def test_what_could_not_be_read_is_named_and_the_rest_is_done() -> None:
    world = FakeWorld(feed=FakeFeed("simulated", ["BTC-USD"], ("1m", "5m")))
    async with world.warmed_up():
        world.feed.history_troubles = [SourceUnavailableError("too many requests")]
        ended = await world.do("force-backfill", {"symbol": "BTC-USD"})
    assert ended.result.outcome is Outcome.FAILED
    assert ended.result.data["failed"] == ["1m: too many requests"]
    assert ended.result.data["read"] == 750
    assert ended.result.message.endswith("not read: 1m: too many requests")


async def test_progress_that_cannot_be_told_costs_the_backfill_nothing() -> None:
    async with FakeWorld().warmed_up() as world:
        world.queue.failures["progress"] = [SourceUnavailableError("Redis is away")] * 2
        ended = await world.do("force-backfill", {"symbol": "BTC-USD"})
    assert ended.result.success


@pytest.mark.parametrize(
    ("payload", "text"),
    [
        (
            {"symbol": "ETH-USD"},
            "simulated:ETH-USD is not watched, so there is nothing to fill; add-symbol first",
        ),
        (
            {"symbol": "BTC-USD", "timeframes": ["1m", "4h", "1d"]},
            "simulated:BTC-USD is watched in 1m, not in 4h, 1d",
        ),
    ],
)
async def test_a_backfill_of_what_there_is_not_is_refused(payload: dict[str, object], text: str) -> None:
    async with FakeWorld().warmed_up() as world:
        ended = await world.do("force-backfill", payload)
    assert ended.result == Result(Outcome.REFUSED, text)


async def test_a_symbol_taken_off_while_it_is_read_again_is_said() -> None:
    async with FakeWorld().warmed_up() as world:
        world.feed.reading.clear()
        backfill = world.queue.queued("force-backfill", {"symbol": "BTC-USD"})
        world.queue.put(backfill)
        await world.queue.until(lambda: world.queue.told)
        assert (await world.do("remove-symbol", {"symbol": "BTC-USD"})).result.success
        world.feed.reading.set()
        ended = await world.queue.end_of(backfill)
    assert ended.result.outcome is Outcome.FAILED
    assert ended.result.message == (
        "simulated:BTC-USD is no longer watched: it was taken off while its candles were read"
    )


@pytest.mark.parametrize(
    ("payload", "asked"),
    [
        ({"scope": "all"}, (CacheScope.ALL, None, None)),
        ({"scope": "candles"}, (CacheScope.CANDLES, None, None)),
        (
            {"scope": "symbol", "symbol": "BTC-USD", "timeframe": "1m"},
            (CacheScope.SYMBOL, "simulated:BTC-USD", "1m"),
        ),
    ],
)
async def test_what_was_lost_with_a_cleared_cache_is_loaded_again_warming_and_silent(
    payload: dict[str, object], asked: tuple[CacheScope, str | None, str | None]
) -> None:
    async with FakeWorld().warmed_up() as world:
        loads = world.feed.warmups
        world.feed.reading.clear()
        ended = await world.do("clear-cache", payload)
        await world.shows(EngineState.WARMING)
        assert not world.state.market.ready(BTC)
        world.feed.reading.set()
        await world.shows(EngineState.RUNNING)
        assert world.feed.warmups == loads + 1
        assert len(world.cache.series[BTC]) == 750
    assert world.cache.clears == [asked]
    assert ended.result.data["symbols"] == 1
    assert ended.result.message.endswith("cleared; 1 symbol is being loaded again")


@pytest.mark.parametrize("scope", ["indicators", "tickers"])
async def test_what_the_engine_still_knows_is_written_again_without_asking_the_exchange(scope: str) -> None:
    async with FakeWorld().warmed_up() as world:
        loads = world.feed.warmups
        ended = await world.do("clear-cache", {"scope": scope})
        assert world.feed.warmups == loads
        assert BTC in world.cache.readings
        assert "simulated:BTC-USD" in world.cache.prices
        assert EngineState.RUNNING is world.state.phase
    assert ended.result.message.endswith("cleared; what the engine knows is written again")


async def test_clearing_twice_is_clearing_once() -> None:
    async with FakeWorld().warmed_up() as world:
        await world.do("clear-cache", {"scope": "all"})
        await world.do("clear-cache", {"scope": "all"})
        await world.outbox.until(lambda: world.state.market.tracked and not world.state.warming)
        await world.shows(EngineState.RUNNING)
    assert world.state.market.tracked == ("simulated:BTC-USD",)
    assert world.feed.subscribed == {"BTC-USD"}


async def test_a_cache_that_is_away_fails_the_command_with_the_reason() -> None:
    async with FakeWorld().warmed_up() as world:
        world.cache.trouble = SourceUnavailableError("Redis does not answer")
        ended = await world.do("clear-cache", {"scope": "indicators"})
    assert ended.result == Result(Outcome.FAILED, "Redis does not answer")


async def test_a_series_that_never_had_bars_is_filled() -> None:
    world = FakeWorld()
    world.feed.warmup_bars = 0
    async with world.running():
        await world.outbox.until(lambda: world.state.market.tracked and not world.state.warming)
        world.feed.warmup_bars = None
        ended = await world.do("force-backfill", {"symbol": "BTC-USD"})
        assert len(world.state.market.candles(BTC)) == 750
    counts = {"read": 750, "missing": 750, "changed": 0, "withdrawn": 0, "late": 0}
    assert ended.result.data == {"symbol": "simulated:BTC-USD", **counts, "failed": []}
