"""Symbols that are watched from 15m up, without a live connection."""

import asyncio
from collections.abc import Sequence

import pytest

from runtime.engine.candles import DURATION_MS, Candle
from runtime.engine.ports.availability import SourceUnavailableError
from runtime.engine.sparse import GRACE_MS
from runtime.protocol.status import EngineState
from settingsapp.schema.vocabulary import TIMEFRAMES, Timeframe
from tests.runtime.fakes.engine import FakeWorld
from tests.runtime.fakes.feeds import START_MS, FakeFeed, a_candle
from tests.runtime.fakes.settings_source import FakeSettingsSource, a_document

QUARTER = DURATION_MS["15m"]
SPARSE = "simulated:ETH-USD"


class NotingFeed(FakeFeed):
    """Notes what was asked of it, in order."""

    def __init__(self, timeframes: Sequence[Timeframe] = TIMEFRAMES) -> None:
        super().__init__("simulated", ["BTC-USD", "ETH-USD"], timeframes)
        self.asked: list[tuple[str, str]] = []
        self.ranges: list[tuple[str, str, int, int]] = []

    async def warmup(self, symbol: str, timeframe: Timeframe, bars: int) -> Sequence[Candle]:
        self.asked.append((symbol, timeframe))
        return await super().warmup(symbol, timeframe, bars)

    async def history(self, symbol: str, timeframe: Timeframe, since: int, until: int) -> Sequence[Candle]:
        self.ranges.append((symbol, timeframe, since, until))
        return await super().history(symbol, timeframe, since, until)


def a_world(feed: FakeFeed | None = None, **fields: object) -> FakeWorld:
    """BTC-USD is watched live, ETH-USD without a live connection."""
    document = a_document(**{"symbols": ["BTC-USD"], "sparse_symbols": ["ETH-USD"]} | fields)
    return FakeWorld(feed=feed or NotingFeed(), source=FakeSettingsSource(document))


async def _loaded(world: FakeWorld) -> None:
    await world.outbox.until(lambda: SPARSE in world.state.market.tracked)


def _newest(world: FakeWorld) -> int:
    last = world.state.market.last_bar(world.feed.key("ETH-USD", "15m"))
    assert last is not None
    return last.open_time


async def test_it_has_no_live_connection_and_no_candles_shorter_than_15m() -> None:
    world = a_world()
    async with world.warmed_up():
        await _loaded(world)
        shown = [series.timeframe for series in world.state.market.series_of(SPARSE)]
        assert world.feed.subscribed == {"BTC-USD"}
    assert shown == ["15m", "1h", "4h", "1d"]


async def test_its_history_is_loaded_last_and_keeps_nobody_waiting() -> None:
    feed = NotingFeed()
    world = a_world(feed)
    async with world.running():
        await _loaded(world)
        await world.shows(EngineState.RUNNING)
    assert [symbol for symbol, _ in feed.asked] == ["BTC-USD"] * 6 + ["ETH-USD"] * 4


async def test_the_engine_runs_while_a_sparse_history_is_still_being_read() -> None:
    class Slow(NotingFeed):
        async def warmup(self, symbol: str, timeframe: Timeframe, bars: int) -> Sequence[Candle]:
            if symbol == "ETH-USD":
                await asyncio.Event().wait()
            return await super().warmup(symbol, timeframe, bars)

    async with a_world(Slow()).warmed_up() as world:
        assert world.state.market.tracked == ("simulated:BTC-USD",)


async def test_each_closed_bar_is_read_once_it_has_ended_and_its_alerts_are_timely() -> None:
    feed = NotingFeed()
    world = a_world(feed)
    async with world.warmed_up():
        await _loaded(world)
        key = feed.key("ETH-USD", "15m")
        feed.corrected[key, START_MS] = a_candle(key, START_MS, 150.0)
        world.clock.suspend((QUARTER + GRACE_MS) / 1000)
        await world.outbox.until(lambda: world.outbox.alerts)
        await world.outbox.until(lambda: _newest(world) == START_MS)
        alerts = [alert for alert in world.outbox.alerts if alert.symbol == "ETH-USD"]
    assert {(alert.timeframe, alert.open_time, alert.late) for alert in alerts} == {("15m", START_MS, False)}
    assert [asked for asked in feed.ranges if asked[0] == "ETH-USD"] == [
        ("ETH-USD", "15m", START_MS, START_MS + QUARTER)
    ]


