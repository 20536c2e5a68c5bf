"""What the engine watches, how it starts, and what it writes down."""

import logging
from pathlib import Path
from typing import Any

import pytest

from runtime.engine.ports.commands import Intent
from runtime.journal import EngineJournal
from runtime.protocol.status import EngineState
from settingsapp.schema.vocabulary import TIMEFRAMES, Mode
from tests.effects.table import below, effect_of
from tests.runtime.fakes.engine import FakeWorld
from tests.runtime.fakes.feeds import FakeFeed
from tests.runtime.fakes.intents import FakeIntents
from tests.runtime.fakes.settings_source import FakeSettingsSource, a_document

TWO = {"simulated": {"enabled": True}, "kraken": {"enabled": True}}


def a_world(**fields: Any) -> FakeWorld:
    """An engine over two exchanges that both have BTC-USD and ETH-USD, in all timeframes."""
    known = ["BTC-USD", "ETH-USD"]
    return FakeWorld(
        feed=FakeFeed("simulated", known, TIMEFRAMES),
        others=(FakeFeed("kraken", known, TIMEFRAMES),),
        source=FakeSettingsSource(a_document(**fields)),
    )


async def watched(world: FakeWorld, *wanted: str) -> bool:
    """Wait until exactly these symbols are watched."""
    await world.outbox.until(lambda: world.outbox.statuses and world.outbox.statuses[-1].active_symbols == wanted)
    return True


def written_in(directory: Path) -> str:
    return "".join(path.read_text() for path in directory.glob("*.log"))


@effect_of("symbols", "disabled_symbols")
async def test_the_watchlist_is_watched_without_what_is_switched_off() -> None:
    async with a_world(symbols=["BTC-USD", "ETH-USD"], disabled_symbols=["BTC-USD"]).running() as world:
        assert await watched(world, "simulated:ETH-USD")
        world.source.save(disabled_symbols=[])
        assert await watched(world, "simulated:BTC-USD", "simulated:ETH-USD")
        world.source.save(symbols=["BTC-USD"])
        assert await watched(world, "simulated:BTC-USD")


@effect_of("sparse_symbols")
async def test_sparse_symbols_are_watched_from_15m_up_without_a_live_connection() -> None:
    async with a_world(symbols=["BTC-USD"], sparse_symbols=["ETH-USD"]).running() as world:
        assert await watched(world, "simulated:BTC-USD", "simulated:ETH-USD")
        assert [series.timeframe for series in world.state.market.series_of("simulated:ETH-USD")] == list(
            TIMEFRAMES[2:]
        )
        await world.outbox.until(lambda: world.feed.subscribed == {"BTC-USD"})


@effect_of("perseus_profile.primary_exchange", "exchanges.*.enabled")
async def test_exchanges_are_connected_and_the_primary_one_is_meant_where_none_is_named() -> None:
    profile = {"primary_exchange": "kraken"}
    async with a_world(exchanges=TWO, perseus_profile=profile, symbols=["BTC-USD"]).running() as world:
        assert await watched(world, "kraken:BTC-USD")
        assert [one.exchange for one in world.outbox.statuses[-1].exchanges] == ["simulated", "kraken"]
        world.source.save(exchanges=TWO | {"kraken": {"enabled": False}})
        assert await watched(world)
        await world.outbox.until(lambda: [e.exchange for e in world.outbox.statuses[-1].exchanges] == ["simulated"])


@effect_of("position_symbols", "modes.scalper-macdv.symbolSource", "livermore_runtime.start_mode")
@pytest.mark.parametrize(
    ("mode", "source", "symbols"),
    [
        ("position-monitor", "watchlist", ("simulated:ETH-USD",)),
        ("scalper-macdv", "watchlist", ("simulated:BTC-USD",)),
        ("scalper-macdv", "positions", ("simulated:ETH-USD",)),
    ],
)
async def test_an_engine_starts_in_its_mode_and_watches_what_that_mode_takes(
    mode: str, source: str, symbols: tuple[str, ...]
) -> None:
    world = a_world(
        position_symbols=["ETH-USD"],
        livermore_runtime={"start_mode": mode},
        modes={"scalper-macdv": {"symbolSource": source}},
    )
    async with world.running():
        assert await watched(world, *symbols)
        assert world.outbox.statuses[-1].mode == mode


