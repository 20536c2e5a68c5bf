"""From the signals of a bar to alerts: as far as thresholds, timeframes and cooldowns let them."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from runtime.engine.candles import MINUTE_MS, SeriesKey
from runtime.engine.market import Bar
from runtime.engine.raised import Raised
from runtime.engine.readings import Reading
from runtime.engine.signals import Signal, crossover, level_crossing, momentum_shift, reversal
from runtime.protocol.alerts import Alert, AlertKind
from settingsapp.schema.document import SettingsDocument
from settingsapp.schema.effective import Thresholds, alerting_timeframes, mode_config
from settingsapp.schema.vocabulary import Mode, Timeframe


class _Quiet(NamedTuple):
    series: SeriesKey
    kind: AlertKind


class _Rules:
    """What one document says on alerting in one mode, looked up once: a document never changes."""

    def __init__(self, mode: Mode, document: SettingsDocument) -> None:
        self.mode = mode
        self.document = document
        config = mode_config(document, mode)
        self.thresholds = config.alert_thresholds
        self.indicators = config.indicators_enabled
        self.cooldown_ms = config.alert_thresholds.cooldown_minutes * MINUTE_MS
        self._timeframes: dict[str, tuple[Timeframe, ...]] = {}

    def may_alert(self, series: SeriesKey) -> bool:
        timeframes = self._timeframes.get(series.exchange)
        if timeframes is None:
            timeframes = alerting_timeframes(self.document, series.exchange)
            self._timeframes[series.exchange] = timeframes
        return series.timeframe in timeframes


class SignalAlerts:
    """The MACD-V alerts of one mode at work; it remembers when which kind of which series alerted last."""

    def __init__(self) -> None:
        self._last: dict[_Quiet, int] = {}
        self._rules: _Rules | None = None

    def recall(self, raised: Iterable[Raised]) -> None:
        """Take up the cooldowns that these alerts began."""
        for claim in (alert.claim for alert in raised):
            quiet = _Quiet(claim.series, claim.kind)
            self._last[quiet] = max(claim.open_time, self._last.get(quiet, claim.open_time))

    def of(self, bar: Bar, mode: Mode, version: int, document: SettingsDocument) -> tuple[Alert, ...]:
        """Return the alerts of one bar. Time is the candle's, so that a replay decides as the live run did."""
        previous, current, series = bar.previous, bar.reading, bar.candle.series
        if not bar.ready or previous is None or current is None:
            return ()
        rules = self._rules
        if rules is None or rules.document is not document or rules.mode is not mode:
            rules = self._rules = _Rules(mode, document)
        if not rules.may_alert(series):
            return ()
        found = []
        for signal in _signals(previous, current, rules.thresholds):
            quiet = _Quiet(series, signal.kind)
            last = self._last.get(quiet)
            if last is not None and bar.candle.open_time - last < rules.cooldown_ms:
                continue
            self._last[quiet] = bar.candle.open_time
            found.append(
                Alert(
                    exchange=series.exchange,
                    symbol=series.symbol,
                    timeframe=series.timeframe,
                    open_time=bar.candle.open_time,
                    kind=signal.kind,
                    mode=mode.value,
                    settings_version=version,
                    first_bar=bar.first_bar,
                    indicators={**current.as_dict(rules.indicators), **signal.detail},
                    level=signal.level,
                )
            )
        return tuple(found)


def _signals(previous: Reading, current: Reading, wanted: Thresholds) -> Iterator[Signal]:
    candidates = (
        crossover(previous, current) if wanted.macdv_crossover else None,
        momentum_shift(previous, current) if wanted.momentum_shift else None,
        level_crossing(previous, current, wanted.levels),
        reversal(previous, current) if wanted.reversal else None,
    )
    return (signal for signal in candidates if signal is not None)
