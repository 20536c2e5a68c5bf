import asyncio
import itertools
from collections.abc import Callable
from typing import Any

import pytest

from runtime.engine.ports.availability import SourceUnavailableError
from runtime.engine.ports.feeds import NoCredentialsError
from runtime.engine.ports.positions import Entry
from runtime.feeds.simulated import SimulatedFeed
from runtime.protocol.alerts import AlertKind
from runtime.protocol.status import EngineState
from tests.runtime.fakes.accounts import FakeAccountFeed
from tests.runtime.fakes.engine import FakeWorld
from tests.runtime.fakes.feeds import START_MS
from tests.runtime.fakes.settings_source import FakeSettingsSource, a_document

MINUTE = 60_000
MINUTE_S, HOUR_S = 60, 3600
BTC, ETH, LINK = "simulated:BTC-USD", "simulated:ETH-USD", "simulated:LINK-USD"


@pytest.fixture
def feed() -> FakeAccountFeed:
    return FakeAccountFeed("simulated", ["BTC-USD", "ETH-USD"], BTC=1.0)


def a_world(feed: FakeAccountFeed, **fields: Any) -> FakeWorld:
    document = a_document(
        livermore_runtime={"start_mode": "position-monitor"},
        **{"load_positions_from_exchange": True, "position_symbols": ["ETH-USD"], "position_refresh_hours": 2} | fields,
    )
    return FakeWorld(feed=feed, source=FakeSettingsSource(document))


async def until(world: FakeWorld, holds: Callable[[], Any]) -> None:
    await world.outbox.until(lambda: holds() or None)


async def test_what_the_exchange_holds_is_watched_and_not_the_documents_list(feed: FakeAccountFeed) -> None:
    world = a_world(feed)
    async with world.running():
        await until(world, lambda: feed.subscribed == {"BTC-USD"})
        assert world.state.market.tracked == (BTC,)
        assert world.state.require_settings().version == 1
        await until(world, lambda: world.positions.kept)
    (account,) = world.positions.kept
    assert (account.symbols, account.refreshed_at, account.problem) == ((BTC,), START_MS, "")


async def test_with_loading_off_the_documents_list_counts_and_no_account_is_asked(feed: FakeAccountFeed) -> None:
    world = a_world(feed, load_positions_from_exchange=False)
    async with world.running():
        await until(world, lambda: feed.subscribed == {"ETH-USD"})
    assert (feed.asked, world.positions.kept) == (0, ())


async def test_positions_are_read_again_after_the_hours_that_the_document_names(feed: FakeAccountFeed) -> None:
    world = a_world(feed)
    async with world.running():
        await until(world, lambda: feed.subscribed == {"BTC-USD"})
        feed.held["ETH"] = 1.0
        world.clock.suspend(2 * HOUR_S - 0.001)
        await world.engine._loading.look(world.clock.now_ms())
        assert feed.asked == 1
        world.clock.suspend(0.001)
        await until(world, lambda: feed.subscribed == {"BTC-USD", "ETH-USD"})
        assert feed.asked == 2


async def test_a_setting_that_concerns_positions_reads_them_at_once_and_another_does_not(
    feed: FakeAccountFeed,
) -> None:
    world = a_world(feed)
    async with world.running():
        await until(world, lambda: feed.subscribed == {"BTC-USD"})
        world.source.save(symbols=["ETH-USD"])
        await until(world, lambda: world.state.require_settings().version == 2)
        assert (feed.subscribed, feed.asked) == ({"BTC-USD"}, 1)
        world.source.save(position_min_value_usd=1000)
        await until(world, lambda: not feed.subscribed)
        assert world.state.require_settings().document.position_symbols == ()


