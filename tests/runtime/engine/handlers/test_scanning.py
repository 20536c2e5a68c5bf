"""Asking the engine to scan for symbols."""

from runtime.protocol.answers import Outcome
from runtime.protocol.payloads import CommandName
from tests.runtime.fakes.engine import FakeWorld
from tests.runtime.fakes.settings_source import FakeSettingsSource, a_document

SCAN = CommandName.SCAN_SYMBOLS


async def test_a_scan_ends_with_what_it_proposes_and_has_nothing_to_undo() -> None:
    async with FakeWorld().warmed_up() as world:
        done = await world.do(SCAN)
        named = await world.do(SCAN, {"exchange": "kraken"})
    assert (done.result.outcome, done.undo) == (Outcome.SUCCEEDED, None)
    assert done.result.message == "simulated: 2 to add, 1 to remove, 3 to keep; the proposal waits for approval"
    assert done.result.data is not None
    assert (done.result.data["proposal"], done.result.data["expiresAt"]) == ("proposal-1", 9_000)
    assert [exchange for exchange, _ in world.scanner.asked] == ["", "kraken"]
    assert named.result.outcome is Outcome.SUCCEEDED


async def test_what_can_not_be_scanned_is_refused_with_the_reason() -> None:
    world = FakeWorld()
    world.scanner.refusal = "no prices of simulated are known yet"
    async with world.warmed_up():
        done = await world.do(SCAN)
    assert (done.result.outcome, done.result.message) == (Outcome.REFUSED, world.scanner.refusal)


async def test_a_scheduled_scan_proposes_only_where_the_settings_let_it_and_one_by_hand_always() -> None:
    async with FakeWorld(source=FakeSettingsSource(a_document())).warmed_up() as world:
        refused = await world.do(SCAN, source="schedule")
        by_hand = await world.do(SCAN, source="api")
        world.source.save(scanner_to_maintain_symbols_enabled=True)
        await world.do(CommandName.RELOAD_SETTINGS)
        scheduled = await world.do(SCAN, source="schedule")
    assert refused.result.outcome is Outcome.REFUSED
    assert "scanner_to_maintain_symbols_enabled" in refused.result.message
    assert (by_hand.result.outcome, scheduled.result.outcome) == (Outcome.SUCCEEDED, Outcome.SUCCEEDED)
    assert len(world.scanner.asked) == 2


async def test_what_is_to_wait_for_a_reload_is_not_followed_until_then() -> None:
    async with FakeWorld().warmed_up() as world:
        world.source.waiting = True
        world.source.save(symbols=["BTC-USD", "ETH-USD"])
        # It has looked at what is saved by itself, and runs what it ran.
        await world.outbox.until(lambda: world.state.saved is not None and world.state.saved.version == 2)
        assert world.state.require_settings().version == 1
        await world.do(CommandName.RELOAD_SETTINGS)
        assert world.state.require_settings().version == 2
