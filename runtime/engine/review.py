"""Judging bars again after a correction: which alerts no longer come up, and which do that had not.

Nothing of the engine is touched: the bars go through a market and a mode of their own, which know what was raised
before them, as the engine's own did.
"""

import asyncio
import heapq
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from runtime.engine.candles import DURATION_MS, Candle, SeriesKey
from runtime.engine.market import Bar, Market
from runtime.engine.modes import MODES, ModeContext
from runtime.engine.raised import Raised, claim_of
from runtime.engine.state import State
from runtime.protocol.alerts import Alert

_AT_ONCE: Final = 200
"""After so many bars others get a turn."""


@dataclass(frozen=True)
class _Part:
    """One series of the symbol, as it is now."""

    key: SeriesKey
    since: int
    """Bars that ended later, ms UTC, are judged."""
    candles: Sequence[Candle]
    first_bar: int
    since_listing: bool
    base: bool


@dataclass(frozen=True)
class Case:
    """All that is needed to judge one symbol's bars again."""

    warmup_bars: int
    parts: Sequence[_Part]
    context: ModeContext
    before: Sequence[Raised]
    """What had been raised until then."""
    raised: Sequence[Raised]
    """What was raised by the bars that are judged again."""


@dataclass(frozen=True)
class Verdict:
    """What is to be withdrawn, and what comes up only now; both in order."""

    withdrawn: Sequence[Raised] = ()
    late: Sequence[Alert] = ()


def open_case(state: State, qualified: str, corrected: Mapping[SeriesKey, int]) -> Case | None:
    """Return the case of one symbol after a correction; None where no bar that was judged is touched.

    `corrected`: the series that are different now, each with the open time of its first such bar. Only bars are judged
    again that the mode at work judged under the settings in force, and that have a whole warm-up before them.
    """
    judged = state.judged.get(qualified)
    if state.run is None or judged is None or not corrected:
        return None
    context = state.mode_context()
    if (judged.mode, judged.settings_version) != (context.mode, context.settings_version):
        return None
    market = state.market
    touched = min(corrected.values())
    base = market.series_of(qualified)[0]
    newest = market.extent(base)
    forgotten = newest[1] - state.raised.memory_ms if newest else 0
    since = max(touched - touched % DURATION_MS[base.timeframe], judged.since, forgotten)
    parts = []
    for key in market.series_of(qualified):
        candles, first_bar = market.candles(key), market.first_bar(key)
        if not candles or first_bar is None:
            continue
        young = len(candles) < market.warmup_bars
        warm_from = since if young else max(since, candles[market.warmup_bars - 1].close_time)
        parts.append(_Part(key, warm_from, candles, first_bar, young and market.ready(key), key == base))
    starts = {part.key: part.since for part in parts if part.since < part.candles[-1].close_time}
    if not starts:
        return None
    of_symbol = list(state.raised.of(qualified, context.mode))
    again = {one for one in of_symbol if one.closed_at > starts.get(one.claim.series, one.closed_at)}
    return Case(
        warmup_bars=market.warmup_bars,
        parts=parts,
        context=context,
        before=[one for one in of_symbol if one not in again],
        raised=[one for one in of_symbol if one in again and one.settings_version == context.settings_version],
    )


async def judge(case: Case) -> Verdict:
    """Let the bars come in once more."""
    run = MODES[case.context.mode].start()
    closes = {p.key.qualified: c.close for p in case.parts if p.base for c in p.candles if c.close_time <= p.since}
    run.recall(case.before, case.context, closes)
    found: list[Alert] = []
    for number, bar in enumerate(_bars(case)):
        found += run.alerts(bar, _as_of(case.context, bar.candle.close_time))
        if number % _AT_ONCE == 0:
            await asyncio.sleep(0)
    claimed = {claim_of(alert) for alert in found}
    known = {raised.claim for raised in case.raised}
    return Verdict(
        withdrawn=[raised for raised in case.raised if raised.claim not in claimed],
        late=[alert for alert in found if claim_of(alert) not in known],
    )


def _as_of(context: ModeContext, moment: int) -> ModeContext:
    """Return the context as it was then: a position has no limits before it was first seen."""
    entries = {symbol: entry for symbol, entry in context.entries.items() if entry.seen_at <= moment}
    return context if len(entries) == len(context.entries) else replace(context, entries=entries)


def _bars(case: Case) -> Iterator[Bar]:
    """Yield the bars of all series in the order in which they ended, shorter ones first."""
    streams = [_bars_of(part, case.warmup_bars) for part in case.parts]
    return heapq.merge(*streams, key=lambda bar: (bar.candle.close_time, DURATION_MS[bar.candle.series.timeframe]))


def _bars_of(part: _Part, warmup_bars: int) -> Iterator[Bar]:
    # Each series by itself: a higher bar may be known better than by the bars beneath it that are held.
    market = Market(warmup_bars)
    key = part.key
    market.track(key.exchange, key.symbol, (key.timeframe,))
    market.load(key, [c for c in part.candles if c.close_time <= part.since], since_listing=part.since_listing)
    for candle in part.candles:
        if candle.close_time > part.since:
            for bar in market.feed(candle).bars:
                yield bar.placed(part.first_bar, base=part.base)
