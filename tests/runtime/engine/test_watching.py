"""Converging on what should be watched, whatever the exchanges do."""

import asyncio

import pytest

from runtime.engine.ports.availability import SourceUnavailableError
from runtime.protocol.status import EngineState
from tests.runtime.fakes.engine import FakeWorld
from tests.runtime.fakes.feeds import START_MS, FakeFeed, a_candle
from tests.runtime.fakes.settings_source import FakeSettingsSource, a_document

MINUTE = 60_000
TWO_EXCHANGES = {"simulated": {"enabled": True}, "kraken": {"enabled": True}}


async def test_an_unknown_instrument_is_told_and_the_others_are_watched() -> None:
    source = FakeSettingsSource(a_document(symbols=["BTC-USD", "NOPE", "ETH-USD"]))
    async with FakeWorld(source=source).warmed_up() as world:
        assert world.state.market.tracked == ("simulated:BTC-USD", "simulated:ETH-USD")
    assert world.outbox.errors == [
        ("error", "simulated:NOPE", "simulated:NOPE can't be watched: simulated has no NOPE; did you mean BTC-USD?")
    ]


async def test_what_could_not_be_watched_is_tried_again_with_a_new_document() -> None:
    source = FakeSettingsSource(a_document(symbols=["BTC-USD", "NEW-USD"]))
    async with FakeWorld(source=source).warmed_up() as world:
        world.feed.known.append("NEW-USD")
        source.save(position_symbols=["BTC-USD"])
        await world.outbox.until(lambda: "simulated:NEW-USD" in world.state.market.tracked)


async def test_an_exchange_that_cannot_be_spoken_to_shows_and_degrades_but_costs_the_others_nothing() -> None:
    source = FakeSettingsSource(a_document(exchanges=TWO_EXCHANGES, symbols=["BTC-USD", "kraken:XBT-USD"]))
    async with FakeWorld(source=source).running() as world:
        await world.outbox.until(lambda: "simulated:BTC-USD" in world.state.market.tracked)
        await world.shows(EngineState.DEGRADED)
        shown = {exchange.exchange: exchange.state for exchange in world.outbox.statuses[-1].exchanges}
    assert shown == {"simulated": "connected", "kraken": "unavailable"}
    assert ("error", "kraken", "kraken is enabled, but this version has no connection to it") in world.outbox.errors


async def test_a_lost_feed_degrades_and_its_return_ends_that() -> None:
    async with FakeWorld().warmed_up() as world:
        world.feed.lose("connection reset by peer")
        await world.shows(EngineState.DEGRADED)
        await world.shows(EngineState.RUNNING)
        world.feed.close_candle("BTC-USD", START_MS)
        await world.outbox.until(lambda: world.state.market.last_bar(world.feed.key("BTC-USD")) is not None)
    assert ("warning", "simulated", "simulated was lost: connection reset by peer") in world.outbox.errors


async def test_a_feed_that_recovers_without_a_word_is_seen_too() -> None:
    async with FakeWorld().warmed_up() as world:
        world.feed.state = "disconnected"
        await world.shows(EngineState.DEGRADED)
        world.feed.state = "connected"
        await world.shows(EngineState.RUNNING)


async def test_a_reconnect_undoes_no_pause() -> None:
    async with FakeWorld().warmed_up() as world:
        await world.do("pause")
        await world.shows(EngineState.PAUSED)
        before = len(world.outbox.statuses)
        world.feed.lose()
        await world.outbox.until(lambda: world.outbox.errors)
        await world.outbox.until(lambda: world.feed.state == "connected")
        await world.outbox.until(lambda: len(world.outbox.statuses) > before + 3)
        assert set(world.outbox.states[before:]) == {EngineState.PAUSED}


async def test_an_error_that_nobody_expected_is_told_and_the_exchange_is_followed_again() -> None:
    async with FakeWorld().warmed_up() as world:
        world.feed.stumble(ZeroDivisionError("x"))
        world.feed.close_candle("BTC-USD", START_MS)
        key = world.feed.key("BTC-USD")
        await world.outbox.until(lambda: world.state.market.last_bar(key).open_time == START_MS)  # type: ignore[union-attr]
    assert world.outbox.errors == [
        (
            "error",
            "simulated",
            "the engine stumbled over following simulated (ZeroDivisionError); its log says where",
        )
    ]


