"""What alerts, what alerts show, and where they are due."""

from datetime import UTC, datetime
from typing import Any

import pytest

from runtime.engine.delivery import decide
from runtime.engine.modes import MODES, ModeContext
from runtime.engine.ports.positions import Entry
from runtime.protocol.alerts import Alert, AlertKind
from settingsapp.schema.document import SettingsDocument
from settingsapp.schema.validation import validate
from settingsapp.schema.vocabulary import Mode, Timeframe
from tests.effects.table import below, effect_of
from tests.runtime.engine.readings import RISING, bar, reading
from tests.runtime.engine.walks import START

MINUTE = 60_000
MONDAY_NOON = int(datetime(2026, 1, 5, 12, tzinfo=UTC).timestamp() * 1000)
MODES_THAT_ALERT = [Mode.POSITION_MONITOR, Mode.SCALPER_MACDV]
# Everything at once: a crossing of the signal line, of a level, a change of stage, a turn.
EVENTFUL = (reading(140.0, 145.0), reading(260.0, 200.0, turned=True))


def both_modes(field: str) -> tuple[str, ...]:
    return tuple(f"modes.{mode.value}.{field}" for mode in MODES_THAT_ALERT)


def own_or_profiles(field: str) -> tuple[str, ...]:
    return (f"perseus_profile.trade_settings.{field}", f"exchanges.*.trade_settings.{field}")


def mode_with(mode: Mode, **config: Any) -> SettingsDocument:
    thresholds = {"cooldownMinutes": 0} | config.pop("alertThresholds", {})
    return validate(
        {
            "perseus_profile": {"risk_tolerance": "low"},
            "modes": {mode.value: {"alertThresholds": thresholds} | config},
        }
    )


def raised(
    mode: Mode,
    document: SettingsDocument,
    *times: int,
    timeframe: Timeframe = "1m",
    entries: dict[str, Entry] | None = None,
    readings: Any = EVENTFUL,
    close: float = 100.0,
) -> list[Alert]:
    run = MODES[mode].start()
    context = ModeContext(mode, 1, document, entries or {})
    return [
        alert
        for time in times or (START,)
        for alert in run.alerts(bar(*readings, open_time=time, timeframe=timeframe, close=close), context)
    ]


@effect_of(*both_modes("alertThresholds.macdvCrossover"))
@effect_of(*both_modes("alertThresholds.momentumShift"))
@effect_of(*both_modes("alertThresholds.reversal"))
@effect_of(*both_modes("alertThresholds.levels"))
@pytest.mark.parametrize("mode", MODES_THAT_ALERT)
@pytest.mark.parametrize(
    ("switched_off", "kind"),
    [
        ({"macdvCrossover": False}, AlertKind.CROSSOVER),
        ({"momentumShift": False}, AlertKind.MOMENTUM_SHIFT),
        ({"reversal": False}, AlertKind.REVERSAL),
        ({"levels": [150, 300]}, AlertKind.LEVEL),
    ],
)
def test_each_kind_of_signal_alerts_unless_it_is_switched_off(
    mode: Mode, switched_off: dict[str, Any], kind: AlertKind
) -> None:
    every = {(alert.kind, alert.level) for alert in raised(mode, mode_with(mode))}
    rest = {(alert.kind, alert.level) for alert in raised(mode, mode_with(mode, alertThresholds=switched_off))}
    assert {kind for kind, _ in every - rest} == {kind}


@effect_of(*both_modes("alertThresholds.cooldownMinutes"))
@pytest.mark.parametrize("mode", MODES_THAT_ALERT)
@pytest.mark.parametrize(("minutes", "told"), [(0, 3), (2, 2), (3, 1)])
def test_a_kind_stays_quiet_for_its_cooldown(mode: Mode, minutes: int, told: int) -> None:
    document = mode_with(mode, alertThresholds={"cooldownMinutes": minutes, "momentumShift": False})
    times = [START + minute * MINUTE for minute in range(3)]
    assert len(raised(mode, document, *times, readings=RISING)) == told


@effect_of(*both_modes("indicatorsEnabled"))
@pytest.mark.parametrize("mode", MODES_THAT_ALERT)
def test_alerts_show_the_indicators_that_are_enabled(mode: Mode) -> None:
    shown = {}
    for enabled in (["macdv"], ["macdv", "rsi"], ["macdv", "rsi", "ema", "atr"]):
        alert = raised(mode, mode_with(mode, indicatorsEnabled=enabled))[0]
        shown[len(enabled)] = {"rsi14", "ema20", "ema200", "atr14"} & set(alert.indicators)
    assert shown == {1: set(), 2: {"rsi14"}, 4: {"rsi14", "ema20", "ema200", "atr14"}}


@effect_of("perseus_profile.risk_tolerance")
def test_the_lower_the_tolerance_the_more_alerts() -> None:
    times = [START + minute * MINUTE for minute in range(10)]
    told = [
        len(raised(Mode.SCALPER_MACDV, validate({"perseus_profile": {"risk_tolerance": risk}}), *times))
        for risk in ("low", "medium", "high")
    ]
    assert told[0] > told[1] > told[2] > 0


