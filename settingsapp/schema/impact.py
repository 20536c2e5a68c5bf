"""What a change of each field causes in a running engine."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any, Final

from settingsapp.schema.diff import Change
from settingsapp.schema.fields import leaf_fields, matches


class Impact(StrEnum):
    """From the least to the most that a change can cause."""

    NONE = "none"
    HOT = "hot"
    RESUBSCRIBE = "resubscribe"
    RESTART = "restart"


EXPLAINED: Final[Mapping[Impact, str]] = {
    Impact.NONE: "nothing follows for the engine",
    Impact.HOT: "counts at once, without any interruption",
    Impact.RESUBSCRIBE: "the engine connects or subscribes anew where it has to; everything else runs on",
    Impact.RESTART: "counts from the engine's next start",
}

_TRADE: Final[Mapping[str, Impact]] = {
    "trading_strategy": Impact.NONE,
    "preferred_geographies": Impact.NONE,
    "blacklisted_geographies": Impact.NONE,
    "trading_hours_utc": Impact.HOT,
    "trading_days": Impact.HOT,
    "max_daily_trades": Impact.HOT,
    "stop_loss_percentage": Impact.HOT,
    "take_profit_percentage": Impact.HOT,
    "preferred_timeframes": Impact.HOT,
}
_THRESHOLDS: Final = ("macdvCrossover", "momentumShift", "reversal", "levels", "cooldownMinutes")
_EVENTS: Final = ("signals", "position_limits", "errors", "engine_state", "settings_changes")


def _below(path: str, impacts: Mapping[str, Impact]) -> dict[str, Impact]:
    return {f"{path}.{name}": impact for name, impact in impacts.items()}


def _mode(name: str, source: Impact, rest: Impact) -> dict[str, Impact]:
    return _below(
        f"modes.{name}",
        {
            "mode": Impact.NONE,
            "symbolSource": source,
            "indicatorsEnabled": rest,
            **{f"alertThresholds.{threshold}": rest for threshold in _THRESHOLDS},
        },
    )


IMPACTS: Final[Mapping[str, Impact]] = {
    "schema_version": Impact.NONE,
    "sub": Impact.NONE,
    **_below(
        "perseus_profile",
        {
            "public_name": Impact.HOT,
            "description": Impact.NONE,
            "primary_exchange": Impact.RESUBSCRIBE,
            "trading_mode": Impact.HOT,
            "currency": Impact.HOT,
            "timezone": Impact.HOT,
            "locale": Impact.HOT,
            "date_format": Impact.HOT,
            "time_format": Impact.HOT,
            "risk_tolerance": Impact.HOT,
            "investment_style": Impact.NONE,
            "notification_preferences": Impact.HOT,
            "discord_integration.enabled": Impact.HOT,
            "discord_integration.webhook_url_environment_variable": Impact.HOT,
        },
    ),
    **_below("perseus_profile.trade_settings", _TRADE),
    "livermore_runtime.auto_start": Impact.RESTART,
    "livermore_runtime.start_mode": Impact.RESTART,
    "livermore_runtime.logging.data_directory": Impact.HOT,
    "livermore_runtime.logging.log_directory": Impact.HOT,
    "livermore_runtime.logging.verbosity_level": Impact.HOT,
    "exchanges.*.enabled": Impact.RESUBSCRIBE,
    "exchanges.*.ApiKeyEnvironmentVariableName": Impact.RESUBSCRIBE,
    "exchanges.*.SecretEnvironmentVariableName": Impact.RESUBSCRIBE,
    "exchanges.*.PasswordEnvironmentVariableName": Impact.RESUBSCRIBE,
    **_below("exchanges.*.trade_settings", _TRADE),
    "symbols": Impact.RESUBSCRIBE,
    "sparse_symbols": Impact.RESUBSCRIBE,
    "disabled_symbols": Impact.RESUBSCRIBE,
    "load_positions_from_exchange": Impact.RESUBSCRIBE,
    "position_symbols": Impact.RESUBSCRIBE,
    "position_min_value_usd": Impact.RESUBSCRIBE,
    "position_refresh_hours": Impact.HOT,
    "portfolio_symbols_last_update": Impact.NONE,
    "scanner_to_maintain_symbols_enabled": Impact.HOT,
    "scanner_symbols_last_update": Impact.NONE,
    "scanner_exchange": Impact.HOT,
    "scanner_auto_restart_services": Impact.HOT,
    "scanner_symbols": Impact.RESUBSCRIBE,
    **_below(
        "scanner",
        dict.fromkeys(
            (
                *("quote_currencies", "min_volume_usd_24h", "min_price_usd", "min_age_days", "max_spread_percent"),
                *("min_change_percent_24h", "max_change_percent_24h", "top_n", "max_symbols"),
                *("exclude_stablecoins", "exclude_leveraged", "exclude_categories"),
                *("excluded_bases", "excluded_symbols"),
            ),
            Impact.HOT,
        ),
    ),
    **_mode("position-monitor", Impact.NONE, Impact.HOT),
    **_mode("scalper-macdv", Impact.RESUBSCRIBE, Impact.HOT),
    **_mode("scalper-orderbook", Impact.NONE, Impact.NONE),
    "notifications.email_url_environment_variable": Impact.HOT,
    "notifications.push_url_environment_variable": Impact.HOT,
    **_below(
        "notifications",
        {f"{event}.{channel}": Impact.HOT for event in _EVENTS for channel in ("discord", "email", "push")},
    ),
}
"""What a change of each field causes, by the field's pattern."""


def impact_of(change: Change) -> Impact:
    """Return what a change causes; an entry that comes or goes whole causes what its fields do."""
    exact = next((impact for pattern, impact in IMPACTS.items() if matches(pattern, change.path)), None)
    if exact is not None:
        return exact
    if not any(_is_enabled(value) for value in (change.before, change.after)):
        return Impact.NONE
    depth = change.path.count(".") + 1
    below = [f.pattern for f in leaf_fields() if matches(".".join(f.pattern.split(".")[:depth]), change.path)]
    return strongest(IMPACTS[pattern] for pattern in below)


def strongest(impacts: Iterable[Impact]) -> Impact:
    """Return the one that causes most; NONE where there is none."""
    ascending = list(Impact)
    return max(impacts, key=ascending.index, default=Impact.NONE)


def _is_enabled(entry: Any) -> bool:
    """Tell whether an entry of the exchanges is in use; any other entry is."""
    return isinstance(entry, Mapping) and entry.get("enabled") is not False