async def test_a_position_that_is_gone_is_left_and_a_later_one_begins_anew(feed: FakeAccountFeed) -> None:
    world = a_world(feed)
    async with world.running():
        await until(world, lambda: feed.subscribed == {"BTC-USD"})
        feed.close_candle("BTC-USD", START_MS, 100.0)
        await until(world, lambda: world.positions.entries)
        assert world.positions.entries == [Entry(BTC, 100.0, START_MS + MINUTE)]
        del feed.held["BTC"]
        feed.held["USD"] = 50_000.0
        world.clock.suspend(2 * HOUR_S)
        await until(world, lambda: not feed.subscribed and not world.positions.entries)
        assert world.state.market.tracked == ()
        feed.held["BTC"] = 1.0
        world.clock.suspend(2 * HOUR_S)
        await until(world, lambda: feed.subscribed)
        now = world.clock.now_ms()
        feed.close_candle("BTC-USD", now, 120.0)
        await until(world, lambda: world.positions.entries)
        assert world.positions.entries == [Entry(BTC, 120.0, now + MINUTE)]


async def test_no_balance_at_all_counts_only_once_the_exchange_has_told_so_twice(feed: FakeAccountFeed) -> None:
    world = a_world(feed)
    async with world.running():
        await until(world, lambda: feed.subscribed == {"BTC-USD"})
        held = dict(feed.held)
        feed.held.clear()
        world.clock.suspend(2 * HOUR_S)
        await until(world, lambda: feed.asked == 2 and world.positions.kept[0].problem)
        (account,) = world.positions.kept
        assert account.problem == (
            "simulated tells of no balance at all any more; that counts once it has told so twice"
        )
        assert account.symbols == (BTC,)
        assert feed.subscribed == {"BTC-USD"}
        # A slip of the exchange, which it puts right.
        feed.held |= held
        world.clock.suspend(MINUTE_S)
        await until(world, lambda: not world.positions.kept[0].problem)
        assert feed.subscribed == {"BTC-USD"}
        # Later it is true.
        feed.held.clear()
        world.clock.suspend(2 * HOUR_S)
        await until(world, lambda: world.positions.kept[0].problem)
        world.clock.suspend(MINUTE_S)
        await until(world, lambda: not feed.subscribed)
        assert world.positions.kept[0].problem == ""


async def test_a_position_taken_off_the_documents_list_is_forgotten_too(feed: FakeAccountFeed) -> None:
    world = a_world(feed, load_positions_from_exchange=False)
    world.positions.entries.append(Entry(ETH, 90.0, START_MS))
    async with world.running():
        await until(world, lambda: feed.subscribed == {"ETH-USD"})
        assert [entry.symbol for entry in world.positions.entries] == [ETH]
        world.source.save(position_symbols=["BTC-USD"])
        await until(world, lambda: not world.positions.entries)


async def test_an_exchange_that_is_switched_off_holds_nothing_and_is_asked_anew_when_it_is_on_again(
    feed: FakeAccountFeed,
) -> None:
    world = a_world(feed)
    world.positions.entries.append(Entry(BTC, 90.0, START_MS))
    async with world.running():
        await until(world, lambda: world.positions.kept)
        world.source.save(exchanges={"simulated": {"enabled": False}})
        await until(world, lambda: not world.positions.kept and not world.state.feeds)
        world.source.save(exchanges={"simulated": {"enabled": True}})
        await until(world, lambda: world.positions.kept and feed.subscribed == {"BTC-USD"})
        assert feed.asked == 2
    # It was held all the time.
    assert world.positions.entries == [Entry(BTC, 90.0, START_MS)]


@pytest.mark.parametrize("error", [SourceUnavailableError("it is away"), ZeroDivisionError()])
async def test_a_failure_keeps_the_last_known_positions_and_says_since_when(
    feed: FakeAccountFeed, error: Exception
) -> None:
    world = a_world(feed)
    async with world.running():
        await until(world, lambda: feed.subscribed == {"BTC-USD"})
        feed.account_trouble = error
        world.clock.suspend(2 * HOUR_S)
        await until(world, lambda: world.positions.kept and world.positions.kept[0].problem)
        (account,) = world.positions.kept
        assert account.symbols == (BTC,)
        assert (account.refreshed_at, account.failing_since) == (START_MS, START_MS + 2 * HOUR_S * 1000)
        assert feed.subscribed == {"BTC-USD"}
        # Asked again after a minute; told once.
        world.clock.suspend(MINUTE_S)
        await until(world, lambda: feed.asked == 3)
        assert len([text for text in world.outbox.errors if "can't be loaded" in text[2]]) == 1
        assert world.positions.kept[0].failing_since == START_MS + 2 * HOUR_S * 1000
        feed.account_trouble = None
        world.clock.suspend(MINUTE_S)
        await until(world, lambda: not world.positions.kept[0].problem)
        assert world.positions.kept[0].failing_since is None


