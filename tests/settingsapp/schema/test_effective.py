"""What a document means."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settingsapp.schema import effective
from settingsapp.schema.document import default_document
from settingsapp.schema.notations import hours_hold, read_days, read_hours, read_timeframes
from settingsapp.schema.trading import TradeSettings
from settingsapp.schema.validation import validate
from settingsapp.schema.vocabulary import TIMEFRAMES, Mode
from tests.settingsapp.schema.landscape_file import a_landscape_file

TWO_EXCHANGES: dict[str, Any] = {
    "exchanges": {"simulated": {"enabled": True}, "binance": {"enabled": True}, "kraken": {"enabled": False}}
}


def test_the_watchlist_is_qualified_in_order_and_without_what_is_switched_off() -> None:
    document = validate(
        TWO_EXCHANGES
        | {
            "symbols": ["BTC-USD", "binance:BTCUSDT", "kraken:XBTUSD", "ETH-USD"],
            "sparse_symbols": ["ADA-USD", "simulated:BTC-USD", "DOGE-USD"],
            "disabled_symbols": ["simulated:ETH-USD", "DOGE-USD"],
        }
    )
    assert effective.watched_symbols(document) == ("simulated:BTC-USD", "binance:BTCUSDT", "simulated:ADA-USD")
    assert effective.sparse_symbols(document) == ("simulated:ADA-USD",)
    assert effective.enabled_exchanges(document) == ("simulated", "binance")


def test_positions_are_qualified_and_can_be_switched_off() -> None:
    document = validate({"position_symbols": ["BTC-USD", "ETH-USD"], "disabled_symbols": ["BTC-USD"]})
    assert effective.positions(document) == ("simulated:ETH-USD",)


def test_an_exchanges_own_trade_settings_count_field_by_field() -> None:
    document = validate(
        {
            "perseus_profile": {"trade_settings": {"stop_loss_percentage": 3, "preferred_timeframes": "1h"}},
            "exchanges": {
                "simulated": {"enabled": True, "trade_settings": {"stop_loss_percentage": 0, "trading_days": "Sat"}}
            },
        }
    )
    own = effective.trade_settings(document, "simulated")
    assert (own.stop_loss_percentage, own.trading_days, own.preferred_timeframes) == (0, "Sat", "1h")
    assert effective.trade_settings(document, "kraken").stop_loss_percentage == 3
    assert effective.alerting_timeframes(document, "simulated") == ("1h",)


@pytest.mark.parametrize("tolerance", ["low", "medium", "high"])
def test_thresholds_that_a_mode_leaves_open_follow_the_risk_tolerance(tolerance: str) -> None:
    document = validate(
        {
            "perseus_profile": {"risk_tolerance": tolerance},
            "modes": {"scalper-macdv": {"alertThresholds": {"momentumShift": False, "cooldownMinutes": 0}}},
        }
    )
    default = effective.BY_RISK_TOLERANCE[tolerance]
    open_mode = effective.mode_config(document, Mode.POSITION_MONITOR)
    assert open_mode.alert_thresholds == default
    own = effective.mode_config(document, Mode.SCALPER_MACDV).alert_thresholds
    assert (own.momentum_shift, own.cooldown_minutes, own.levels) == (False, 0, default.levels)


def test_the_lower_the_tolerance_the_more_is_told() -> None:
    low, medium, high = (effective.BY_RISK_TOLERANCE[name] for name in ("low", "medium", "high"))
    assert low.cooldown_minutes < medium.cooldown_minutes < high.cooldown_minutes
    assert set(low.levels) >= set(medium.levels) >= set(high.levels)


def test_an_empty_list_of_levels_means_none_of_them() -> None:
    document = validate({"modes": {"scalper-macdv": {"alertThresholds": {"levels": []}}}})
    assert effective.mode_config(document, Mode.SCALPER_MACDV).alert_thresholds.levels == ()


def test_every_variable_that_the_document_names_is_listed_once() -> None:
    assert effective.environment_names(validate(a_landscape_file())) == (
        "Coinbase_ApiKeyId",
        "Coinbase_EcPrivateKeyPem",
        "DISCORD_LIVERMORE_BOT",
        "KUCOIN_API_KEY",
        "KUCOIN_PASSPHRASE",
        "KUCOIN_SECRET",
    )
    assert effective.environment_names(default_document("x")) == ()


def test_an_event_goes_to_the_profiles_channels_as_far_as_its_switches_let_it() -> None:
    document = validate(
        {
            "perseus_profile": {
                "notification_preferences": "email, Discord",
                "discord_integration": {"enabled": True, "webhook_url_environment_variable": "DISCORD_WEBHOOK"},
            },
            "notifications": {"errors": {"discord": False}},
        }
    )
    assert effective.channels(document, "signals") == ("discord", "email")
    assert effective.channels(document, "errors") == ("email",)
    without = validate({"perseus_profile": {"notification_preferences": "email, Discord"}})
    assert effective.channels(without, "signals") == ("email",)


@pytest.mark.parametrize(
    ("hours", "inside", "outside"),
    [
        ("09:00-17:30", ["09:00", "17:29"], ["08:59", "17:30"]),
        ("22:00-02:00", ["22:00", "00:00", "01:59"], ["02:00", "21:59"]),
        ("00:00-23:59", ["00:00", "23:59"], []),
        ("24/7", ["00:00", "23:59"], []),
        ("9:00-12:00, 18:00-24:00", ["09:00", "23:59"], ["12:00", "17:59", "00:00"]),
    ],
)
def test_trading_hours_hold_by_utc(hours: str, inside: list[str], outside: list[str]) -> None:
    trade = TradeSettings(trading_hours_utc=hours)
    for text, expected in [(t, True) for t in inside] + [(t, False) for t in outside]:
        moment = datetime.strptime(f"2026-01-31 {text}:30 +0000", "%Y-%m-%d %H:%M:%S %z")
        assert effective.trading_at(trade, moment) is expected, text


def test_trading_days_hold_by_utc() -> None:
    trade = TradeSettings(trading_days="Fri-Mon")
    days = [day for day in range(7) if effective.trading_at(trade, datetime(2026, 1, 5 + day, 12, tzinfo=UTC))]
    assert days == [0, 4, 5, 6]


@pytest.mark.parametrize(
    ("text", "days"),
    [("", range(7)), ("All", range(7)), ("Mon–Wed", (0, 1, 2)), ("monday, Sun", (0, 6)), ("Wed-Wed", (2,))],
)
def test_days_are_read_as_people_write_them(text: str, days: Any) -> None:
    assert read_days(text) == frozenset(days)


def test_no_timeframes_at_all_means_every_one() -> None:
    assert read_timeframes("") == TIMEFRAMES
    assert read_timeframes("1d, 1m") == ("1m", "1d")


@given(st.text(max_size=20))
def test_hours_of_any_text_are_read_or_refused_in_words(text: str) -> None:
    refusal = "write"
    try:
        hours_hold(read_hours(text), datetime(2026, 1, 1, tzinfo=UTC).time())
    except ValueError as error:
        refusal = str(error)
    assert "write" in refusal