async def test_bars_that_ended_long_before_they_were_read_alert_late() -> None:
    feed = NotingFeed()
    world = a_world(feed)
    async with world.warmed_up():
        await _loaded(world)
        key = feed.key("ETH-USD", "15m")
        feed.corrected[key, START_MS] = a_candle(key, START_MS, 150.0)
        world.clock.suspend((4 * QUARTER + GRACE_MS) / 1000)
        await world.outbox.until(lambda: _newest(world) == START_MS + 3 * QUARTER)
        hour = world.state.market.last_bar(feed.key("ETH-USD", "1h"))
        assert hour is not None
        assert hour.open_time == START_MS
        first = [alert for alert in world.outbox.alerts if alert.open_time == START_MS and alert.timeframe == "15m"]
    assert first
    assert all(alert.late for alert in first)


async def test_what_cannot_be_read_is_told_once_stale_meanwhile_and_read_again() -> None:
    feed = NotingFeed()
    world = a_world(feed)
    async with world.warmed_up():
        await _loaded(world)
        feed.history_troubles = [SourceUnavailableError("too many requests") for _ in range(4)]
        world.clock.suspend((QUARTER + GRACE_MS) / 1000)
        await world.outbox.until(lambda: world.outbox.statuses[-1].stale_series == (f"{SPARSE}:15m",))
        await world.outbox.until(lambda: _newest(world) == START_MS)
        await world.outbox.until(lambda: world.outbox.statuses[-1].stale_series == ())
    assert world.outbox.errors == [("warning", SPARSE, "its last candles can't be read yet: too many requests")]


async def test_a_bar_that_the_exchange_does_not_tell_of_stays_open_until_the_next() -> None:
    feed = NotingFeed()
    world = a_world(feed)
    feed.absent.add((feed.key("ETH-USD", "15m"), START_MS))
    async with world.warmed_up():
        await _loaded(world)
        world.clock.suspend((QUARTER + GRACE_MS) / 1000)
        await world.outbox.until(lambda: feed.ranges)
        assert _newest(world) == START_MS - QUARTER
        world.clock.suspend(QUARTER / 1000)
        await world.outbox.until(lambda: _newest(world) == START_MS + QUARTER)
        held = world.state.market.candles(feed.key("ETH-USD", "15m"))
    assert [candle.synthetic for candle in held[-2:]] == [True, False]


async def test_a_symbol_changes_between_the_two_ways_with_the_document() -> None:
    world = a_world()
    async with world.warmed_up():
        await _loaded(world)
        world.source.save(symbols=["BTC-USD", "ETH-USD"], sparse_symbols=[])
        await world.outbox.until(lambda: "ETH-USD" in world.feed.subscribed)
        assert len(world.state.market.series_of(SPARSE)) == 6
        world.source.save(symbols=["BTC-USD"], sparse_symbols=["ETH-USD"])
        await world.outbox.until(lambda: len(world.state.market.series_of(SPARSE)) == 4)
        assert world.feed.subscribed == {"BTC-USD"}


async def test_what_is_held_is_watched_live_whatever_list_it_stands_on() -> None:
    world = a_world(position_symbols=["ETH-USD"], livermore_runtime={"start_mode": "position-monitor"})
    async with world.warmed_up():
        await world.outbox.until(lambda: world.feed.subscribed == {"ETH-USD"})
        assert len(world.state.market.series_of(SPARSE)) == 6


async def test_an_exchange_without_longer_candles_says_that_it_cannot_be_watched_so() -> None:
    async with a_world(NotingFeed(("1m", "5m"))).running() as world:
        await world.outbox.until(lambda: world.outbox.errors)
    told = f"{SPARSE} can't be watched: simulated has no candles of 15m or longer"
    assert world.outbox.errors == [("error", SPARSE, told)]


@pytest.mark.parametrize(("timeframes", "outcome"), [(None, "succeeded"), (["15m"], "succeeded"), (["1m"], "refused")])
async def test_its_candles_can_be_read_again_in_the_timeframes_that_it_has(
    timeframes: list[str] | None, outcome: str
) -> None:
    async with a_world().warmed_up() as world:
        await _loaded(world)
        payload = {"symbol": "ETH-USD"} | ({"timeframes": timeframes} if timeframes else {})
        end = await world.do("force-backfill", payload)
    assert end.result.outcome == outcome
    assert outcome == "succeeded" or "watched in 15m, 1h, 4h, 1d, not in 1m" in (end.result.message or "")
