"""Where an alert is due at a moment, or why it is only stored."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from runtime.engine.candles import DURATION_MS
from runtime.protocol.alerts import Alert, AlertKind
from runtime.protocol.delivery import Delivery
from settingsapp.schema.document import SettingsDocument
from settingsapp.schema.effective import channels, trade_settings, trading_at
from settingsapp.schema.notations import read_days
from settingsapp.schema.notifications import Event

ENTRY_KINDS: Final = frozenset({AlertKind.CROSSOVER, AlertKind.MOMENTUM_SHIFT, AlertKind.LEVEL, AlertKind.REVERSAL})
"""Alerts that one may enter a position on. The others end one, and no limit may keep them back."""


def decide(alert: Alert, document: SettingsDocument, now_ms: int, entries_today: Mapping[str, int]) -> Delivery:
    """Return what becomes of an alert that is raised at `now_ms` (UTC).

    `entries_today`: how many entry alerts were due somewhere on this UTC day so far, by exchange.
    """
    reason = _held_back(alert, document, now_ms, entries_today)
    event: Event = "signals" if alert.kind in ENTRY_KINDS else "position_limits"
    due = () if reason else channels(document, event)
    return Delivery(channels=due, held_back=reason, trading_mode=document.perseus_profile.trading_mode)


def _held_back(alert: Alert, document: SettingsDocument, now_ms: int, entries_today: Mapping[str, int]) -> str:
    if alert.late:
        return "late"
    moment = datetime.fromtimestamp(now_ms / 1000, UTC)
    trade = trade_settings(document, alert.exchange)
    if not trading_at(trade, moment):
        right_day = moment.weekday() in read_days(trade.trading_days)
        return "outside the trading hours" if right_day else "not a trading day"
    limit = trade.max_daily_trades
    if limit and alert.kind in ENTRY_KINDS and _counted(alert.exchange, document, entries_today) >= limit:
        return f"the day's limit of {limit} entry {'alert' if limit == 1 else 'alerts'} is reached"
    return ""


def _counted(exchange: str, document: SettingsDocument, entries_today: Mapping[str, int]) -> int:
    """Return what counts against an exchange's limit: with a limit of its own, its own alerts alone.

    The exchanges that follow the profile share the profile's limit.
    """
    if _has_own_limit(exchange, document):
        return entries_today.get(exchange, 0)
    return sum(count for name, count in entries_today.items() if not _has_own_limit(name, document))


def _has_own_limit(exchange: str, document: SettingsDocument) -> bool:
    own = document.exchanges.get(exchange)
    return own is not None and own.trade_settings.max_daily_trades is not None


def start_of_day(now_ms: int) -> int:
    """Return when that UTC day began, ms."""
    return now_ms - now_ms % DURATION_MS["1d"]


@dataclass
class EntriesToday:
    """How many entry alerts were due somewhere today, by exchange. Every UTC day begins with none."""

    _day: int = 0
    _counts: dict[str, int] = field(default_factory=dict)

    def restore(self, now_ms: int, counts: Mapping[str, int]) -> None:
        """Go on from what was counted on this day before."""
        self._day, self._counts = start_of_day(now_ms), dict(counts)

    def at(self, now_ms: int) -> Mapping[str, int]:
        """Return the counts of the day of that moment."""
        if start_of_day(now_ms) != self._day:
            self.restore(now_ms, {})
        return self._counts

    def note(self, alert: Alert, delivery: Delivery, now_ms: int) -> None:
        """Count an alert, if it is one that counts."""
        if delivery.channels and alert.kind in ENTRY_KINDS:
            counts = dict(self.at(now_ms))
            self.restore(now_ms, counts | {alert.exchange: counts.get(alert.exchange, 0) + 1})
