"""Commands that concern the document."""

import pytest

from runtime.engine.ports.availability import SourceUnavailableError
from runtime.engine.ports.commands import Intent
from runtime.engine.ports.settings import SettingsUnusableError
from runtime.protocol.answers import Outcome, Result
from runtime.protocol.status import EngineState
from settingsapp.schema.vocabulary import Mode
from tests.runtime.fakes.engine import FakeWorld


async def test_reload_says_which_version_runs_now() -> None:
    async with FakeWorld().warmed_up() as world:
        again = await world.do("reload-settings")
        world.source.save(symbols=["BTC-USD", "ETH-USD"])
        ended = await world.do("reload-settings")
        await world.outbox.until(lambda: world.outbox.statuses[-1].active_symbols[-1:] == ("simulated:ETH-USD",))
    assert again.result.message in ("already running version 1", "already running version 2")
    assert ended.result.data == {"settingsVersion": 2}
    assert ended.result.success


async def test_reload_fails_with_the_reason_and_the_engine_keeps_what_it_has() -> None:
    async with FakeWorld().warmed_up() as world:
        world.source.trouble = SettingsUnusableError("what is saved is not a valid document: symbols: is a list")
        ended = await world.do("reload-settings")
        assert world.state.settings is not None
        await world.outbox.until(lambda: world.outbox.statuses[-1].settings_problem)
        assert world.outbox.states[-1] is EngineState.RUNNING
    assert ended.result == Result(Outcome.FAILED, "what is saved is not a valid document: symbols: is a list")


async def test_a_symbol_is_added_to_the_document_with_the_command_as_cause_and_then_watched() -> None:
    async with FakeWorld().warmed_up() as world:
        ended = await world.do("add-symbol", {"symbol": "ETH-USD"})
        assert "simulated:ETH-USD" in world.state.market.tracked
        assert world.feed.subscribed == {"BTC-USD", "ETH-USD"}
    assert ended.result.message == "simulated:ETH-USD added to the watchlist"
    assert ended.result.data == {"symbol": "simulated:ETH-USD", "settingsVersion": 2}
    assert world.source.edits == [("add ETH-USD", ended.id)]


@pytest.mark.parametrize(
    ("name", "payload", "once", "twice"),
    [
        (
            "add-symbol",
            {"symbol": "ETH-USD"},
            "simulated:ETH-USD added to the watchlist",
            "simulated:ETH-USD was on the watchlist already",
        ),
        (
            "remove-symbol",
            {"symbol": "BTC-USD"},
            "simulated:BTC-USD removed from the watchlist",
            "simulated:BTC-USD was not on the watchlist",
        ),
        (
            "switch-mode",
            {"mode": "position-monitor"},
            "now in mode position-monitor",
            "already in mode position-monitor",
        ),
    ],
)
async def test_twice_is_once_and_the_second_says_so(name: str, payload: dict[str, str], once: str, twice: str) -> None:
    async with FakeWorld().warmed_up() as world:
        first = await world.do(name, payload)
        before = (world.source.saved, world.state.market.tracked, world.state.mode)
        second = await world.do(name, payload)
        assert (world.source.saved, world.state.market.tracked, world.state.mode) == before
    assert (first.result.message, second.result.message) == (once, twice)
    assert first.result.success
    assert second.result.success
    assert first.undo is not None
    assert second.undo is None


@pytest.mark.parametrize(("name", "symbol"), [("add-symbol", "ETH-USD"), ("remove-symbol", "BTC-USD")])
async def test_delivered_again_after_its_effect_a_command_ends_as_it_would_have(name: str, symbol: str) -> None:
    async with FakeWorld().warmed_up() as world:
        queued = world.queue.queued(name, {"symbol": symbol})
        world.queue.put(queued)
        first = await world.queue.end_of(queued)
        world.queue.completed.clear()
        world.queue.put(queued)
        second = await world.queue.end_of(queued)
    assert len(world.source.edits) == 1
    assert (first.result, first.undo) == (second.result, second.undo)


async def test_a_symbol_that_the_exchange_does_not_have_is_refused_before_anything_is_written() -> None:
    async with FakeWorld().warmed_up() as world:
        ended = await world.do("add-symbol", {"symbol": "BTCUSD"})
    assert ended.result == Result(Outcome.REFUSED, "simulated has no BTCUSD; did you mean BTC-USD?")
    assert world.source.edits == []


async def test_a_symbol_of_an_exchange_that_is_not_connected_is_refused_with_those_that_are() -> None:
    async with FakeWorld().warmed_up() as world:
        ended = await world.do("add-symbol", {"symbol": "kraken:XBT/USD"})
    assert ended.result == Result(Outcome.REFUSED, "kraken is not connected; connected exchanges: simulated")


async def test_the_settings_service_refusing_is_a_refusal_with_its_words() -> None:
    async with FakeWorld().warmed_up() as world:
        world.source.refusal = "symbols: has at most 5000 entries"
        ended = await world.do("add-symbol", {"symbol": "ETH-USD"})
    assert ended.result == Result(Outcome.REFUSED, "symbols: has at most 5000 entries")


async def test_a_nudge_only_follows_the_document_and_writes_nothing() -> None:
    async with FakeWorld().warmed_up() as world:
        world.source.save(symbols=["ETH-USD"])
        added = await world.do("add-symbol", {"symbol": "ETH-USD"}, settingsVersion=2)
        removed = await world.do("remove-symbol", {"symbol": "BTC-USD"}, settingsVersion=2)
        assert world.state.market.tracked == ("simulated:ETH-USD",)
    assert added.result.message == "simulated:ETH-USD is on the watchlist"
    assert removed.result.message == "simulated:BTC-USD is no longer on the watchlist"
    assert world.source.edits == []


