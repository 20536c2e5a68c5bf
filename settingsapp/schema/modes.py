"""What each mode watches and what it alerts on."""

from typing import Annotated, Final, Literal, TypeAlias, get_args

from pydantic import AfterValidator, Field

from settingsapp.schema.section import Section

Indicator: TypeAlias = Literal["macdv", "rsi", "ema", "atr"]
INDICATORS: Final[tuple[Indicator, ...]] = get_args(Indicator)
Level: TypeAlias = Literal[150, 200, 250, 300, 350, 400]
LEVELS: Final[tuple[Level, ...]] = get_args(Level)
SymbolSource: TypeAlias = Literal["positions", "watchlist", "scanner"]


def _without_repeats(values: tuple[Indicator, ...]) -> tuple[Indicator, ...]:
    if len(set(values)) != len(values):
        raise ValueError("names an indicator twice")
    return values


def _with_macdv(values: tuple[Indicator, ...]) -> tuple[Indicator, ...]:
    if "macdv" not in values:
        raise ValueError("this mode alerts on MACD-V: macdv can't be taken away")
    return values


def _ascending(values: tuple[Level, ...] | None) -> tuple[Level, ...] | None:
    if values is not None and list(values) != sorted(set(values)):
        raise ValueError("levels stand in ascending order, each once")
    return values


Indicators: TypeAlias = Annotated[tuple[Indicator, ...], AfterValidator(_without_repeats)]


class AlertThresholds(Section):
    """What is worth an alert. What is left open follows the profile's risk tolerance."""

    macdv_crossover: bool | None = Field(
        None,
        alias="macdvCrossover",
        title="MACD-V crossover",
        description="Alert when MACD-V crosses its signal line. Open: as the risk tolerance says.",
    )
    momentum_shift: bool | None = Field(
        None,
        alias="momentumShift",
        title="Momentum shift",
        description="Alert when a closed candle changes the stage. Open: as the risk tolerance says.",
    )
    reversal: bool | None = Field(
        None,
        title="Reversal",
        description="Alert when an extreme MACD-V turns back. Open: as the risk tolerance says.",
    )
    levels: Annotated[tuple[Level, ...] | None, AfterValidator(_ascending)] = Field(
        None,
        title="Levels",
        description="Alert when MACD-V crosses one of these outward, above zero or below: 150, 200, 250, 300, 350, "
        "400. An empty list: none. Open: as the risk tolerance says.",
    )
    cooldown_minutes: Annotated[float, Field(ge=0, le=10_080)] | None = Field(
        None,
        alias="cooldownMinutes",
        title="Cooldown (minutes)",
        description="For so long after an alert, the same kind of the same series stays quiet. "
        "Open: as the risk tolerance says.",
    )


_SOURCE = "Symbols from"
_INDICATORS = "Indicators"
_INDICATORS_TEXT = "What is calculated and shown with alerts: macdv, rsi, ema, atr."
_THRESHOLDS = "Alert thresholds"
_THRESHOLDS_TEXT = "What is worth an alert in this mode."


class PositionMonitorConfig(Section):
    """Position monitor: watches what the owner holds."""

    mode: Literal["position-monitor"] = Field(
        "position-monitor", title="Mode", description="Which mode this is; it can't be changed."
    )
    symbol_source: Literal["positions"] = Field(
        "positions", alias="symbolSource", title=_SOURCE, description="This mode watches positions, nothing else."
    )
    indicators_enabled: Annotated[Indicators, AfterValidator(_with_macdv)] = Field(
        INDICATORS, alias="indicatorsEnabled", title=_INDICATORS, description=_INDICATORS_TEXT
    )
    alert_thresholds: AlertThresholds = Field(
        default_factory=AlertThresholds, alias="alertThresholds", title=_THRESHOLDS, description=_THRESHOLDS_TEXT
    )


class ScalperMacdvConfig(Section):
    """MACD-V scalper: hunts signals across the watchlist."""

    mode: Literal["scalper-macdv"] = Field(
        "scalper-macdv", title="Mode", description="Which mode this is; it can't be changed."
    )
    symbol_source: SymbolSource = Field(
        "watchlist",
        alias="symbolSource",
        title=_SOURCE,
        description="The whole watchlist, the positions, or what came in by the scanner's approved proposals.",
    )
    indicators_enabled: Annotated[Indicators, AfterValidator(_with_macdv)] = Field(
        INDICATORS, alias="indicatorsEnabled", title=_INDICATORS, description=_INDICATORS_TEXT
    )
    alert_thresholds: AlertThresholds = Field(
        default_factory=AlertThresholds, alias="alertThresholds", title=_THRESHOLDS, description=_THRESHOLDS_TEXT
    )


class ScalperOrderbookConfig(Section):
    """Order book scalper: not implemented; its settings are kept for the day it is."""

    mode: Literal["scalper-orderbook"] = Field(
        "scalper-orderbook", title="Mode", description="Which mode this is; it can't be changed."
    )
    symbol_source: SymbolSource = Field(
        "watchlist", alias="symbolSource", title=_SOURCE, description="This mode is not implemented yet."
    )
    indicators_enabled: Indicators = Field(
        (), alias="indicatorsEnabled", title=_INDICATORS, description=_INDICATORS_TEXT
    )
    alert_thresholds: AlertThresholds = Field(
        default_factory=AlertThresholds, alias="alertThresholds", title=_THRESHOLDS, description=_THRESHOLDS_TEXT
    )


class Modes(Section):
    """A configuration for each mode."""

    position_monitor: PositionMonitorConfig = Field(
        default_factory=PositionMonitorConfig,
        alias="position-monitor",
        title="Position monitor",
        description="Watches the positions, with stop loss and take profit.",
    )
    scalper_macdv: ScalperMacdvConfig = Field(
        default_factory=ScalperMacdvConfig,
        alias="scalper-macdv",
        title="MACD-V scalper",
        description="Hunts MACD-V signals on all timeframes.",
    )
    scalper_orderbook: ScalperOrderbookConfig = Field(
        default_factory=ScalperOrderbookConfig,
        alias="scalper-orderbook",
        title="Order book scalper",
        description="Not implemented yet: it can be configured, but not started.",
    )
