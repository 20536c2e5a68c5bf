"""Reading closed bars again, unasked: a little at a time, so that it never stands in anything's way."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Final, NamedTuple

from runtime.engine.candles import DURATION_MS, Candle, SeriesKey
from runtime.engine.checked import Span
from runtime.engine.ports.availability import LeaseLostError, SourceUnavailableError
from runtime.engine.ports.clock import Clock
from runtime.engine.ports.feeds import Feed
from runtime.engine.rereading import Reread, Rereading
from runtime.engine.state import State

log = logging.getLogger(__name__)

MOST_BARS: Final = 300
"""So many are asked for at once: every exchange gives as many with one request."""
SETTLED_MS: Final = 60_000
"""So long after its end a bar is given to be what it stays."""
EXCHANGE_REST_MS: Final = 60_000
"""So long an exchange that did not answer is left alone."""
SERIES_REST_MS: Final = 600_000
"""So long a series of which nothing credible was told is left alone."""

Tell = Callable[[str, str, str], Awaitable[None]]


class _Task(NamedTuple):
    feed: Feed
    key: SeriesKey
    span: Span


class Checking:
    """Compares one range of one connected exchange at a time with what the exchange says now: the oldest first."""

    def __init__(
        self,
        state: State,
        rereading: Rereading,
        clock: Clock,
        tell: Tell,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        pace_seconds: float = 2.0,
    ) -> None:
        self._state = state
        self._rereading = rereading
        self._clock = clock
        self._tell = tell
        self._sleep = sleep
        self._pace_seconds = pace_seconds
        self._resting: dict[str | SeriesKey, int] = {}
        """Exchanges and series that are not asked before a moment (ms), and why is in the log."""

    async def run(self) -> None:
        """Check for as long as the engine lives. Raises LeaseLostError."""
        while True:
            await self._sleep(self._pace_seconds)
            await self.check()

    async def check(self) -> bool:
        """Check the range that waits longest; False where there is none. Raises LeaseLostError."""
        now = self._clock.now_ms()
        self._resting = {what: until for what, until in self._resting.items() if until > now}
        task = min(self._open(now), key=lambda task: (task.span.since, task.key), default=None)
        if task is None:
            return False
        feed, key, span = task
        try:
            told = await feed.history(key.symbol, key.timeframe, span.since, span.until)
            await self._compare(key, span, told)
        except LeaseLostError:
            raise
        except SourceUnavailableError as error:
            log.info("%s can't be checked now: %s", key, error)
            self._resting[key.exchange] = now + EXCHANGE_REST_MS
        except KeyError:
            log.debug("%s is no longer watched", key)
        except Exception:
            log.exception("checking %s failed", key)
            self._resting[key] = now + SERIES_REST_MS
        return True

    def _open(self, now: int) -> Iterator[_Task]:
        state = self._state
        connected = {n: f for n, f in state.feeds.items() if n not in self._resting and f.status().state == "connected"}
        for qualified in state.market.tracked:
            feed = connected.get(qualified.partition(":")[0])
            if feed is None:
                continue
            for key in state.market.series_of(qualified):
                span = state.checked.open(state.market, key, now - SETTLED_MS)
                if span is not None and key not in self._resting:
                    most = span.since + MOST_BARS * DURATION_MS[key.timeframe]
                    yield _Task(feed, key, Span(span.since, min(span.until, most)))

    async def _compare(self, key: SeriesKey, span: Span, told: Sequence[Candle]) -> None:
        market = self._state.market
        held = [c.open_time for c in market.candles(key) if not c.synthetic and span.since <= c.open_time < span.until]
        credible = _credible(span, held, told)
        if credible is None:
            log.info("%s: %s says nothing of a time in which trades are held; not believed", key, key.exchange)
            self._resting[key] = self._clock.now_ms() + SERIES_REST_MS
            return
        reread = await self._rereading.let_win(key, credible.since, credible.until, told)
        self._state.checked.note(market, key, *credible)
        if reread.correction.bars:
            await self._tell("warning", key.qualified, in_words(key, reread))


def _credible(span: Span, held: Sequence[int], told: Sequence[Candle]) -> Span | None:
    """Return the part of a range in which silence of the exchange means that nothing was traded.

    An answer that begins later or ends earlier than what is held may just be shorter than what was asked for.
    """
    if not told:
        return None if held else span
    since, until = told[0].open_time, told[-1].close_time
    if not held or held[0] >= since:
        since = span.since
    if not held or held[-1] < until:
        until = span.until
    return Span(since, until)


def in_words(key: SeriesKey, reread: Reread) -> str:
    """Say what was corrected: `BTC-USD 1m: 2 closed candles corrected by the exchange, 1 alert withdrawn`."""
    parts = [f"{_counted(reread.correction.bars, 'closed candle')} corrected by the exchange"]
    if reread.withdrawn:
        parts.append(f"{_counted(reread.withdrawn, 'alert')} withdrawn")
    if reread.late:
        parts.append(f"{_counted(reread.late, 'alert')} added late")
    return f"{key.symbol} {key.timeframe}: {', '.join(parts)}"


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
