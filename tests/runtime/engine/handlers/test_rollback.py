"""Undoing what a command has changed, or saying why not."""

from typing import Any

import pytest

from runtime.engine.ports.availability import SourceUnavailableError
from runtime.protocol.answers import Outcome
from runtime.protocol.commands import members_of
from runtime.protocol.status import EngineState
from settingsapp.schema.vocabulary import Mode
from tests.runtime.fakes.engine import FakeWorld
from tests.runtime.fakes.queue import Completed

CHANGES: list[tuple[str, dict[str, Any]]] = [
    ("pause", {}),
    ("pause", {"minutes": 5}),
    ("switch-mode", {"mode": "position-monitor"}),
    ("add-symbol", {"symbol": "ETH-USD"}),
    ("remove-symbol", {"symbol": "BTC-USD"}),
]


def what_is(world: FakeWorld) -> tuple[Any, ...]:
    """What commands change."""
    intent = world.intent
    document = world.source.saved.document
    return intent.paused, intent.paused_until, world.state.mode, document.symbols, world.state.market.tracked


async def rolled_back(world: FakeWorld, ended: Completed | None = None) -> Completed:
    return await world.do("rollback", {"commandId": ended.id} if ended else {})


@pytest.mark.parametrize(("name", "payload"), CHANGES)
@pytest.mark.parametrize("named", [False, True])
async def test_a_rollback_brings_back_what_was_before(name: str, payload: dict[str, Any], named: bool) -> None:
    async with FakeWorld().warmed_up() as world:
        before = what_is(world)
        ended = await world.do(name, payload)
        assert what_is(world) != before
        rollback = await rolled_back(world, ended if named else None)
        await world.outbox.until(lambda: what_is(world) == before)
    assert rollback.result.success
    assert rollback.result.message.startswith(f"{name} undone: ")
    assert rollback.result.data["commandId"] == ended.id
    assert rollback.undone == (ended.id,)


async def test_undoing_a_resume_pauses_again_until_the_same_moment() -> None:
    async with FakeWorld().warmed_up() as world:
        await world.do("pause", {"minutes": 60})
        until = world.intent.paused_until
        await world.do("resume")
        rollback = await rolled_back(world)
        assert (world.intent.paused, world.intent.paused_until) == (True, until)
        await world.shows(EngineState.PAUSED)
    assert rollback.intent is not None
    assert rollback.intent.paused


async def test_rollbacks_go_back_step_by_step_and_then_say_that_there_is_nothing_left() -> None:
    async with FakeWorld().warmed_up() as world:
        before = what_is(world)
        for name, payload in (CHANGES[0], *CHANGES[2:4]):
            await world.do(name, payload)
            # What changes nothing, or never can be undone, is passed over.
            await world.do(name, payload)
            await world.do("status")
        undone = [(await rolled_back(world)).result.data["command"] for _ in range(3)]
        assert what_is(world) == before
        last = await rolled_back(world)
    assert undone == ["add-symbol", "switch-mode", "pause"]
    assert last.result.outcome is Outcome.REFUSED
    assert last.result.message.startswith("there is nothing to undo")


async def test_a_second_rollback_of_the_same_command_is_harmless_and_says_so() -> None:
    async with FakeWorld().warmed_up() as world:
        ended = await world.do("switch-mode", {"mode": "position-monitor"})
        first = await rolled_back(world, ended)
        again = await rolled_back(world, ended)
        assert world.state.mode is Mode.SCALPER_MACDV
    assert again.result.success
    assert again.result.message == f"already undone: switch-mode ({ended.id}), by {first.id}"


@pytest.mark.parametrize(
    ("name", "payload", "why"),
    [
        ("status", {}, "it only asked"),
        ("clear-cache", {"scope": "tickers"}, "has been loaded again"),
        ("force-backfill", {"symbol": "BTC-USD"}, "stays"),
        ("resume", {}, "it changed nothing"),
        ("switch-mode", {"mode": "scalper-orderbook"}, "it ended refused"),
        ("add-symbol", {"symbol": "NOPE"}, "it ended refused"),
    ],
)
async def test_where_there_is_nothing_to_undo_the_reason_is_told(name: str, payload: dict[str, Any], why: str) -> None:
    async with FakeWorld().warmed_up() as world:
        ended = await world.do(name, payload)
        rollback = await rolled_back(world, ended)
    assert rollback.result.outcome is Outcome.REFUSED
    assert rollback.result.message.startswith(f"{name} ({ended.id}) can't be undone: ")
    assert why in rollback.result.message


