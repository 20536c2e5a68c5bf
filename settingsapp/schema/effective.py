"""What the document means: defaults resolved, lists merged, symbols qualified."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from settingsapp.schema.document import SettingsDocument
from settingsapp.schema.modes import (
    LEVELS,
    AlertThresholds,
    Indicator,
    Level,
    PositionMonitorConfig,
    ScalperMacdvConfig,
    ScalperOrderbookConfig,
    SymbolSource,
)
from settingsapp.schema.notations import (
    CHANNELS,
    Channel,
    hours_hold,
    read_channels,
    read_days,
    read_hours,
    read_timeframes,
)
from settingsapp.schema.notifications import Event
from settingsapp.schema.trading import TradeSettings
from settingsapp.schema.vocabulary import Mode, Timeframe, qualify, split_qualified


@dataclass(frozen=True)
class Thresholds:
    """What is worth an alert, nothing left open. `levels` are magnitudes: each counts above zero and below."""

    macdv_crossover: bool
    momentum_shift: bool
    reversal: bool
    levels: tuple[Level, ...]
    cooldown_minutes: float


@dataclass(frozen=True)
class ModeConfig:
    """One mode's configuration, nothing left open."""

    mode: Mode
    symbol_source: SymbolSource
    indicators_enabled: tuple[Indicator, ...]
    alert_thresholds: Thresholds


BY_RISK_TOLERANCE: Final = {
    "low": Thresholds(True, True, True, LEVELS, cooldown_minutes=0),
    "medium": Thresholds(True, True, True, LEVELS, cooldown_minutes=5),
    "high": Thresholds(True, False, True, (250, 300, 350, 400), cooldown_minutes=30),
}
"""Thresholds that a mode leaves open: the lower the tolerance, the earlier and more often its owner is warned."""


def qualified(document: SettingsDocument, symbol: str) -> str:
    """Return a symbol of the document with its exchange."""
    return qualify(symbol, document.perseus_profile.primary_exchange)


def enabled_exchanges(document: SettingsDocument) -> tuple[str, ...]:
    """Return the names of the exchanges to connect to."""
    return tuple(name for name, exchange in document.exchanges.items() if exchange.enabled)


def tracked_symbols(document: SettingsDocument) -> dict[str, str]:
    """Return the whole watchlist in its order, with what is off: each symbol qualified, and how it is written first."""
    found: dict[str, str] = {}
    for written in (*document.symbols, *document.sparse_symbols):
        found.setdefault(qualified(document, written), written)
    return found


def watched_symbols(document: SettingsDocument) -> tuple[str, ...]:
    """Return the watchlist, sparse symbols last: qualified, on enabled exchanges, without what is switched off."""
    return _watched(document, (*document.symbols, *document.sparse_symbols))


def scanner_symbols(document: SettingsDocument) -> tuple[str, ...]:
    """Return those of the watched symbols that came in by the scanner's approved proposals."""
    brought = {qualified(document, symbol) for symbol in document.scanner_symbols}
    return tuple(symbol for symbol in watched_symbols(document) if symbol in brought)


def sparse_symbols(document: SettingsDocument) -> tuple[str, ...]:
    """Return those of the watched symbols that are watched from 15m up, without a live connection."""
    fully = set(_watched(document, document.symbols))
    return tuple(s for s in _watched(document, document.sparse_symbols) if s not in fully)


def positions(document: SettingsDocument) -> tuple[str, ...]:
    """Return the positions: qualified, on enabled exchanges, without what is switched off."""
    return _watched(document, document.position_symbols)


def _watched(document: SettingsDocument, symbols: Iterable[str]) -> tuple[str, ...]:
    enabled = set(enabled_exchanges(document))
    disabled = {qualified(document, symbol) for symbol in document.disabled_symbols}
    ordered = dict.fromkeys(qualified(document, symbol) for symbol in symbols)
    return tuple(s for s in ordered if s not in disabled and split_qualified(s)[0] in enabled)


def mode_config(document: SettingsDocument, mode: Mode) -> ModeConfig:
    """Return a mode's configuration; what it leaves open follows the profile's risk tolerance."""
    config = _written(document, mode)
    return ModeConfig(
        mode=mode,
        symbol_source=config.symbol_source,
        indicators_enabled=config.indicators_enabled,
        alert_thresholds=_resolved(config.alert_thresholds, BY_RISK_TOLERANCE[document.perseus_profile.risk_tolerance]),
    )


def _written(
    document: SettingsDocument, mode: Mode
) -> PositionMonitorConfig | ScalperMacdvConfig | ScalperOrderbookConfig:
    match mode:
        case Mode.POSITION_MONITOR:
            return document.modes.position_monitor
        case Mode.SCALPER_MACDV:
            return document.modes.scalper_macdv
        case Mode.SCALPER_ORDERBOOK:
            return document.modes.scalper_orderbook


def _resolved(written: AlertThresholds, default: Thresholds) -> Thresholds:
    return Thresholds(
        macdv_crossover=default.macdv_crossover if written.macdv_crossover is None else written.macdv_crossover,
        momentum_shift=default.momentum_shift if written.momentum_shift is None else written.momentum_shift,
        reversal=default.reversal if written.reversal is None else written.reversal,
        levels=default.levels if written.levels is None else written.levels,
        cooldown_minutes=default.cooldown_minutes if written.cooldown_minutes is None else written.cooldown_minutes,
    )


def trade_settings(document: SettingsDocument, exchange: str) -> TradeSettings:
    """Return the trade settings on an exchange: the profile's, with the exchange's own in their place."""
    profile = document.perseus_profile.trade_settings
    own = document.exchanges.get(exchange)
    if own is None:
        return profile
    return profile.model_copy(update=own.trade_settings.model_dump(exclude_none=True))


def alerting_timeframes(document: SettingsDocument, exchange: str) -> tuple[Timeframe, ...]:
    """Return the timeframes that may alert on an exchange, shortest first."""
    return read_timeframes(trade_settings(document, exchange).preferred_timeframes)


def trading_at(trade: TradeSettings, moment: datetime) -> bool:
    """Tell whether alerts are sent at that moment (aware), or only stored."""
    moment = moment.astimezone(UTC)
    return moment.weekday() in read_days(trade.trading_days) and hours_hold(
        read_hours(trade.trading_hours_utc), moment.time()
    )


def channels(document: SettingsDocument, event: Event) -> tuple[Channel, ...]:
    """Return where an event goes: the profile's channels, as far as that event's own switches let them.

    Discord is among them only where the profile's integration is on.
    """
    chosen = getattr(document.notifications, event)
    profile = document.perseus_profile
    return tuple(
        channel
        for channel in read_channels(profile.notification_preferences)
        if getattr(chosen, channel) and (channel != "discord" or profile.discord_integration.enabled)
    )


def address_variable(document: SettingsDocument, channel: Channel) -> str:
    """Return the name of the environment variable that holds a channel's address; empty where none is named."""
    match channel:
        case "discord":
            return document.perseus_profile.discord_integration.webhook_url_environment_variable
        case "email":
            return document.notifications.email_url_environment_variable
        case "push":
            return document.notifications.push_url_environment_variable


def environment_names(document: SettingsDocument) -> tuple[str, ...]:
    """Return all environment variables that the document names, sorted, each once."""
    names = {address_variable(document, channel) for channel in CHANNELS}
    for exchange in document.exchanges.values():
        names |= {exchange.api_key_variable, exchange.secret_variable, exchange.password_variable}
    return tuple(sorted(names - {""}))
