"""Taking over documents, in any order in which they come."""

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from runtime.engine.convergence import Convergence
from runtime.engine.market import Market
from runtime.engine.ports import LoadedSettings
from runtime.engine.state import State
from tests.runtime.fakes.engine import FakeWorld
from tests.runtime.fakes.journal import FakeJournal
from tests.runtime.fakes.settings_source import FakeSettingsSource, a_document


class _NothingToWatch:
    def __init__(self) -> None:
        self.converged = 0

    async def converge(self) -> None:
        await asyncio.sleep(0)
        self.converged += 1


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
