"""Alerts as they travel."""

from dataclasses import replace

from runtime.protocol.alerts import Alert, AlertKind

ALERT = Alert("simulated", "BTC-USD", "1m", 60_000, AlertKind.LEVEL, "scalper-macdv", 3, 0, {"macdv": 151.0}, level=150)


def test_the_id_follows_from_the_content_alone() -> None:
    assert replace(ALERT).id == ALERT.id
    assert ALERT.as_late().id == ALERT.id
    assert ALERT.id.version == 5
    assert len({ALERT.id, replace(ALERT, level=200).id, replace(ALERT, indicators={"macdv": 152.0}).id}) == 3


def test_the_message_is_as_the_protocol_writes_it() -> None:
    assert ALERT.body() == {
        "type": "alert",
        "id": str(ALERT.id),
        "exchange": "simulated",
        "symbol": "BTC-USD",
        "timeframe": "1m",
        "openTime": 60_000,
        "kind": "level",
        "level": 150,
        "mode": "scalper-macdv",
        "settingsVersion": 3,
        "firstBar": 0,
        "indicators": {"macdv": 151.0},
    }
    assert ALERT.as_late().body()["late"] is True
    assert "level" not in replace(ALERT, level=None, kind=AlertKind.CROSSOVER).body()
