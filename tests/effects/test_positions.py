"""What is held: from where it is taken, what of it counts, and how often it is read."""

from typing import Any

import pytest
from channels.db import database_sync_to_async

from runtime.engine.holdings import Account
from runtime.persistence.database import Fence
from runtime.persistence.positions import PositionBook
from settingsapp import services
from tests.effects.table import effect_of
from tests.runtime.fakes.accounts import FakeAccountFeed
from tests.runtime.fakes.engine import FakeWorld
from tests.runtime.fakes.settings_source import FakeSettingsSource, a_document

HOUR_S = 3_600


def a_world(**fields: Any) -> tuple[FakeWorld, FakeAccountFeed]:
    """An engine over an account that holds bitcoin worth 100 USD, and with ether in the document's list."""
    feed = FakeAccountFeed("simulated", ["BTC-USD", "ETH-USD"], BTC=1.0)
    start = {"start_mode": "position-monitor"}
    document = a_document(livermore_runtime=start, position_symbols=["ETH-USD"], **fields)
    return FakeWorld(feed=feed, source=FakeSettingsSource(document)), feed


@effect_of("load_positions_from_exchange", "position_min_value_usd")
@pytest.mark.parametrize(
    ("loading", "at_least", "watched"), [(False, 1, {"ETH-USD"}), (True, 100, {"BTC-USD"}), (True, 101, set())]
)
async def test_positions_are_the_documents_or_the_exchanges_that_are_worth_enough(
    loading: bool, at_least: float, watched: set[str]
) -> None:
    world, feed = a_world(load_positions_from_exchange=loading, position_min_value_usd=at_least)
    async with world.running():
        await world.outbox.until(lambda: bool(world.positions.kept) is loading and feed.subscribed == watched)


@effect_of("position_refresh_hours")
@pytest.mark.parametrize(("hours", "asked"), [(2, 2), (3, 1)])
async def test_an_account_is_read_again_after_so_many_hours(hours: int, asked: int) -> None:
    world, feed = a_world(load_positions_from_exchange=True, position_refresh_hours=hours)
    async with world.running():
        await world.outbox.until(lambda: world.positions.kept)
        world.clock.suspend(2.5 * HOUR_S)
        await world.engine._loading.look(world.clock.now_ms())
        assert feed.asked == asked


@effect_of("portfolio_symbols_last_update")
@pytest.mark.stores
@pytest.mark.django_db(transaction=True)
async def test_the_settings_show_when_positions_were_loaded_last() -> None:
    identity = await database_sync_to_async(services.create_identity)()
    book = PositionBook(identity.sub, Fence(identity.sub, "1"))
    await book.keep_accounts([Account("simulated", refreshed_at=1_769_860_800_000)])
    saved = await database_sync_to_async(services.read)(identity.sub)
    assert saved.document.portfolio_symbols_last_update == "2026-01-31T12:00:00.000Z"
