from typing import Any

from runtime.engine.alerting import SignalAlerts
from runtime.engine.candles import MINUTE_MS
from runtime.protocol.alerts import Alert, AlertKind
from settingsapp.schema import strict_json
from settingsapp.schema.document import SettingsDocument, default_document
from settingsapp.schema.validation import validate
from settingsapp.schema.vocabulary import Mode
from tests.runtime.engine.readings import RISING, bar, reading
from tests.runtime.engine.walks import START


def document(risk: str = "low", timeframes: str = "", **thresholds: Any) -> SettingsDocument:
    """Return a document whose scalper has these thresholds; the others follow the risk tolerance."""
    plain = default_document("somebody").as_json()
    plain["perseus_profile"]["risk_tolerance"] = risk
    plain["perseus_profile"]["trade_settings"]["preferred_timeframes"] = timeframes
    plain["modes"]["scalper-macdv"]["alertThresholds"].update(thresholds)
    return validate(plain)


def alerts(of: SignalAlerts, in_force: SettingsDocument, **changes: Any) -> tuple[Alert, ...]:
    return of.of(bar(*RISING, **changes), Mode.SCALPER_MACDV, 7, in_force)


def test_an_alert_carries_what_explains_it() -> None:
    crossover, shift = alerts(SignalAlerts(), document(), timeframe="5m")
    assert (crossover.kind, shift.kind) == (AlertKind.CROSSOVER, AlertKind.MOMENTUM_SHIFT)
    assert crossover.body() == {
        "type": "alert",
        "id": str(crossover.id),
        "exchange": "simulated",
        "symbol": "BTC-USD",
        "timeframe": "5m",
        "openTime": START,
        "kind": "crossover",
        "mode": "scalper-macdv",
        "settingsVersion": 7,
        "firstBar": START,
        "indicators": {
            **{"close": 100.0, "macdv": 100.0, "signal": 99.0, "histogram": 1.0, "stage": "rallying"},
            **{"emaFast": 101.0, "emaSlow": 99.0, "atr": 2.0, "rsi14": 61.0, "ema20": 98.0, "ema200": 97.0},
            **{"atr14": 2.5, "direction": "up"},
        },
    }
    assert shift.indicators["previousStage"] == "retracing"
    assert strict_json.encode(shift.body())


def test_only_the_indicators_enabled_are_shown() -> None:
    plain = document().as_json()
    plain["modes"]["scalper-macdv"]["indicatorsEnabled"] = ["macdv", "rsi"]
    (crossover, _) = alerts(SignalAlerts(), validate(plain))
    assert {"macdv", "rsi14"} <= set(crossover.indicators)
    assert not {"ema20", "ema200", "atr14"} & set(crossover.indicators)


def test_a_series_that_is_not_ready_says_nothing() -> None:
    assert alerts(SignalAlerts(), document(), ready=False) == ()
    assert SignalAlerts().of(bar(None, RISING[1]), Mode.SCALPER_MACDV, 1, document()) == ()
    assert SignalAlerts().of(bar(None, None), Mode.SCALPER_MACDV, 1, document()) == ()


def test_only_the_preferred_timeframes_alert() -> None:
    in_force = document(timeframes="15m, 1h")
    assert alerts(SignalAlerts(), in_force, timeframe="5m") == ()
    assert len(alerts(SignalAlerts(), in_force, timeframe="1h")) == 2


def test_each_kind_can_be_switched_off() -> None:
    previous = reading(140.0, 145.0)
    current = reading(260.0, 200.0, turned=True)
    for switched_off, kind in (
        ({"macdvCrossover": False}, AlertKind.CROSSOVER),
        ({"momentumShift": False}, AlertKind.MOMENTUM_SHIFT),
        ({"reversal": False}, AlertKind.REVERSAL),
        ({"levels": []}, AlertKind.LEVEL),
    ):
        both = (document(), document(**switched_off))
        everything, rest = (
            {a.kind for a in SignalAlerts().of(bar(previous, current), Mode.SCALPER_MACDV, 1, d)} for d in both
        )
        assert everything - rest == {kind}


def test_a_kind_stays_quiet_for_its_cooldown_by_the_candles_time() -> None:
    signals, in_force = SignalAlerts(), document(cooldownMinutes=5)
    times = [START + minutes * MINUTE_MS for minutes in (0, 4, 5, 9, 10)]
    assert [len(alerts(signals, in_force, open_time=time)) for time in times] == [2, 0, 2, 0, 2]


def test_a_cooldown_is_one_series_and_one_kinds_own() -> None:
    signals, in_force = SignalAlerts(), document(cooldownMinutes=60)
    assert len(alerts(signals, in_force)) == 2
    assert len(alerts(signals, in_force, timeframe="5m")) == 2
    turned = bar(reading(140.0, 150.0, stage=RISING[1].stage), reading(160.0, 170.0, stage=RISING[1].stage))
    assert [a.kind for a in signals.of(turned, Mode.SCALPER_MACDV, 1, in_force)] == [AlertKind.LEVEL]


def test_a_new_document_counts_from_the_next_bar_on() -> None:
    signals = SignalAlerts()
    assert len(alerts(signals, document(cooldownMinutes=0))) == 2
    assert alerts(signals, document(timeframes="1d", cooldownMinutes=0)) == ()
    assert len(alerts(signals, document(momentumShift=False, cooldownMinutes=0))) == 1
