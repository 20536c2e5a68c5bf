"""A candle's way to alerts and caches: late, silent, stale."""

import asyncio

from runtime.engine.market_data import GAPS_AT_ONCE
from runtime.engine.ports.availability import LeaseLostError, SourceUnavailableError
from runtime.engine.ports.positions import Entry
from runtime.protocol.alerts import AlertKind
from runtime.protocol.status import EngineState
from tests.runtime.fakes.engine import FakeWorld
from tests.runtime.fakes.feeds import START_MS, FakeFeed, a_candle
from tests.runtime.fakes.outbox import FakeOutbox
from tests.runtime.fakes.settings_source import FakeSettingsSource, a_document

MINUTE = 60_000


def a_held_position() -> FakeWorld:
    """An engine in position-monitor that holds BTC-USD, bought at 100, with its limits 5 % below and above."""
    source = FakeSettingsSource(
        a_document(
            position_symbols=["BTC-USD"],
            livermore_runtime={"start_mode": "position-monitor"},
            perseus_profile={
                "primary_exchange": "simulated",
                "trade_settings": {"stop_loss_percentage": 5, "take_profit_percentage": 5},
            },
        )
    )
    world = FakeWorld(source=source)
    world.positions.entries.append(Entry("simulated:BTC-USD", 100.0, START_MS))
    return world


async def _taken(world: FakeWorld, open_time: int) -> None:
    key = world.feed.key("BTC-USD")

    def seen() -> bool:
        last = world.state.market.last_bar(key)
        return last is not None and last.open_time >= open_time and not world.state.market_lock.locked()

    await world.outbox.until(seen)


async def test_a_live_candle_alerts_and_is_cached() -> None:
    async with a_held_position().warmed_up() as world:
        world.feed.close_candle("BTC-USD", START_MS, 90.0)
        await world.outbox.until(lambda: any(a.kind is AlertKind.STOP_LOSS for a in world.outbox.alerts))
        await _taken(world, START_MS)
        stop_loss = next(a for a in world.outbox.alerts if a.kind is AlertKind.STOP_LOSS)
        assert not stop_loss.late
        assert stop_loss.open_time == START_MS
        await world.outbox.until(lambda: world.outbox.statuses[-1].last_signal_at is not None)
        assert world.cache.prices["simulated:BTC-USD"] == 90.0


async def test_the_status_says_when_what_the_indicators_say_has_changed() -> None:
    async with FakeWorld().warmed_up() as world:
        before = world.state.readings_at
        assert before is not None
        world.clock.suspend(1)
        world.feed.close_candle("BTC-USD", START_MS, 90.0)
        await _taken(world, START_MS)
        await world.outbox.until(lambda: (world.outbox.statuses[-1].readings_at or 0) > before)


async def test_while_paused_candles_are_stored_and_alerts_come_late_if_at_all() -> None:
    async with a_held_position().warmed_up() as world:
        await world.do("pause")
        world.feed.close_candle("BTC-USD", START_MS, 90.0)
        await _taken(world, START_MS)
        await world.outbox.until(lambda: world.outbox.alerts)
        assert all(alert.late for alert in world.outbox.alerts)
        assert world.state.last_signal_at is None
        assert world.cache.prices["simulated:BTC-USD"] == 90.0
        assert world.feed.subscribed == {"BTC-USD"}
        await world.do("resume")
        told = len(world.outbox.alerts)
        world.feed.close_candle("BTC-USD", START_MS + MINUTE, 110.0)
        await world.outbox.until(lambda: len(world.outbox.alerts) > told)
        assert not world.outbox.alerts[-1].late


async def test_a_pause_between_two_alerts_of_one_candle_silences_the_second() -> None:
    class PausingOutbox(FakeOutbox):
        world: FakeWorld

        async def alert(self, alert, delivery):  # type: ignore[no-untyped-def]
            await super().alert(alert, delivery)
            if len(self.alerts) == 1:
                await self.world.do("pause")

    world = a_held_position()
    outbox = PausingOutbox()
    world = FakeWorld(source=world.source, positions=world.positions, outbox=outbox)
    outbox.world = world
    async with world.warmed_up():
        world.feed.close_candle("BTC-USD", START_MS, 60.0)
        await _taken(world, START_MS)
        await world.outbox.until(lambda: len(world.outbox.alerts) > 1)
    assert [alert.late for alert in world.outbox.alerts] == [False] + [True] * (len(world.outbox.alerts) - 1)


