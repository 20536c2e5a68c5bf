"""Recorded candles through the market and a mode, as fast as they go: nothing random, no clock."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from runtime.engine.aggregate import aggregate
from runtime.engine.candles import Candle
from runtime.engine.market import WARMUP_BARS, Bar, Market
from runtime.engine.modes import ModeContext, ModeRun
from runtime.engine.ports.positions import Entry
from runtime.protocol.alerts import Alert
from settingsapp.schema.document import SettingsDocument
from settingsapp.schema.vocabulary import Timeframe

FIRST_VERSION = 1
"""The version that every settings document begins with."""


@dataclass
class Replay:
    """One recording (at least one candle, oldest first) before one mode.

    The first `warmup_bars` candles are history, as they are for an engine that starts; the alerts are those of
    an engine that saw the rest come in.
    """

    candles: Sequence[Candle]
    timeframes: Sequence[Timeframe]
    """The candles' own first, then the longer ones to put together."""
    run: ModeRun
    document: SettingsDocument
    settings_version: int = FIRST_VERSION
    warmup_bars: int = WARMUP_BARS
    entries: Mapping[str, Entry] = field(default_factory=dict)
    bars: int = 0
    """So many bars were completed after the history, of all series."""

    def alerts(self) -> Iterator[Alert]:
        """Yield the alerts in the order in which they came up."""
        context = ModeContext(self.run.mode, self.settings_version, self.document, self.entries)
        for bar in self._completed():
            self.bars += 1
            yield from self.run.alerts(bar, context)

    def _completed(self) -> Iterator[Bar]:
        market = Market(self.warmup_bars)
        key = self.candles[0].series
        market.track(key.exchange, key.symbol, self.timeframes)
        history = self.candles[: self.warmup_bars]
        market.load(key, history)
        for timeframe in self.timeframes[1:]:
            longer = list(aggregate(history, timeframe, history[-1].close_time))
            market.load(key._replace(timeframe=timeframe), longer[-self.warmup_bars :])
        for candle in self.candles[self.warmup_bars :]:
            step = market.feed(candle)
            if step.gap is not None:
                # The recording is all that is known: what is missing in it was not traded.
                yield from market.fill(key, step.gap.since, step.gap.until, ()).bars
                step = market.feed(candle)
            yield from step.bars
