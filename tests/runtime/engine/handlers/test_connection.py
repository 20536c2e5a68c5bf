"""Testing a connection on request."""

from typing import Any

import pytest

from runtime.engine.ports.availability import SourceUnavailableError
from runtime.engine.ports.feeds import NoCredentialsError
from runtime.protocol.answers import Outcome
from runtime.protocol.payloads import CommandName
from runtime.protocol.status import EngineState
from tests.runtime.fakes.accounts import FakeAccountFeed
from tests.runtime.fakes.engine import FakeWorld
from tests.runtime.fakes.settings_source import FakeSettingsSource, a_document

SIMULATED: dict[str, Any] = {"enabled": True}


def a_world(**exchanges: dict[str, Any]) -> FakeWorld:
    source = FakeSettingsSource(a_document(exchanges={"simulated": SIMULATED} | exchanges))
    return FakeWorld(source=source)


async def test_a_connected_exchange_is_told_with_its_state_and_its_variables() -> None:
    simulated = SIMULATED | {"ApiKeyEnvironmentVariableName": "THERE"}
    async with a_world(simulated=simulated).warmed_up() as world:
        ended = await world.do(CommandName.TEST_CONNECTION, {"exchange": "simulated"})
    assert ended.result.outcome is Outcome.SUCCEEDED
    assert ended.result.message == "simulated is connected; set in the engine's environment: THERE"
    assert ended.result.data["state"] == "connected"
    assert ended.result.data["environment"] == {"THERE": "set"}


async def test_a_variable_that_the_engine_does_not_have_fails_the_test() -> None:
    simulated = SIMULATED | {"ApiKeyEnvironmentVariableName": "THERE", "SecretEnvironmentVariableName": "NOT_THERE"}
    async with a_world(simulated=simulated).warmed_up() as world:
        ended = await world.do(CommandName.TEST_CONNECTION, {"exchange": "simulated"})
    assert ended.result.outcome is Outcome.FAILED
    assert "missing in the engine's environment: NOT_THERE" in ended.result.message
    assert ended.result.data["environment"] == {"THERE": "set", "NOT_THERE": "missing"}


async def test_an_exchange_that_this_version_cannot_connect_to_fails_with_that_reason() -> None:
    async with a_world(kraken={"enabled": True}).running() as world:
        await world.shows(EngineState.DEGRADED)
        ended = await world.do(CommandName.TEST_CONNECTION, {"exchange": "kraken"})
    assert ended.result.outcome is Outcome.FAILED
    assert ended.result.message == "kraken is unavailable; this version has no connection to it"


async def test_a_lost_connection_fails_the_test() -> None:
    async with a_world().warmed_up() as world:
        # Without the error that would have the engine connect again at once.
        world.feed.state = "disconnected"
        await world.shows(EngineState.DEGRADED)
        ended = await world.do(CommandName.TEST_CONNECTION, {"exchange": "simulated"})
    assert ended.result.outcome is Outcome.FAILED
    assert ended.result.message == "simulated is disconnected"


async def test_an_exchange_that_is_not_enabled_fails_and_an_unknown_one_is_refused() -> None:
    async with a_world(coinbase={"enabled": False}).warmed_up() as world:
        idle = await world.do(CommandName.TEST_CONNECTION, {"exchange": "coinbase"})
        unknown = await world.do(CommandName.TEST_CONNECTION, {"exchange": "binance"})
    assert idle.result.outcome is Outcome.FAILED
    assert "not enabled in the settings that the engine runs" in idle.result.message
    assert unknown.result.outcome is Outcome.REFUSED
    assert unknown.result.message.endswith("there are simulated, coinbase")


KEYS = {"enabled": True, "ApiKeyEnvironmentVariableName": "THERE", "SecretEnvironmentVariableName": "THERE"}


def a_world_with_an_account() -> tuple[FakeWorld, FakeAccountFeed]:
    account = FakeAccountFeed("binance", ["BTC-USD"], BTC=1.0)
    source = FakeSettingsSource(a_document(exchanges={"simulated": SIMULATED, "binance": KEYS}))
    return FakeWorld(source=source, others=(account,)), account


async def test_keys_are_tried_where_there_are_any() -> None:
    world, account = a_world_with_an_account()
    async with world.warmed_up():
        ended = await world.do(CommandName.TEST_CONNECTION, {"exchange": "binance"})
    assert ended.result.outcome is Outcome.SUCCEEDED
    assert ended.result.message.endswith("the exchange takes the keys")
    assert ended.result.data["account"] == "readable"
    assert account.asked == 1


@pytest.mark.parametrize("error", [NoCredentialsError, SourceUnavailableError])
async def test_keys_that_the_exchange_does_not_take_fail_the_test(error: type[Exception]) -> None:
    world, account = a_world_with_an_account()
    account.account_trouble = error("it refused the keys")
    async with world.warmed_up():
        ended = await world.do(CommandName.TEST_CONNECTION, {"exchange": "binance"})
    assert ended.result.outcome is Outcome.FAILED
    assert ended.result.message.endswith("it refused the keys")
    assert ended.result.data["account"] == "it refused the keys"