async def test_a_gap_is_stale_until_it_is_filled_and_what_closed_in_it_is_late() -> None:
    async with a_held_position().warmed_up() as world:
        key = world.feed.key("BTC-USD")
        world.feed.corrected[key, START_MS] = a_candle(key, START_MS, 90.0)
        world.feed.reading.clear()
        world.feed.close_candle("BTC-USD", START_MS + 3 * MINUTE, 100.0)
        await world.outbox.until(lambda: world.outbox.statuses[-1].stale_series == ("simulated:BTC-USD:1m",))
        assert world.outbox.alerts == []
        world.feed.reading.set()
        await world.outbox.until(lambda: world.outbox.statuses[-1].stale_series == ())
        await _taken(world, START_MS + 3 * MINUTE)
        held = world.state.market.candles(key)
    assert [candle.open_time for candle in held[-4:]] == [START_MS + i * MINUTE for i in range(4)]
    stop_loss = next(alert for alert in world.outbox.alerts if alert.kind is AlertKind.STOP_LOSS)
    assert stop_loss.open_time == START_MS
    assert stop_loss.late


async def test_a_gap_that_cannot_be_read_is_tried_again_with_the_next_candle_and_others_go_on() -> None:
    source = FakeSettingsSource(a_document(symbols=["BTC-USD", "ETH-USD"]))
    async with FakeWorld(source=source).warmed_up() as world:
        btc, eth = world.feed.key("BTC-USD"), world.feed.key("ETH-USD")
        world.feed.history_troubles = [SourceUnavailableError("too many requests")]
        world.feed.close_candle("BTC-USD", START_MS + MINUTE)
        world.feed.close_candle("ETH-USD", START_MS)
        await world.outbox.until(lambda: world.state.market.last_bar(eth).open_time == START_MS)  # type: ignore[union-attr]
        assert [str(key) for key in world.state.market.stale] == [str(btc)]
        assert world.state.phase is EngineState.RUNNING
        world.feed.close_candle("BTC-USD", START_MS + 2 * MINUTE)
        await _taken(world, START_MS + 2 * MINUTE)
        assert not world.state.market.stale
    assert world.outbox.errors == [
        ("warning", "simulated:BTC-USD", "missing candles can't be read yet: too many requests")
    ]


async def test_of_a_batch_a_gap_that_cannot_be_read_holds_back_nobody_else() -> None:
    source = FakeSettingsSource(a_document(symbols=["BTC-USD", "ETH-USD", "SOL-USD"]))
    feed = FakeFeed("simulated", ["BTC-USD", "ETH-USD", "SOL-USD"])
    async with FakeWorld(feed=feed, source=source).warmed_up() as world:
        btc, eth, sol = (feed.key(symbol) for symbol in feed.known)
        feed.history_troubles = [SourceUnavailableError("too many requests")]
        later = START_MS + 2 * MINUTE
        feed.close_candles(("BTC-USD", later, 1.0), ("ETH-USD", later, 2.0), ("SOL-USD", START_MS, 3.0))
        await world.outbox.until(lambda: world.state.market.last_bar(eth) == a_candle(eth, later, 2.0))
        assert world.state.market.last_bar(sol) == a_candle(sol, START_MS, 3.0)
        assert world.state.market.stale == (btc,)
        await world.outbox.until(lambda: world.outbox.errors)
    assert world.outbox.errors == [
        ("warning", "simulated:BTC-USD", "missing candles can't be read yet: too many requests")
    ]


async def test_of_a_batch_a_candle_that_makes_no_sense_costs_its_symbol_alone_and_is_told() -> None:
    source = FakeSettingsSource(a_document(symbols=["BTC-USD", "ETH-USD"]))
    async with FakeWorld(source=source).warmed_up() as world:
        world.feed.close_candles(("BTC-USD", START_MS, float("nan")), ("ETH-USD", START_MS, 2.0))
        eth = world.feed.key("ETH-USD")
        await world.outbox.until(lambda: world.state.market.last_bar(eth) == a_candle(eth, START_MS, 2.0))
        await world.outbox.until(lambda: world.outbox.errors)
        world.feed.close_candle("BTC-USD", START_MS + MINUTE)
        await _taken(world, START_MS + MINUTE)
    ((level, origin, message),) = world.outbox.errors
    assert (level, origin) == ("error", "simulated:BTC-USD")
    assert message.startswith("its last candle is passed over: ")
    assert message.endswith("has a price that is not a finite number")