async def test_without_keys_the_owner_is_told_once_and_the_exchange_is_left_alone(feed: FakeAccountFeed) -> None:
    feed.account_trouble = NoCredentialsError("name the variables of the API key in exchanges.simulated")
    world = a_world(feed)
    async with world.running():
        await until(world, lambda: world.positions.kept)
        world.clock.suspend(HOUR_S)
        await world.engine._loading.look(world.clock.now_ms())
        assert feed.asked == 1
    assert "name the variables" in world.positions.kept[0].problem


async def test_after_a_restart_the_last_known_positions_are_watched_while_the_exchange_is_away(
    feed: FakeAccountFeed,
) -> None:
    first = a_world(feed)
    async with first.running():
        await until(first, lambda: first.positions.kept)
    feed.account_trouble = SourceUnavailableError("it is away")
    feed.subscribed.clear()
    second = a_world(feed)
    second.positions.kept = first.positions.kept
    async with second.running():
        await until(second, lambda: feed.subscribed == {"BTC-USD"})


async def test_limits_count_from_a_known_cost_and_each_crossing_is_told_once(feed: FakeAccountFeed) -> None:
    feed.costs["BTC"] = 80.0
    world = a_world(feed)
    async with world.warmed_up():
        await until(world, lambda: feed.subscribed == {"BTC-USD"})
        assert world.positions.entries == [Entry(BTC, 80.0, START_MS, is_cost=True)]
        for minute, close in enumerate([85.0, 88.5, 90.0, 85.0, 89.0]):
            feed.close_candle("BTC-USD", START_MS + minute * MINUTE, close)
        await until(
            world, lambda: [a.indicators["close"] for a in world.outbox.alerts if a.kind is AlertKind.TAKE_PROFIT][1:]
        )
    told = [alert.indicators["close"] for alert in world.outbox.alerts if alert.kind is AlertKind.TAKE_PROFIT]
    assert told == [88.5, 89.0]


async def test_on_the_simulated_exchange_each_crossing_of_a_take_profit_is_told_exactly_once() -> None:
    document = a_document(
        livermore_runtime={"start_mode": "position-monitor"},
        load_positions_from_exchange=True,
        disabled_symbols=["BTC-USD", "ETH-USD", "SOL-USD"],
        perseus_profile={"trade_settings": {"stop_loss_percentage": 0, "take_profit_percentage": 0.1}},
    )
    world = FakeWorld(source=FakeSettingsSource(document))
    end = START_MS + 120 * MINUTE + 1
    open_market = asyncio.Event()

    async def slept(seconds: float) -> None:
        """The market's time passes once the test lets it, until the end."""
        if seconds > 0:
            await open_market.wait()
            if world.clock.now_ms() >= end:
                await asyncio.Event().wait()
            world.clock.suspend(seconds)
        await asyncio.sleep(0)

    feed = SimulatedFeed(world.clock, slept)
    world.feeds.by_name["simulated"] = feed  # type: ignore[assignment]
    async with world.running():
        await until(world, lambda: world.state.market.tracked == (LINK,) and not world.state.warming)
        await world.shows(EngineState.RUNNING)
        open_market.set()
        await until(world, lambda: world.clock.now_ms() >= end)
    (entry,) = [entry for entry in world.positions.entries if entry.symbol == LINK]
    closes = [candle.close for candle in await feed.history("LINK-USD", "1m", START_MS, end)]
    assert (entry.price, entry.is_cost) == (closes[0], False)
    level = entry.price * (100 + 0.1) / 100
    crossed = [after for before, after in itertools.pairwise(closes) if before < level <= after]
    told = [alert.indicators["close"] for alert in world.outbox.alerts if alert.kind is AlertKind.TAKE_PROFIT]
    assert len(crossed) > 1
    assert told == crossed