def two_exchanges(field: str, profiles: Any, own: Any) -> SettingsDocument:
    """The simulated exchange has its own setting, Kraken follows the profile."""
    return validate(
        {
            "perseus_profile": {"notification_preferences": "email", "trade_settings": {field: profiles}},
            "exchanges": {
                "simulated": {"enabled": True, "trade_settings": {field: own}},
                "kraken": {"enabled": True},
            },
        }
    )


@effect_of(*own_or_profiles("preferred_timeframes"))
def test_only_the_preferred_timeframes_alert_and_an_exchange_can_have_its_own() -> None:
    followed = two_exchanges("preferred_timeframes", "1h", None)
    overridden = two_exchanges("preferred_timeframes", "1m", "1h,4h")
    for document in (followed, overridden):
        assert raised(Mode.SCALPER_MACDV, document, timeframe="1m") == []
        assert raised(Mode.SCALPER_MACDV, document, timeframe="1h") != []


@effect_of(*own_or_profiles("stop_loss_percentage"), *own_or_profiles("take_profit_percentage"))
@pytest.mark.parametrize(
    ("field", "close", "kind"),
    [("stop_loss_percentage", 97.0, AlertKind.STOP_LOSS), ("take_profit_percentage", 103.0, AlertKind.TAKE_PROFIT)],
)
def test_a_positions_limits_lie_where_the_exchange_or_the_profile_says(
    field: str, close: float, kind: AlertKind
) -> None:
    entries = {"simulated:BTC-USD": Entry("simulated:BTC-USD", 100.0, START)}
    told = {
        (profiles, own): [
            alert.kind
            for alert in raised(
                Mode.POSITION_MONITOR,
                two_exchanges(field, profiles, own),
                entries=entries,
                readings=(None, None),
                close=close,
            )
        ]
        for profiles, own in ((2, None), (2, 5), (5, 2), (2, 0), (5, None))
    }
    assert told == {(2, None): [kind], (2, 5): [], (5, 2): [kind], (2, 0): [], (5, None): []}


def an_alert(exchange: str = "simulated", kind: AlertKind = AlertKind.CROSSOVER) -> Alert:
    return Alert(exchange, "BTC-USD", "1m", 0, kind, "scalper-macdv", 1, 0, {})


@effect_of(*own_or_profiles("trading_hours_utc"), *own_or_profiles("trading_days"))
@effect_of(*own_or_profiles("max_daily_trades"))
@pytest.mark.parametrize(
    ("field", "narrow", "wide", "reason"),
    [
        ("trading_hours_utc", "13:00-14:00", "24/7", "outside the trading hours"),
        ("trading_days", "Tue-Sun", "all", "not a trading day"),
        ("max_daily_trades", 2, 0, "the day's limit of 2 entry alerts is reached"),
    ],
)
def test_when_and_how_often_alerts_are_due_goes_by_the_exchange_or_the_profile(
    field: str, narrow: Any, wide: Any, reason: str
) -> None:
    counted = {"simulated": 2, "kraken": 2}
    for profiles, own, expected in ((narrow, None, reason), (wide, narrow, reason), (narrow, wide, "")):
        document = two_exchanges(field, profiles, own)
        decided = decide(an_alert(), document, MONDAY_NOON, counted)
        assert (decided.held_back, decided.channels) == (expected, () if expected else ("email",))
        others = decide(an_alert("kraken"), document, MONDAY_NOON, counted)
        assert others.held_back == (reason if profiles == narrow else "")


@effect_of("perseus_profile.notification_preferences", "perseus_profile.discord_integration.enabled")
@pytest.mark.parametrize(
    ("preferences", "discord", "due"),
    [
        ("", True, ()),
        ("none", True, ()),
        ("email", True, ("email",)),
        ("discord, push", True, ("discord", "push")),
        ("discord, push", False, ("push",)),
    ],
)
def test_alerts_are_due_where_the_profile_wants_them(preferences: str, discord: bool, due: tuple[str, ...]) -> None:
    integration = {"enabled": discord, "webhook_url_environment_variable": "DISCORD_WEBHOOK"}
    profile = {"notification_preferences": preferences, "discord_integration": integration}
    document = validate({"perseus_profile": profile})
    assert decide(an_alert(), document, MONDAY_NOON, {}).channels == due


@effect_of(*below("notifications.signals", "discord", "email", "push"))
@effect_of(*below("notifications.position_limits", "discord", "email", "push"))
@pytest.mark.parametrize("channel", ["discord", "email", "push"])
@pytest.mark.parametrize(
    ("event", "kind"), [("signals", AlertKind.REVERSAL), ("position_limits", AlertKind.TAKE_PROFIT)]
)
def test_each_kind_of_alert_has_its_own_channels(channel: str, event: str, kind: AlertKind) -> None:
    profile = {
        "notification_preferences": "discord,email,push",
        "discord_integration": {"enabled": True, "webhook_url_environment_variable": "DISCORD_WEBHOOK"},
    }
    document = validate({"perseus_profile": profile, "notifications": {event: {channel: False}}})
    due = decide(an_alert(kind=kind), document, MONDAY_NOON, {}).channels
    assert set(due) == {"discord", "email", "push"} - {channel}
    other = AlertKind.STOP_LOSS if event == "signals" else AlertKind.LEVEL
    assert channel in decide(an_alert(kind=other), document, MONDAY_NOON, {}).channels
