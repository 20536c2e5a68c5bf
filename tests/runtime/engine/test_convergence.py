"""Taking over documents, in any order in which they come."""

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from runtime.engine.convergence import Convergence
from runtime.engine.market import Market
from runtime.engine.ports.settings import LoadedSettings
from runtime.engine.state import State
from runtime.protocol.answers import Outcome
from runtime.protocol.status import EngineState
from settingsapp.schema.vocabulary import Mode
from tests.runtime.fakes.engine import FakeWorld
from tests.runtime.fakes.feeds import FakeFeed
from tests.runtime.fakes.journal import FakeJournal
from tests.runtime.fakes.settings_source import FakeSettingsSource, a_document


class _NothingToWatch:
    def __init__(self) -> None:
        self.converged = 0

    async def converge(self) -> None:
        await asyncio.sleep(0)
        self.converged += 1

    def settle(self) -> None:
        pass


def _convergence() -> tuple[State, Convergence]:
    state = State("engine-1", "host-1", 0, Market(), lambda name: False)
    return state, Convergence(state, FakeSettingsSource(), _NothingToWatch(), FakeJournal())  # type: ignore[arg-type]


@given(st.permutations(range(1, 8)))
def test_the_newest_of_many_documents_taken_over_at_once_is_in_force(versions: list[int]) -> None:
    document = a_document()

    async def take_over_all() -> int:
        state, convergence = _convergence()
        async with state.market_lock:
            tasks = [
                asyncio.create_task(convergence.take_over(LoadedSettings(version, document))) for version in versions
            ]
            await asyncio.sleep(0)
        await asyncio.gather(*tasks)
        return state.require_settings().version

    assert asyncio.run(take_over_all()) == max(versions)


async def test_a_document_that_is_in_force_already_causes_nothing() -> None:
    state = State("engine-1", "host-1", 0, Market(), lambda name: False)
    watching = _NothingToWatch()
    convergence = Convergence(state, FakeSettingsSource(), watching, FakeJournal())  # type: ignore[arg-type]
    await convergence.catch_up()
    await convergence.catch_up()
    assert watching.converged == 1


async def test_the_log_follows_each_document_and_what_it_cannot_do_is_told_once() -> None:
    journal = FakeJournal()
    journal.problems = ["livermore_runtime.logging.log_directory: 'C:\\logs' can't be used here"]
    world = FakeWorld(journal=journal)
    async with world.warmed_up():
        for verbosity in ("debug", "warn"):
            world.source.save(livermore_runtime={"logging": {"verbosity_level": verbosity}})
            await world.outbox.until(lambda: journal.followed[-1].verbosity_level == verbosity)  # noqa: B023
        await world.outbox.until(lambda: world.outbox.errors)
    assert [wanted.verbosity_level for wanted in journal.followed] == ["info", "debug", "warn"]
    assert world.outbox.errors == [("warning", "settings", journal.problems[0])]


KRAKEN = {
    "simulated": {"enabled": True},
    "kraken": {"enabled": True},
}


def a_world_that_cannot_open_kraken() -> FakeWorld:
    world = FakeWorld(others=(FakeFeed("kraken", ["XBT/USD"]),))
    world.feeds.open_troubles["kraken"] = ValueError("kraken has no such option")
    return world


async def test_a_document_that_cannot_be_applied_leaves_the_old_one_in_force_and_the_reason_is_told() -> None:
    world = a_world_that_cannot_open_kraken()
    async with world.warmed_up():
        world.source.looked_at = 1
        world.source.save(exchanges=KRAKEN, symbols=["ETH-USD"])
        world.clock.suspend(60)
        ended = await world.do("reload-settings")
        world.source.looked_at = None
        assert world.state.require_settings().version == 1
        assert world.state.market.tracked == ("simulated:BTC-USD",)
        assert world.feed.subscribed == {"BTC-USD"}
        await world.outbox.until(lambda: world.outbox.statuses[-1].settings_problem and world.outbox.statuses[-1].drift)
        shown = world.outbox.statuses[-1]
        assert shown.state is EngineState.RUNNING
    assert ended.result.outcome is Outcome.FAILED
    assert ended.result.message == (
        "version 2 can't be applied (kraken has no such option); version 1 stays in force. "
        "Save other settings, or send reload-settings to try again"
    )
    assert shown.settings_problem == ended.result.message
    assert [one.since for one in shown.drift] == [world.clock.now_ms()]


async def test_what_could_not_be_applied_is_tried_again_only_when_asked_and_the_next_version_by_itself() -> None:
    world = a_world_that_cannot_open_kraken()
    async with world.warmed_up():
        world.source.save(exchanges=KRAKEN)
        await world.outbox.until(lambda: world.state.settings_problem)
        loads = world.source.loads
        shown = len(world.outbox.statuses)
        await world.outbox.until(lambda: len(world.outbox.statuses) > shown + 20)
        assert world.source.loads == loads
        assert world.state.settings_problem
        del world.feeds.open_troubles["kraken"]
        assert (await world.do("reload-settings")).result.message == "running version 2, before it 1"
        assert set(world.state.feeds) == {"simulated", "kraken"}
        await world.outbox.until(lambda: not world.outbox.statuses[-1].settings_problem)


async def test_a_next_version_that_can_be_applied_is_taken_over_by_itself() -> None:
    world = a_world_that_cannot_open_kraken()
    async with world.warmed_up():
        world.source.save(exchanges=KRAKEN)
        await world.outbox.until(lambda: world.state.settings_problem)
        world.source.save(exchanges={"simulated": {"enabled": True}}, symbols=["ETH-USD"])
        await world.outbox.until(lambda: world.outbox.statuses[-1].settings_version == 3)
        assert world.outbox.statuses[-1].settings_problem == ""


async def test_an_engine_that_starts_with_what_it_cannot_apply_lives_and_takes_the_next() -> None:
    world = a_world_that_cannot_open_kraken()
    world.source.save(exchanges=KRAKEN)
    async with world.running():
        await world.outbox.until(lambda: world.outbox.statuses and world.outbox.statuses[-1].settings_problem)
        assert (await world.do("pause")).result.message == "paused"
        assert (await world.do("reload-settings")).result.outcome is Outcome.FAILED
        world.source.save(exchanges={"simulated": {"enabled": True}})
        await world.shows(EngineState.PAUSED)
        await world.outbox.until(lambda: world.outbox.statuses[-1].settings_version == 3)
        assert world.intent.paused


async def test_a_switch_that_fails_leaves_the_old_mode() -> None:
    world = a_world_that_cannot_open_kraken()
    async with world.warmed_up():
        world.source.looked_at = 1
        world.state.settings = LoadedSettings(1, a_document(exchanges=KRAKEN))
        ended = await world.do("switch-mode", {"mode": "position-monitor"})
        assert ended.result.outcome is Outcome.FAILED
        assert world.state.mode is Mode.SCALPER_MACDV
        assert world.intent.mode is None
