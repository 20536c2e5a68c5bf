"""Watches what the owner holds: stop loss, take profit, and the MACD-V signals of the positions."""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from runtime.engine.alerting import SignalAlerts
from runtime.engine.market import Bar
from runtime.engine.modes.contract import ModeContext, ModeDefinition
from runtime.engine.ports.positions import Entry
from runtime.engine.raised import Raised
from runtime.protocol.alerts import Alert, AlertKind
from settingsapp.schema.document import SettingsDocument
from settingsapp.schema.effective import positions, trade_settings
from settingsapp.schema.vocabulary import Mode


class _Limit(NamedTuple):
    kind: AlertKind
    percentage: float
    price: float
    passed: bool


class PositionMonitor:
    """Remembers which limits are passed, so that each crossing is told once."""

    mode: Final = Mode.POSITION_MONITOR

    def __init__(self) -> None:
        self._signals = SignalAlerts()
        self._beyond: set[tuple[Entry, AlertKind]] = set()

    def alerts(self, bar: Bar, context: ModeContext) -> tuple[Alert, ...]:
        signals = self._signals.of(bar, context.mode, context.settings_version, context.document)
        return (*self._limits(bar, context), *signals) if bar.base else signals

    def recall(self, raised: Iterable[Raised], context: ModeContext, closes: Mapping[str, float]) -> None:
        told = list(raised)
        self._signals.recall(told)
        crossed = {(alert.claim.series.qualified, alert.claim.kind, alert.entry_price) for alert in told}
        for qualified, entry in context.entries.items():
            if entry.price <= 0:
                continue
            # Without a close nobody knows whether the price has come back: then it counts as one crossing with the
            # last, and the next bar knows.
            close = closes.get(qualified)
            for limit in _limits_of(entry, entry.price if close is None else close, context.document):
                passed = limit.passed or close is None
                if passed and (qualified, limit.kind, entry.price) in crossed:
                    self._beyond.add((entry, limit.kind))

    def _limits(self, bar: Bar, context: ModeContext) -> list[Alert]:
        candle = bar.candle
        entry = context.entries.get(candle.series.qualified)
        if entry is None or entry.price <= 0:
            return []
        found = []
        if bar.previous is not None:
            # A run that begins on a bar after a restart has not seen that the price had come back.
            for limit in _limits_of(entry, bar.previous.close, context.document):
                if not limit.passed:
                    self._beyond.discard((entry, limit.kind))
        for limit in _limits_of(entry, candle.close, context.document):
            crossing = (entry, limit.kind)
            if not limit.passed:
                self._beyond.discard(crossing)
            elif crossing not in self._beyond:
                self._beyond.add(crossing)
                found.append(
                    Alert(
                        exchange=candle.series.exchange,
                        symbol=candle.series.symbol,
                        timeframe=candle.series.timeframe,
                        open_time=candle.open_time,
                        kind=limit.kind,
                        mode=context.mode.value,
                        settings_version=context.settings_version,
                        first_bar=bar.first_bar,
                        indicators={
                            "close": candle.close,
                            "entryPrice": entry.price,
                            "limitPrice": limit.price,
                            "limitPercentage": limit.percentage,
                            "changePercentage": (candle.close / entry.price - 1) * 100,
                        },
                    )
                )
        return found


def limit_price(entry: Entry, kind: AlertKind, document: SettingsDocument) -> float | None:
    """Return the price at which a position's limit lies; None where it has no such limit."""
    found = (limit.price for limit in _limits_of(entry, entry.price, document) if limit.kind is kind)
    return next(found, None) if entry.price > 0 else None


def _limits_of(entry: Entry, close: float, document: SettingsDocument) -> list[_Limit]:
    trade = trade_settings(document, entry.symbol.partition(":")[0])
    limits = []
    if trade.stop_loss_percentage > 0:
        price = entry.price * (100 - trade.stop_loss_percentage) / 100
        limits.append(_Limit(AlertKind.STOP_LOSS, trade.stop_loss_percentage, price, close <= price))
    if trade.take_profit_percentage > 0:
        price = entry.price * (100 + trade.take_profit_percentage) / 100
        limits.append(_Limit(AlertKind.TAKE_PROFIT, trade.take_profit_percentage, price, close >= price))
    return limits


DEFINITION: Final = ModeDefinition(
    mode=Mode.POSITION_MONITOR,
    purpose="Watches the positions: stop loss, take profit and MACD-V signals.",
    symbols=positions,
    create=PositionMonitor,
)
