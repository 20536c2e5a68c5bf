"""How far the exchanges have confirmed the bars held."""

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from runtime.engine.candles import DURATION_MS, SeriesKey
from runtime.engine.market import Market


class Span(NamedTuple):
    """Bars with since <= open time < until, ms UTC."""

    since: int
    until: int


class CheckedBars:
    """Which bars were compared with what the exchange says of them, one span a series.

    A higher bar that consists of bars held is checked with these; what a higher series holds from before them is
    checked by itself.
    """

    def __init__(self) -> None:
        self._spans: dict[SeriesKey, Span] = {}

    def note(self, market: Market, key: SeriesKey, since: int, until: int) -> None:
        """Bars of a tracked series were compared, and with them the higher bars that they complete."""
        self._extend(key, since, until)
        keys = market.series_of(key.qualified)
        for lower, higher in pairwise(keys):
            beneath, duration = self._spans.get(lower), DURATION_MS[higher.timeframe]
            covered = _covered_from(market, lower, duration)
            span, held = self._spans.get(higher), market.extent(higher)
            if beneath is None or covered is None or held is None or beneath.since > covered:
                continue
            if covered <= held[0] or (span is not None and span.until >= covered):
                self._extend(higher, max(covered, held[0]), beneath.until - beneath.until % duration)

    def _extend(self, key: SeriesKey, since: int, until: int) -> None:
        span = self._spans.get(key)
        if span is not None and since <= span.until:
            self._spans[key] = Span(min(since, span.since), max(until, span.until))
        elif until > since:
            self._spans[key] = Span(since, until)

    def forget(self, qualified: str) -> None:
        """A symbol's series begin anew."""
        for key in [key for key in self._spans if key.qualified == qualified]:
            del self._spans[key]

    def open(self, market: Market, key: SeriesKey, settled_until: int) -> Span | None:
        """Return the oldest bars of a series that have to be asked for, of those that ended before `settled_until`.

        None where there are none for now. Raises KeyError for a series that is not tracked.
        """
        held = market.extent(key)
        if held is None:
            return None
        duration = DURATION_MS[key.timeframe]
        until = min(held[1], settled_until - settled_until % duration)
        keys = market.series_of(key.qualified)
        at = keys.index(key)
        if at > 0 and (covered := _covered_from(market, keys[at - 1], duration)) is not None:
            until = min(until, covered)
        span = self._spans.get(key)
        since = held[0] if span is None else max(held[0], span.until)
        return Span(since, until) if since < until else None

    def share(self, market: Market, exchange: str | None = None) -> float:
        """Return which share of the bars held is checked, 0 to 1, of one exchange or of all; 0 where none are held."""
        checked = bars = 0
        for key, held in _held(market, exchange):
            duration = DURATION_MS[key.timeframe]
            bars += (held.until - held.since) // duration
            span = self._spans.get(key)
            if span is not None:
                checked += max(0, min(span.until, held.until) - max(span.since, held.since)) // duration
        return checked / bars if bars else 0.0


def _covered_from(market: Market, lower: SeriesKey, duration: int) -> int | None:
    """Return from when on bars of that duration (ms) consist of bars held."""
    held = market.extent(lower)
    return None if held is None else held[0] + -held[0] % duration


def _held(market: Market, exchange: str | None) -> Iterator[tuple[SeriesKey, Span]]:
    for qualified in market.tracked:
        if exchange is None or qualified.partition(":")[0] == exchange:
            for key in market.series_of(qualified):
                if (held := market.extent(key)) is not None:
                    yield key, Span(*held)