async def test_several_candles_of_one_symbol_wait_together_for_what_is_missing_before_them() -> None:
    async with a_held_position().warmed_up() as world:
        minutes = [("BTC-USD", START_MS + at * MINUTE, 90.0 + at) for at in (2, 3, 6)]
        world.feed.close_candles(*minutes)
        await _taken(world, START_MS + 6 * MINUTE)
        key = world.feed.key("BTC-USD")
        held = world.state.market.candles(key)[-7:]
    assert [candle.open_time for candle in held] == [START_MS + at * MINUTE for at in range(7)]
    assert [held[at].close for at in (2, 3, 6)] == [92.0, 93.0, 96.0]
    assert not any(candle.synthetic for candle in held)
    stop_loss = next(alert for alert in world.outbox.alerts if alert.kind is AlertKind.STOP_LOSS)
    assert (stop_loss.open_time, stop_loss.late) == (START_MS + 2 * MINUTE, False)


async def test_gaps_are_read_side_by_side_but_not_all_at_once() -> None:
    symbols = [f"COIN{number}-USD" for number in range(20)]
    feed = Counting("simulated", symbols)
    async with FakeWorld(feed=feed, source=FakeSettingsSource(a_document(symbols=symbols))).warmed_up() as world:
        feed.reading.clear()
        feed.close_candles(*((symbol, START_MS + MINUTE, 1.0) for symbol in symbols))
        await world.outbox.until(lambda: feed.asking == GAPS_AT_ONCE)
        assert not world.state.market_lock.locked()
        assert len(world.state.market.stale) == 20
        feed.reading.set()
        await world.outbox.until(lambda: not world.state.market.stale)
    assert feed.most == GAPS_AT_ONCE


class Counting(FakeFeed):
    """Counts the histories that are asked for at one time."""

    asking = most = 0

    async def history(self, symbol, timeframe, since, until):  # type: ignore[no-untyped-def]
        self.asking += 1
        self.most = max(self.most, self.asking)
        try:
            return await super().history(symbol, timeframe, since, until)
        finally:
            self.asking -= 1


async def test_a_slow_exchange_keeps_no_command_waiting() -> None:
    async with FakeWorld().warmed_up() as world:
        world.feed.reading.clear()
        world.feed.close_candle("BTC-USD", START_MS + 5 * MINUTE)
        await world.outbox.until(lambda: world.state.market.stale)
        assert (await world.do("switch-mode", {"mode": "position-monitor"})).result.success
        world.feed.reading.set()


async def test_a_symbol_dropped_while_its_gap_is_read_is_not_an_error() -> None:
    async with FakeWorld().warmed_up() as world:
        world.feed.reading.clear()
        world.feed.close_candle("BTC-USD", START_MS + 5 * MINUTE)
        await world.outbox.until(lambda: world.state.market.stale)
        assert (await world.do("remove-symbol", {"symbol": "BTC-USD"})).result.success
        world.feed.reading.set()
        world.feed.close_candle("BTC-USD", START_MS + 6 * MINUTE)
        await world.do("status")
        assert world.state.market.tracked == ()
    assert world.outbox.errors == []


async def test_caches_that_are_away_cost_no_alert() -> None:
    async with a_held_position().warmed_up() as world:
        world.cache.trouble = SourceUnavailableError("Redis is away")
        world.feed.close_candle("BTC-USD", START_MS, 90.0)
        await world.outbox.until(lambda: world.outbox.alerts)


async def test_where_a_position_was_first_seen_is_remembered_once() -> None:
    world = a_held_position()
    world.positions.entries.clear()
    async with world.warmed_up():
        world.feed.close_candle("BTC-USD", START_MS, 101.0)
        world.feed.close_candle("BTC-USD", START_MS + MINUTE, 102.0)
        await _taken(world, START_MS + MINUTE)
    assert world.positions.entries == [Entry("simulated:BTC-USD", 101.0, START_MS + MINUTE)]


async def test_an_engine_that_lost_its_lease_alerts_no_more_and_ends() -> None:
    world = a_held_position()
    running = asyncio.create_task(world.engine.run())
    await world.shows(EngineState.RUNNING)
    world.outbox.trouble = LeaseLostError("another engine leads")
    world.feed.close_candle("BTC-USD", START_MS, 90.0)
    async with asyncio.timeout(10):
        ended = (await asyncio.gather(running, return_exceptions=True))[0]
    assert isinstance(ended, LeaseLostError)
    assert world.outbox.alerts == []
    assert world.feed.closed_down


async def test_a_series_without_its_warm_up_is_silent() -> None:
    feed = FakeFeed("simulated", ["BTC-USD"])
    feed.warmup_bars = 10
    async with FakeWorld(feed=feed).warmed_up() as world:
        for minute in range(20):
            world.feed.close_candle("BTC-USD", START_MS + minute * MINUTE, 100.0 + minute % 7 * 5)
        await _taken(world, START_MS + 19 * MINUTE)
        assert world.outbox.statuses[-1].warmup_done == 0
    assert world.outbox.alerts == []