async def test_a_history_that_makes_no_sense_costs_its_symbol_alone_and_is_told() -> None:
    class Confused(FakeFeed):
        async def warmup(self, symbol, timeframe, bars):  # type: ignore[no-untyped-def]
            if symbol == "BTC-USD":
                return [a_candle(self.key(symbol), START_MS), a_candle(self.key(symbol), START_MS)]
            return await super().warmup(symbol, timeframe, bars)

    source = FakeSettingsSource(a_document(symbols=["BTC-USD", "ETH-USD"]))
    world = FakeWorld(feed=Confused("simulated", ["BTC-USD", "ETH-USD"]), source=source)
    async with world.warmed_up():
        assert world.state.market.tracked == ("simulated:ETH-USD",)
    told = "simulated:BTC-USD can't be watched: the engine stumbled over loading it (ValueError); its log says where"
    assert world.outbox.errors == [("error", "simulated:BTC-USD", told)]


@pytest.mark.parametrize("where", ["check_troubles", "warmup_troubles"])
async def test_an_exchange_that_does_not_answer_yet_is_asked_again_and_told_of_once(where: str) -> None:
    world = FakeWorld()
    setattr(world.feed, where, [SourceUnavailableError("busy") for _ in range(5)])
    async with world.warmed_up():
        assert world.state.market.tracked == ("simulated:BTC-USD",)
    assert len(world.outbox.errors) == 1
    assert world.outbox.errors[0][2].endswith("yet: busy")


async def test_an_exchange_switched_off_is_closed_with_all_that_was_watched_on_it() -> None:
    kraken = FakeFeed("kraken", ["XBT-USD"])
    source = FakeSettingsSource(a_document(exchanges=TWO_EXCHANGES, symbols=["BTC-USD", "kraken:XBT-USD"]))
    async with FakeWorld(source=source, others=(kraken,)).warmed_up() as world:
        assert world.state.market.tracked == ("kraken:XBT-USD", "simulated:BTC-USD")
        source.save(exchanges={"simulated": {"enabled": True}, "kraken": {"enabled": False}})
        await world.outbox.until(lambda: kraken.closed_down)
        await world.outbox.until(lambda: world.state.market.tracked == ("simulated:BTC-USD",))
        assert list(world.state.feeds) == ["simulated"]


async def test_many_converging_at_once_end_where_the_last_document_says() -> None:
    kraken = FakeFeed("kraken", ["XBT-USD"])
    source = FakeSettingsSource(a_document(exchanges=TWO_EXCHANGES, symbols=["BTC-USD", "kraken:XBT-USD"]))
    async with FakeWorld(source=source, others=(kraken,)).warmed_up() as world:
        for round_ in range(10):
            both = round_ % 2 == 0
            source.save(
                exchanges={"simulated": {"enabled": True}, "kraken": {"enabled": both}},
                symbols=["BTC-USD", "kraken:XBT-USD"] if both else ["ETH-USD"],
            )
            ends = await asyncio.gather(
                *(world.do("reload-settings") for _ in range(3)), world.do("clear-cache", {"scope": "all"})
            )
            assert all(end.result.outcome in ("succeeded", "superseded") for end in ends)
        await world.outbox.until(lambda: not world.state.warming)
        await world.shows(EngineState.RUNNING)
        assert world.state.market.tracked == ("simulated:ETH-USD",)
        assert world.feed.subscribed == {"ETH-USD"}


async def test_stopping_leaves_no_task_behind_and_closes_the_feeds() -> None:
    before = asyncio.all_tasks()
    world = FakeWorld()
    async with world.running():
        await world.outbox.until(lambda: world.state.feeds)
        world.feed.reading.clear()
        source_task = asyncio.create_task(world.do("add-symbol", {"symbol": "ETH-USD"}))
        await world.outbox.until(lambda: "simulated:ETH-USD" in world.state.warming)
    source_task.cancel()
    await asyncio.gather(source_task, return_exceptions=True)
    assert asyncio.all_tasks() == before
    assert world.feed.closed_down