@effect_of("livermore_runtime.auto_start")
@pytest.mark.parametrize(("auto_start", "state"), [(True, EngineState.RUNNING), (False, EngineState.PAUSED)])
async def test_an_engine_that_was_never_told_otherwise_starts_as_the_document_says(
    auto_start: bool, state: EngineState
) -> None:
    async with a_world(livermore_runtime={"auto_start": auto_start}).running() as world:
        await world.shows(state)


@effect_of("livermore_runtime.auto_start", "livermore_runtime.start_mode")
async def test_what_was_asked_for_last_counts_before_the_document() -> None:
    world = FakeWorld(
        source=FakeSettingsSource(a_document(livermore_runtime={"auto_start": False, "start_mode": "scalper-macdv"})),
        intents=FakeIntents(Intent(paused=False, mode=Mode.POSITION_MONITOR, revision=3)),
    )
    async with world.running():
        await world.shows(EngineState.RUNNING)
        assert world.outbox.statuses[-1].mode == "position-monitor"


@effect_of(*below("livermore_runtime.logging", "verbosity_level", "log_directory", "data_directory"))
@pytest.mark.parametrize("field", ["log_directory", "data_directory"])
async def test_the_engines_log_follows_the_document_while_it_runs(field: str, tmp_path: Path) -> None:
    journal = EngineJournal("somebody")
    world = FakeWorld(journal=journal)
    engine = logging.getLogger("runtime.engine.loop")
    try:
        async with world.warmed_up():
            for verbosity, level in (("debug", logging.DEBUG), ("error", logging.ERROR)):
                named = {"verbosity_level": verbosity, field: str(tmp_path)}
                world.source.save(livermore_runtime={"logging": named})
                await world.outbox.until(lambda: engine.getEffectiveLevel() == level)  # noqa: B023
                engine.debug("in %s", verbosity)
    finally:
        journal.close()
    text = written_in(tmp_path)
    assert "in debug" in text
    assert "in error" not in text


@effect_of(*below("livermore_runtime.logging", "log_directory", "data_directory"))
async def test_a_directory_of_another_machine_is_told_once_and_the_engine_runs() -> None:
    journal = EngineJournal("somebody")
    named = {"log_directory": "C:\\logs", "data_directory": "C:\\data"}
    world = FakeWorld(journal=journal, source=FakeSettingsSource(a_document(livermore_runtime={"logging": named})))
    try:
        async with world.warmed_up():
            world.source.save(symbols=["ETH-USD"])
            assert await watched(world, "simulated:ETH-USD")
    finally:
        journal.close()
    assert [message.split(": ")[0] for _, _, message in world.outbox.errors] == [
        "livermore_runtime.logging.data_directory",
        "livermore_runtime.logging.log_directory",
    ]


@effect_of(
    "perseus_profile.discord_integration.webhook_url_environment_variable",
    *below("notifications", "email_url_environment_variable", "push_url_environment_variable"),
    *below(
        "exchanges.*",
        "ApiKeyEnvironmentVariableName",
        "SecretEnvironmentVariableName",
        "PasswordEnvironmentVariableName",
    ),
)
async def test_the_status_says_of_each_named_variable_whether_the_engine_has_it() -> None:
    keys = {
        "ApiKeyEnvironmentVariableName": "THERE",
        "SecretEnvironmentVariableName": "KUCOIN_SECRET",
        "PasswordEnvironmentVariableName": "KUCOIN_PASSWORD",
    }
    world = a_world(
        exchanges={"simulated": {"enabled": True}, "kucoin": keys},
        perseus_profile={"discord_integration": {"webhook_url_environment_variable": "DISCORD_WEBHOOK"}},
        notifications={"email_url_environment_variable": "MAIL_URL", "push_url_environment_variable": "THERE"},
    )
    async with world.warmed_up():
        assert world.outbox.statuses[-1].environment == {
            "DISCORD_WEBHOOK": "missing",
            "KUCOIN_PASSWORD": "missing",
            "KUCOIN_SECRET": "missing",
            "MAIL_URL": "missing",
            "THERE": "set",
        }
