"""Recorded candles as the simulated exchange: played once, as fast as one likes."""

from bisect import bisect_left
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Final

from runtime.engine.aggregate import aggregate
from runtime.engine.candles import Candle
from runtime.engine.market import WARMUP_BARS
from runtime.engine.ports.clock import Clock
from runtime.engine.ports.feeds import UnknownInstrumentError
from runtime.feeds.recordings import Recording
from runtime.feeds.simulated import Sleep
from runtime.protocol.status import ExchangeStatus
from settingsapp.schema.vocabulary import SIMULATED, Timeframe

# Only between two subscriptions and while nothing is subscribed: a candle that is due is waited for exactly.
_LONGEST_SLEEP_SECONDS: Final = 0.1
# A recording's longer silences are not sat out.
_LONGEST_SILENCE_MS: Final = 3_600_000


class _Playback:
    """One recording with the place that was reached in it."""

    def __init__(self, recording: Recording, warmup_bars: int) -> None:
        self.candles = recording.candles
        self.base = recording.key.timeframe
        self.played = min(warmup_bars, len(self.candles))
        """So many candles are history."""
        self.due: float | None = None
        """When the next candle comes, ms by the clock; None while it does not play."""

    @property
    def ended(self) -> bool:
        return self.played == len(self.candles)

    @property
    def now(self) -> int:
        """The recording's own time: when the last candle played had closed, ms UTC."""
        return self.candles[self.played - 1].close_time if self.played else self.candles[0].open_time

    def play_from(self, now_ms: float, speed: float) -> None:
        """Set when the next candle comes, counted from the moment of the last one."""
        if self.ended:
            self.due = None
        else:
            silence = self.candles[self.played].close_time - self.now
            self.due = now_ms + min(silence, _LONGEST_SILENCE_MS) / speed

    def take(self, speed: float) -> Candle:
        """Return the next candle and move on; counted from when it was due, so that delays don't add up."""
        due = self.due
        assert due is not None
        candle = self.candles[self.played]
        self.played += 1
        self.play_from(due, speed)
        return candle

    def history(self, timeframe: Timeframe) -> Sequence[Candle]:
        past = self.candles[: self.played]
        return past if timeframe == self.base else list(aggregate(past, timeframe, self.now))


class RecordedFeed:
    """Plays recordings (at least one, all of one timeframe) at `speed` times real time.

    The first `warmup_bars` candles of each are history at once. A symbol plays while it is subscribed and stands
    still while it is not; in the end the status is `ended`. Longer timeframes are put together from the candles.
    """

    def __init__(
        self,
        recordings: Sequence[Recording],
        clock: Clock,
        sleep: Sleep,
        speed: float = 1.0,
        warmup_bars: int = WARMUP_BARS,
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._speed = speed
        self._timeframes = recordings[0].timeframes
        self._playbacks = {recording.key.symbol: _Playback(recording, warmup_bars) for recording in recordings}
        self._to_play = self._left()
        self._last_message_at: int | None = None
        self._opened_at = clock.now_ms()

    @property
    def exchange(self) -> str:
        return SIMULATED

    @property
    def timeframes(self) -> Sequence[Timeframe]:
        return self._timeframes

    def symbols(self) -> Sequence[str]:
        return tuple(self._playbacks)

    def status(self) -> ExchangeStatus:
        left = self._left()
        played = f"{self._to_play - left} of {self._to_play} recorded candles played"
        return ExchangeStatus(
            exchange=SIMULATED,
            state="connected" if left else "ended",
            latency_ms=0.0,
            last_message_at=self._last_message_at,
            connected_since=self._opened_at if left else None,
            message=f"{played}, at {self._speed:g} times real time",
        )

    async def check(self, symbol: str) -> None:
        self._find(symbol)

    async def history(self, symbol: str, timeframe: Timeframe, since: int, until: int) -> Sequence[Candle]:
        candles = self._find(symbol).history(timeframe)
        first, end = (bisect_left(candles, moment, key=lambda c: c.open_time) for moment in (since, until))
        return candles[first:end]

    async def warmup(self, symbol: str, timeframe: Timeframe, bars: int) -> Sequence[Candle]:
        return self._find(symbol).history(timeframe)[-bars:]

    async def subscribe(self, symbols: Iterable[str]) -> None:
        for symbol in symbols:
            playback = self._find(symbol)
            if playback.due is None:
                playback.play_from(self._clock.now_ms(), self._speed)

    async def unsubscribe(self, symbols: Iterable[str]) -> None:
        for symbol in symbols:
            if symbol in self._playbacks:
                self._playbacks[symbol].due = None

    async def closed(self) -> AsyncIterator[Sequence[Candle]]:
        while self._left():
            due = min((p.due for p in self._playbacks.values() if p.due is not None), default=None)
            wait = _LONGEST_SLEEP_SECONDS if due is None else (due - self._clock.now_ms()) / 1000
            # Even what is overdue lets others in first: at high speed nobody else would get a turn.
            await self._sleep(min(max(wait, 0.0), _LONGEST_SLEEP_SECONDS))
            if batch := self._ready(self._clock.now_ms()):
                self._last_message_at = self._clock.now_ms()
                yield batch

    async def close(self) -> None:
        await self.unsubscribe(tuple(self._playbacks))

    def _ready(self, now_ms: float) -> list[Candle]:
        """Take what is due, oldest first; at most one candle of each symbol, or at high speed it were all of them."""
        taken: dict[_Playback, Candle] = {}
        while True:
            due = [(p.due, p) for p in self._playbacks.values() if p.due is not None and p.due <= now_ms]
            _, playback = min(due, key=lambda pair: pair[0], default=(None, None))
            if playback is None or playback in taken:
                return list(taken.values())
            taken[playback] = playback.take(self._speed)

    def _left(self) -> int:
        return sum(len(p.candles) - p.played for p in self._playbacks.values())

    def _find(self, symbol: str) -> _Playback:
        try:
            return self._playbacks[symbol]
        except KeyError:
            known = ", ".join(self._playbacks)
            raise UnknownInstrumentError(f"the recording has no {symbol}; it has {known}") from None