async def test_a_rollback_itself_and_an_unknown_command_are_refused() -> None:
    async with FakeWorld().warmed_up() as world:
        await world.do("pause")
        done = await rolled_back(world)
        again = await rolled_back(world, done)
        unknown = await world.do("rollback", {"commandId": "nobody"})
    assert again.result.message.endswith("send what is wanted now as a command of its own")
    assert unknown.result.message == "no command nobody is known in the last seven days"


async def test_what_somebody_has_changed_since_is_left_alone() -> None:
    async with FakeWorld().warmed_up() as world:
        paused = await world.do("pause")
        await world.do("resume")
        switched = await world.do("switch-mode", {"mode": "position-monitor"})
        await world.do("switch-mode", {"mode": "scalper-macdv"})
        ends = [await rolled_back(world, ended) for ended in (paused, switched)]
        assert not world.intent.paused
        assert world.state.mode is Mode.SCALPER_MACDV
    assert [end.result.outcome for end in ends] == [Outcome.REFUSED] * 2
    assert "somebody has paused or resumed since" in ends[0].result.message
    assert "the mode is scalper-macdv by now" in ends[1].result.message
    assert [end.undone for end in ends] == [(), ()]


async def test_a_reload_is_undone_by_the_version_that_ran_before_unless_another_was_saved() -> None:
    async with FakeWorld().warmed_up() as world:
        # The engine's own look must not come before the command's.
        world.source.looked_at = 1
        world.source.save(symbols=["ETH-USD"])
        reload = await world.do("reload-settings")
        rollback = await rolled_back(world, reload)
        assert world.source.saved.document.symbols == ("BTC-USD",)
        assert world.state.require_settings().version == 3
        world.source.save(symbols=["ETH-USD"])
        reload = await world.do("reload-settings")
        world.source.save(symbols=["BTC-USD", "ETH-USD"])
        refused = await rolled_back(world, reload)
        assert world.source.saved.version == 5
    assert rollback.result.data["settingsVersion"] == 3
    assert refused.result.outcome is Outcome.REFUSED
    assert "version 5 is saved by now" in refused.result.message


async def test_a_saved_version_is_undone_by_its_nudge_even_where_the_engine_was_faster() -> None:
    async with FakeWorld().warmed_up() as world:
        world.source.save(symbols=["ETH-USD"])
        await world.outbox.until(lambda: world.state.require_settings().version == 2)
        nudge = await world.do("reload-settings", settingsVersion=2)
        by_hand = await world.do("reload-settings")
        rollback = await rolled_back(world)
        assert world.source.saved.document.symbols == ("BTC-USD",)
    assert by_hand.undo is None
    assert rollback.undone == (nudge.id,)


async def test_a_batch_is_undone_from_its_end_and_what_cannot_be_costs_the_others_nothing() -> None:
    async with FakeWorld().warmed_up() as world:
        before = what_is(world)
        commands = [{"command": name, "payload": payload} for name, payload in CHANGES[1:]]
        batch = world.queue.queued("batch", {"commands": commands})
        world.queue.put(batch)
        await world.queue.end_of(batch)
        ids = [member.id for member in members_of(batch.command)]
        await world.do("switch-mode", {"mode": "scalper-macdv"})
        await world.do("switch-mode", {"mode": "position-monitor"})
        await world.do("switch-mode", {"mode": "scalper-macdv"})
        rollback = await world.do("rollback", {"commandId": batch.command.id})
        await world.outbox.until(lambda: what_is(world) == before)
    assert rollback.undone == (ids[3], ids[2], ids[0])
    assert rollback.result.outcome is Outcome.FAILED
    assert "switch-mode" in rollback.result.message


async def test_while_the_database_is_away_a_pause_is_undone_and_a_symbol_is_not() -> None:
    async with FakeWorld().warmed_up() as world:
        added = await world.do("add-symbol", {"symbol": "ETH-USD"})
        paused = await world.do("pause")
        world.source.trouble = SourceUnavailableError("the database does not answer")
        ends = [await rolled_back(world, ended) for ended in (paused, added)]
    assert [end.result.outcome for end in ends] == [Outcome.SUCCEEDED, Outcome.FAILED]
    assert ends[1].result.message == "the database does not answer"
