"""The status on request."""

from runtime.protocol.answers import Outcome
from tests.runtime.fakes.engine import FakeWorld
from tests.runtime.fakes.settings_source import FakeSettingsSource, a_document


async def test_its_data_is_the_status_message() -> None:
    source = FakeSettingsSource(
        a_document(
            exchanges={"simulated": {"enabled": True, "ApiKeyEnvironmentVariableName": "THERE"}},
            perseus_profile={
                "primary_exchange": "simulated",
                "discord_integration": {"enabled": True, "webhook_url_environment_variable": "NOT_THERE"},
            },
        )
    )
    async with FakeWorld(source=source).warmed_up() as world:
        ended = await world.do("status")
    assert ended.result.outcome is Outcome.SUCCEEDED
    assert ended.result.message == "the engine is running"
    data = ended.result.data
    assert data["type"] == "status"
    assert data["timestamp"] == world.clock.now_ms()
    assert data["engine"] == {"id": "engine-1", "host": "host-1"}
    assert data["desired"] == {"paused": False, "pausedUntil": None, "mode": "scalper-macdv"}
    assert (data["mode"], data["settingsVersion"], data["state"]) == ("scalper-macdv", 1, "running")
    assert data["activeSymbols"] == ["simulated:BTC-USD"]
    assert data["warmup"] == {"done": 1, "total": 1}
    assert data["environment"] == {"NOT_THERE": "missing", "THERE": "set"}
    assert [exchange["exchange"] for exchange in data["exchanges"]] == ["simulated"]


async def test_it_answers_before_anything_else_works() -> None:
    world = FakeWorld()
    world.source.go_away()
    async with world.running():
        ended = await world.do("status")
    assert ended.result.success
    assert ended.result.message == "the engine is starting"
