"""Statuses and alerts of every kind, for those who put them into words."""

from typing import Any

from runtime.protocol.answers import CommandState
from runtime.protocol.observed import SavedVersion, observed
from runtime.protocol.status import Desired, EngineState, ExchangeStatus, Status

BASE = Status(
    engine_id="e",
    host="h",
    state=EngineState.RUNNING,
    desired=Desired(False, None, "scalper-macdv"),
    mode="scalper-macdv",
    started_at=1_000,
    uptime_seconds=9,
    settings_version=41,
    exchanges=(ExchangeStatus("simulated", "connected"), ExchangeStatus("coinbase", "disconnected")),
    active_symbols=("simulated:BTC-USD",),
    warmup_done=3,
    warmup_total=12,
    stale_series=("simulated:BTC-USD:1m",),
).body() | {"timestamp": 10_000}


def status(**changes: Any) -> dict[str, Any]:
    return observed(BASE, 10_000, SavedVersion(41, 1_000)) | changes


def difference(what: str, desired: Any, actual: Any, since: int | None = 9_000) -> dict[str, Any]:
    return {"what": what, "desired": desired, "actual": actual, "since": since}


DRIFT = difference("settingsVersion", 42, 41)

STATUSES: list[dict[str, Any]] = [
    *(status(state=state.value) for state in EngineState),
    status(state="hibernating"),
    status(state="paused", desired={"paused": True, "pausedUntil": 99_000, "mode": "scalper-macdv"}),
    status(state="degraded", exchanges=[], staleSeries=["a", "b"]),
    status(state="degraded", exchanges=[], staleSeries=[]),
    status(activeSymbols=["a:B", "a:C"]),
    status(state="offline", lastSeenAt=None),
    *(status(state="offline", lastSeenAt=100_000 - age) for age in (0, 999, 59_000, 61_000, 99_999)),
    status(state="offline", lastSeenAt=10_000, trouble="The server can't reach Redis."),
    status(savedSettingsVersion=42),
    status(savedSettingsVersion=None),
    status(savedSettingsVersion=42, settingsProblem="No exchange is enabled."),
    status(savedSettingsVersion=42, drift=[DRIFT]),
    status(savedSettingsVersion=42, drift=[DRIFT], settingsProblem="the saved settings can't be read: symbols: a list"),
    status(savedSettingsVersion=42, drift=[DRIFT | {"since": None}]),
    status(savedSettingsVersion=42, drift=[DRIFT], state="offline", lastSeenAt=1_000),
    status(savedSettingsVersion=42, drift=[DRIFT], state="offline", lastSeenAt=1_000, settingsProblem="No exchange."),
    status(settingsProblem="the database is away"),
    status(drift=[difference("mode", "position-monitor", "scalper-macdv"), difference("paused", True, False)]),
    status(drift=[difference("mode", "position-monitor", ""), difference("paused", False, True, None)]),
    status(settingsVersion=0),
    status(settingsVersion=0, state="starting", settingsProblem="version 41 can't be applied (no reason)"),
    status(settingsVersion=0, savedSettingsVersion=None),
]

COMMAND_STATES: list[str] = [*CommandState, "progressing"]

ALERTS: list[dict[str, Any]] = [
    {"kind": kind, "level": level, "indicators": indicators}
    for kind, level, indicators in (
        ("crossover", None, {"direction": "up", "macdv": -12.3456, "close": 0.00001234, "signal": 0.0}),
        ("crossover", None, {"direction": "down", "zeta": 1, "alpha": True, "beta": None, "gamma": False}),
        ("crossover", None, {}),
        ("momentum-shift", None, {"stage": "rallying", "previousStage": "ranging"}),
        ("momentum-shift", None, {"stage": "rallying"}),
        ("level", -200, {"direction": "down"}),
        ("level", 150, {"close": 100.0, "atr": 100000}),
        ("reversal", None, {"direction": "up"}),
        ("reversal", None, {"direction": "down", "histogram": -0.5}),
        ("reversal", None, {}),
        ("stop-loss", None, {"entry": 12.5}),
        ("take-profit", None, {"entry": 0.25, "close": -0.0}),
        ("new-kind", None, {}),
    )
]

NUMBERS: list[float] = [0, -0.0, 1, -1, 0.1, 0.05, 9.99999, 10, 10.5, 1234567.891, 1e-9, -1e-7, 123, 1000, 0.123456789]
AGES: list[int] = [-5, 0, 999, 1_000, 59_999, 60_000, 3_599_999, 3_600_000, 86_400_000, 10**11]
DURATIONS: list[float] = [0, 0.9, 59.9, 60, 61, 3_599, 3_600, 86_399, 86_400, 1e7]

MACDVS: list[float] = [0, -0.0, 0.04, -0.04, 0.05, 0.25, -0.25, 61.2346, -161.25, 1_234.56]
SIZES: list[int] = [0, 999, 1_000, 1_250, 999_949, 999_950, 3_900_000, 12_345_678_901, 10**13]
CACHES: list[dict[str, int]] = [
    {"hits": hits, "misses": misses} for hits, misses in ((0, 0), (1, 0), (0, 1), (402, 6), (999_999, 1), (1, 7))
]
SHARES: list[float | None] = [None, 0, 0.1199, 0.29, 0.57, 0.9999, 1]

MOMENT = 1_772_996_709_000
"""2026-03-08 19:05:09 UTC, the day on which New York's clocks go forward."""
MOMENTS: list[int] = [MOMENT, 0, 1_772_949_599_999, 1_772_953_200_000, 4_102_444_800_000, 1_767_225_599_000]
PROFILES: list[dict[str, Any]] = [
    {},
    {"timezone": "America/New_York", "time_format": "12h", "date_format": "MM/DD/YYYY"},
    {"timezone": "Asia/Kolkata", "locale": "de-DE", "date_format": "D. MMMM YYYY", "time_format": "24h"},
    {"timezone": "Europe/Lisbon", "locale": "pt-BR", "date_format": "ddd mmm yy", "time_format": "hh:mm:ss a"},
    {"timezone": "Australia/Lord_Howe", "locale": "fr-FR", "currency": "EUR", "time_format": "H.mm"},
    {"timezone": "America/St_Johns", "locale": "ja-JP", "currency": "BTC", "public_name": "Jesse"},
]
PRICED: list[tuple[str, Any, str]] = [
    ("close", 64_321.5, "BTC-USD"),
    ("close", 0.00001234, "PEPE/BTC"),
    ("entryPrice", -1_234_567.0, "BTCUSDT"),
    ("limitPrice", 999.999, "ETH_EUR"),
    ("macdv", -151.2345, "BTC-USD"),
    ("stage", "rallying", "BTC-USD"),
    ("synthetic", True, "BTC-USD"),
    ("close", None, "BTC-USD"),
    ("close", 0.0, "BTC-USD"),
]
DELIVERIES: list[dict[str, Any]] = [
    {"delivery": {"channels": ["discord", "push"], "heldBack": "", "tradingMode": "live"}},
    {"delivery": {"channels": [], "heldBack": "late", "tradingMode": "paper"}},
    {"delivery": {"channels": [], "heldBack": "", "tradingMode": ""}},
    {
        "delivery": {
            "channels": ["discord", "email", "push"],
            "heldBack": "",
            "tradingMode": "paper",
            "sent": {
                "discord": {"state": "sent", "attempts": 1, "at": 1},
                "email": {"state": "failed", "attempts": 6, "at": 1, "error": "the mail server can't be reached"},
                "push": {"state": "skipped", "attempts": 0, "at": 1},
            },
        }
    },
    {},
]
