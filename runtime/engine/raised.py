"""The alerts that were raised, remembered for as long as they matter to those that come."""

import sys
import uuid
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple

from runtime.engine.candles import DURATION_MS, MINUTE_MS, SeriesKey
from runtime.protocol.alerts import Alert, AlertKind
from settingsapp.schema.document import SettingsDocument
from settingsapp.schema.effective import mode_config
from settingsapp.schema.vocabulary import TIMEFRAMES, Mode, Timeframe

LIMITS: Final = frozenset({AlertKind.STOP_LOSS, AlertKind.TAKE_PROFIT})
SHORTEST_MEMORY_MS: Final = 1_440 * MINUTE_MS


class Claim(NamedTuple):
    """What an alert asserts. Two that assert the same are one alert, whatever numbers they were computed from."""

    series: SeriesKey
    open_time: int
    """Of the bar that it is about, ms UTC."""
    kind: AlertKind
    mode: str
    level: int | None
    turn: str
    """Which way it went: the direction, or from which stage to which."""


@dataclass(frozen=True, slots=True)
class Raised:
    """What is remembered of an alert."""

    id: uuid.UUID
    claim: Claim
    settings_version: int
    entry_price: float | None
    """The price that a passed limit was counted from; None for other kinds."""

    @property
    def closed_at(self) -> int:
        """When its bar was complete, ms UTC."""
        return self.claim.open_time + DURATION_MS[self.claim.series.timeframe]


def claim_of(alert: Alert) -> Claim:
    """Return what an alert asserts. Raises ValueError for a timeframe that there is not (any more)."""
    timeframe = next((known for known in TIMEFRAMES if known == alert.timeframe), None)
    if timeframe is None:
        raise ValueError(f"{alert.timeframe!r} is no timeframe; there are {', '.join(TIMEFRAMES)}")
    said = alert.indicators
    if alert.kind is AlertKind.MOMENTUM_SHIFT:
        turn = f"{said.get('previousStage')} to {said.get('stage')}"
    else:
        turn = str(said.get("direction") or "")
    series = _series(alert.exchange, alert.symbol, timeframe)
    return Claim(series, alert.open_time, alert.kind, alert.mode, alert.level, sys.intern(turn))


@lru_cache(maxsize=16_384)
def _series(exchange: str, symbol: str, timeframe: Timeframe) -> SeriesKey:
    # One for all alerts of a series: a day's are remembered.
    return SeriesKey(exchange, symbol, timeframe)


def memory_ms(document: SettingsDocument) -> int:
    """Return how far back alerts matter: a day, or the longest cooldown where that is longer."""
    cooldowns = (mode_config(document, mode).alert_thresholds.cooldown_minutes for mode in Mode)
    return max(SHORTEST_MEMORY_MS, round(max(cooldowns) * MINUTE_MS))


class RaisedAlerts:
    """By symbol, the oldest first, without those that were withdrawn.

    Those older than `memory_ms` before the newest of their symbol are forgotten; of passed limits the last one of each
    kind is kept however old it is, since a limit stays passed until the price comes back.
    """

    def __init__(self) -> None:
        self.memory_ms = SHORTEST_MEMORY_MS
        self._known: dict[str, dict[Claim, Raised]] = {}
        self._order: dict[str, deque[Raised]] = {}
        self._last_limits: dict[tuple[str, AlertKind], Raised] = {}

    def restore(self, alerts: Iterable[Alert]) -> None:
        """Go on from alerts that were raised before, in whatever order; what is known stays."""
        for alert in sorted(alerts, key=lambda alert: alert.open_time):
            try:
                self.note(alert)
            except ValueError:
                # Of a timeframe that there is no longer: nothing can come up again in it.
                continue

    def note(self, alert: Alert) -> None:
        """Remember an alert; one that is known already stays as it was. Raises ValueError as `claim_of`."""
        claim = claim_of(alert)
        qualified = claim.series.qualified
        known = self._known.setdefault(qualified, {})
        if claim in known:
            return
        price = alert.indicators.get("entryPrice") if alert.kind in LIMITS else None
        entry_price = price if isinstance(price, float | int) else None
        raised = Raised(alert.id, claim, alert.settings_version, entry_price)
        known[claim] = raised
        order = self._order.setdefault(qualified, deque())
        order.append(raised)
        if alert.kind in LIMITS:
            self._last_limits[qualified, alert.kind] = raised
        while order[0].closed_at < raised.closed_at - self.memory_ms:
            known.pop(order.popleft().claim, None)

    def withdraw(self, raised: Raised) -> None:
        """Forget an alert that no longer holds."""
        qualified, kind = raised.claim.series.qualified, raised.claim.kind
        self._known.get(qualified, {}).pop(raised.claim, None)
        self._order[qualified] = deque(r for r in self._order.get(qualified, ()) if r.claim != raised.claim)
        if self._last_limits.get((qualified, kind)) == raised:
            earlier = [r for r in self._order[qualified] if r.claim.kind is kind]
            if earlier:
                self._last_limits[qualified, kind] = earlier[-1]
            else:
                del self._last_limits[qualified, kind]

    def knows(self, alert: Alert) -> bool:
        """Tell whether the same was asserted before."""
        claim = claim_of(alert)
        return claim in self._known.get(claim.series.qualified, {})

    def of_mode(self, mode: Mode) -> Iterator[Raised]:
        """Yield what that mode raised, each symbol's alerts in order."""
        for qualified in self._known:
            yield from self.of(qualified, mode)

    def of(self, qualified: str, mode: Mode) -> Iterator[Raised]:
        """Yield what that mode raised for one symbol, in order."""
        known = self._known.get(qualified, {})
        for raised in self._last_limits.values():
            claim = raised.claim
            if claim.series.qualified == qualified and claim not in known and claim.mode == mode.value:
                yield raised
        yield from (raised for raised in self._order.get(qualified, ()) if raised.claim.mode == mode.value)