async def test_a_nudge_says_of_a_symbol_that_stays_on_the_list_that_it_is_switched_off() -> None:
    async with FakeWorld().warmed_up() as world:
        world.source.save(symbols=["BTC-USD"], disabled_symbols=["BTC-USD"])
        ended = await world.do("remove-symbol", {"symbol": "simulated:BTC-USD"}, settingsVersion=2)
        assert world.state.market.tracked == ()
    assert ended.result.message == "simulated:BTC-USD is switched off"


async def test_a_nudge_for_a_symbol_that_cannot_be_watched_fails_with_the_reason() -> None:
    async with FakeWorld().warmed_up() as world:
        world.source.save(symbols=["BTC-USD", "NOPE"])
        ended = await world.do("add-symbol", {"symbol": "NOPE"}, settingsVersion=2)
        assert world.state.market.tracked == ("simulated:BTC-USD",)
    assert ended.result.outcome is Outcome.FAILED
    assert ended.result.message == "simulated:NOPE: simulated has no NOPE; did you mean BTC-USD?"


async def test_adding_a_symbol_while_its_history_cannot_be_read_does_not_hold_up_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("runtime.engine.watching.Watching.loaded.__defaults__", (0.05,))
    async with FakeWorld().warmed_up() as world:
        world.feed.reading.clear()
        ended = await world.do("add-symbol", {"symbol": "ETH-USD"})
        status = await world.do("status")
        world.feed.reading.set()
        await world.outbox.until(lambda: "simulated:ETH-USD" in world.state.market.tracked)
    assert ended.result.message == "simulated:ETH-USD added to the watchlist; its history is still being loaded"
    assert status.result.message == "the engine is warming"


async def test_what_the_mode_does_not_watch_is_said() -> None:
    async with FakeWorld().warmed_up() as world:
        await world.do("switch-mode", {"mode": "position-monitor"})
        ended = await world.do("add-symbol", {"symbol": "ETH-USD"})
    assert ended.result.message == "simulated:ETH-USD added to the watchlist, but position-monitor does not watch it"


async def test_a_removed_symbol_that_is_a_position_is_still_watched_by_the_position_monitor() -> None:
    world = FakeWorld()
    world.source.save(position_symbols=["BTC-USD"])
    async with world.warmed_up():
        await world.do("switch-mode", {"mode": "position-monitor"})
        ended = await world.do("remove-symbol", {"symbol": "BTC-USD"})
    assert ended.result.message == (
        "simulated:BTC-USD removed from the watchlist, but position-monitor still watches it"
    )


@pytest.mark.parametrize("paused", [True, False])
async def test_switching_the_mode_keeps_the_pause_state(paused: bool) -> None:
    async with FakeWorld().warmed_up() as world:
        await world.do("pause" if paused else "resume")
        ended = await world.do("switch-mode", {"mode": "position-monitor"})
        await world.outbox.until(lambda: world.outbox.statuses[-1].mode == "position-monitor")
        assert world.outbox.states[-1] is (EngineState.PAUSED if paused else EngineState.RUNNING)
    assert ended.result.message == "now in mode position-monitor"
    assert ended.intent is not None
    assert (ended.intent.paused, ended.intent.mode) == (paused, Mode.POSITION_MONITOR)


async def test_the_order_book_scalper_is_refused_and_nothing_changes() -> None:
    async with FakeWorld().warmed_up() as world:
        ended = await world.do("switch-mode", {"mode": "scalper-orderbook"})
        assert world.state.mode is Mode.SCALPER_MACDV
        assert world.intent == Intent(paused=False, mode=None)
    assert ended.result == Result(Outcome.REFUSED, "scalper-orderbook is not implemented")
    assert ended.intent is None


async def test_a_mode_is_switched_between_two_candles_never_within_one() -> None:
    async with FakeWorld().warmed_up() as world:
        switch = world.queue.queued("switch-mode", {"mode": "position-monitor"})
        async with world.state.market_lock:
            world.queue.put(switch)
            await world.queue.until(lambda: switch.command.id in world.queue.started)
            await world.do("pause")
            assert world.state.mode is Mode.SCALPER_MACDV
        assert (await world.queue.end_of(switch)).result.success
        assert world.state.status(0).mode == "position-monitor"


@pytest.mark.parametrize(
    ("name", "payload"),
    [
        ("reload-settings", {}),
        ("switch-mode", {"mode": "position-monitor"}),
        ("add-symbol", {"symbol": "ETH-USD"}),
        ("remove-symbol", {"symbol": "BTC-USD"}),
        ("force-backfill", {"symbol": "BTC-USD"}),
        ("clear-cache", {"scope": "all"}),
    ],
)
async def test_before_the_settings_could_be_read_commands_that_need_them_say_so(
    name: str, payload: dict[str, str]
) -> None:
    world = FakeWorld()
    world.source.go_away()
    async with world.running():
        ended = await world.do(name, payload)
    assert ended.result == Result(Outcome.FAILED, "the engine has not been able to read its settings yet")


async def test_a_database_that_goes_away_fails_the_edit_with_the_reason() -> None:
    async with FakeWorld().warmed_up() as world:
        world.source.trouble = SourceUnavailableError("the database does not answer as it should (OperationalError: x)")
        ended = await world.do("remove-symbol", {"symbol": "BTC-USD"})
        assert world.state.market.tracked == ("simulated:BTC-USD",)
    assert ended.result.outcome is Outcome.FAILED
    assert ended.result.message == "the database does not answer as it should (OperationalError: x)"
