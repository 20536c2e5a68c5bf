"""One connection's life: what is subscribed, what it tells, and whether it is still alive."""

import asyncio
import logging
import math
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from runtime.engine.ending import end
from runtime.engine.ports.availability import SourceUnavailableError
from runtime.engine.ports.clock import Clock
from runtime.feeds.exchanges.bars import BASE, BASE_MS, LiveBars, Row, Trade, TradedBars
from runtime.feeds.exchanges.client import ExchangeClient
from runtime.feeds.exchanges.gate import BrokenStreamError, SilentError
from runtime.feeds.exchanges.timing import Timing

log = logging.getLogger(__name__)

_LOOKED_AT: Final = 3
"""So many of a symbol's newest bars are looked at in each sweep."""
_CONFIRMED_AT_ONCE: Final = 5
_ASKED_AGAIN: Final = 3
"""After so many times the usual wait a bar that was not there is asked for again."""
_PROBED_AT_ONCE: Final = 3
"""So many symbols are asked about at once where all of them are silent."""
_EVENT_TIMES: Final = ("E", "ts", "timestamp")
"""Under these names exchanges say when they sent a message."""
_SMOOTHING: Final = 0.1
_ROUNDING: Final = 1e-9
"""By so much, relative to its size, a sum of volumes may differ from the exchange's."""
_CLOSING_SECONDS: Final = 2.0


class StreamLostError(Exception):
    """The connection is no longer of use.

    `stalled`: it is open, but does not tell what happens; `alone`: to this symbol, while it tells of others.
    """

    def __init__(self, message: str, *, stalled: bool = False, alone: str | None = None) -> None:
        super().__init__(message)
        self.stalled = stalled
        self.alone = alone


class _Look(NamedTuple):
    """What the exchange said of a silent symbol: its newest bar in which there was trading, if any.

    `silent_since`: which silence it was, in seconds of the real clock.
    """

    silent_since: float
    newest: Row | None


class Stream:
    """Live bars of one minute, from an exchange's bars where it pushes them, else from its trades.

    `library`: a ccxt client of its own, which ends with the stream. `unpushed`: symbols of which earlier connections
    told nothing while they told of others; as long as this one tells nothing of them either, their bars are asked for.
    """

    def __init__(
        self,
        client: ExchangeClient,
        library: Any,
        clock: Clock,
        timing: Timing,
        monotonic: Callable[[], float] = time.monotonic,
        unpushed: Collection[str] = (),
    ) -> None:
        self._client = client
        self._library = library
        self._unpushed = set(unpushed)
        self._last_over = -1
        """Open time of the last bar that is over by the clock, and since when, in seconds of the real clock."""
        self._last_over_since = 0.0
        self._clock = clock
        self._timing = timing
        self._monotonic = monotonic
        self._bars = LiveBars(timing.grace, timing.confirm)
        self._pushes_bars = bool(library.has.get("watchOHLCV"))
        self._traded: dict[str, TradedBars] = {}
        self._unified: dict[str, str] = {}
        self._since: dict[str, int] = {}
        """When a symbol was begun with, ms UTC."""
        self._watching: dict[str, asyncio.Task[None]] = {}
        self._asking: set[asyncio.Task[None]] = set()
        self._asked: dict[tuple[str, int], float] = {}
        self._unsubscribing = asyncio.Lock()
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        """Of each symbol: it can't be subscribed while it is being unsubscribed."""
        self._confirmed: list[tuple[str, Row]] = []
        self._probed: dict[str, float] = {}
        self._looks: dict[str, _Look] = {}
        self._questions = 0
        self._vouched = False
        self._begun = monotonic()
        self._next_probe = self._begun + timing.silence
        self._heard_at = self._begun
        self._fresh = False
        self._trouble: Exception | None = None
        self._sockets: set[Any] = set()
        self.latency_ms: float | None = None
        """From the exchange's saying so until it is here, smoothed; None where its messages bear no time."""
        library.heard = self._heard
        library.broken = self._broke

    # -- what is subscribed ----------------------------------------------------------------------------------------

    def add(self, symbol: str, unified: str) -> None:
        """Subscribe a symbol; again is harmless."""
        if symbol in self._watching:
            return
        self._unified[symbol] = unified
        self._watching[symbol] = asyncio.create_task(self._watch(symbol, unified), name=f"watch {symbol}")

    async def remove(self, symbol: str) -> None:
        """Unsubscribe a symbol, as far as the exchange lets one; nothing of it is told any more."""
        task = self._watching.pop(symbol, None)
        if task is None:
            return
        unified = self._unified.pop(symbol)
        self._bars.forget(symbol)
        self._traded.pop(symbol, None)
        self._probed.pop(symbol, None)
        self._looks.pop(symbol, None)
        await end({task}, _CLOSING_SECONDS)
        self._begin(self._unsubscribe(symbol, unified))

    async def _unsubscribe(self, symbol: str, unified: str) -> None:
        """Ask the exchange to be silent about a symbol, where it can be asked: one after the other."""
        if not self._library.has.get("unWatchOHLCV" if self._pushes_bars else "unWatchTrades"):
            return
        async with self._unsubscribing, self._turns[symbol]:
            if symbol in self._unified:
                # It was subscribed again meanwhile.
                return
            try:
                async with asyncio.timeout(_CLOSING_SECONDS):
                    if self._pushes_bars:
                        await self._library.un_watch_ohlcv(unified, BASE)
                    else:
                        await self._library.un_watch_trades(unified)
            except TimeoutError:
                # The library waits for an answer that Coinbase gives only once nothing at all is subscribed.
                self._library.options["unSubscriptionPending"] = False
                self._forget_subscription(unified)

    def _forget_subscription(self, unified: str) -> None:
        """Let the library subscribe and unsubscribe an instrument again: it takes both for done once they were sent."""
        for client in (self._library.clients or {}).values():
            for name in [name for name in client.subscriptions if str(name).endswith(f"::{unified}")]:
                del client.subscriptions[name]

    async def _watch(self, symbol: str, unified: str) -> None:
        """Keep a symbol subscribed. What it tells is collected by the library, and read from there."""
        watch = self._library.watch_ohlcv if self._pushes_bars else self._library.watch_trades
        arguments = (unified, BASE) if self._pushes_bars else (unified,)
        try:
            async with self._turns[symbol]:
                self._since[symbol] = self._clock.now_ms()
                self._bars.follow(symbol, self._monotonic())
                # What is kept from an earlier subscription ends somewhere within a bar.
                kept = self._library.ohlcvs if self._pushes_bars else self._library.trades
                (kept or {}).pop(unified, None)
                if not self._pushes_bars:
                    self._traded[symbol] = TradedBars()
            while True:
                await watch(*arguments)
                await asyncio.sleep(self._timing.sweep * 4)
        except Exception as error:
            self._broke(error)

    async def close(self) -> None:
        """End the connection."""
        tasks = {*self._watching.values(), *self._asking}
        self._watching.clear()
        await end(tasks, _CLOSING_SECONDS)
        self._library.heard = self._library.broken = _nobody
        try:
            async with asyncio.timeout(_CLOSING_SECONDS):
                await self._library.close()
        except Exception as error:
            log.info("the connection to %s did not end well: %r", self._client.exchange, error)

    # -- what it tells -----------------------------------------------------------------------------------------------

    def heard_anything(self) -> bool:
        """Tell whether there was any message since this was asked last."""
        fresh, self._fresh = self._fresh, False
        return fresh

    @property
    def proven(self) -> bool:
        """Whether it has told of a symbol, or the exchange was asked and there was nothing to tell, or it tells nothing
        of any of them and nobody expects it to.
        """
        if self._watching and self._unpushed >= self._watching.keys():
            return True
        return self._vouched or any(map(self.tells_of, self._bars.symbols()))

    def tells_of(self, symbol: str) -> bool:
        """Whether it has pushed anything of a symbol."""
        return self._bars.last(symbol) is not None

    @property
    def idle(self) -> bool:
        """Whether there is nothing that it should tell of."""
        return not self._watching

    async def sweep(self) -> Sequence[tuple[str, Row]]:
        """Return the bars that have closed since the last time. Raises StreamLostError."""
        self._look_at_sockets()
        if self._trouble is not None:
            words = self._client.in_words(self._trouble)
            if isinstance(self._trouble, SilentError):
                raise StreamLostError(words, stalled=True, alone=self._trouble.alone) from self._trouble
            raise StreamLostError(words) from self._trouble
        at, now = self._monotonic(), self._clock.now_ms()
        closed, self._confirmed = self._confirmed, []
        closed = [(symbol, row) for symbol, row in closed if self._bars.settle(symbol, row.open_time)]
        for symbol, unified in self._unified.items():
            rows = self._rows(symbol, unified)
            whole_from = self._traded[symbol].whole_from if symbol in self._traded else -1
            closed += [(symbol, row) for row in self._bars.hear(symbol, rows, at, whole_from=whole_from)]
        closed += self._bars.over(now, at, vouched=self._one_connection())
        self._unpushed = {symbol for symbol in self._unpushed if not self.tells_of(symbol)}
        self._ask_for_doubtful(at)
        self._ask_for_unpushed(now, at)
        if at >= self._next_probe:
            self._next_probe = at + self._timing.probe
            self._probe_silence(at)
        return closed

    def _rows(self, symbol: str, unified: str) -> Sequence[Row]:
        if self._pushes_bars:
            kept = (self._library.ohlcvs or {}).get(unified, {}).get(BASE)
            if not kept:
                return ()
            return [Row.told(numbers) for numbers in list(kept)[-_LOOKED_AT:]]
        kept = (self._library.trades or {}).get(unified)
        if not kept or symbol not in self._traded:
            return ()
        trades = [Trade(str(t["id"]), int(t["timestamp"]), float(t["price"]), float(t["amount"])) for t in kept]
        return self._traded[symbol].add(sorted(trades, key=lambda trade: trade.at))

    def _one_connection(self) -> bool:
        return len(self._library.clients or {}) == 1

    def _look_at_sockets(self) -> None:
        """The library opens a new connection silently where one has ended: what came between is lost."""
        sockets = set((self._library.clients or {}).values())
        if not self._sockets <= sockets:
            self._trouble = self._trouble or BrokenStreamError("its websocket ended")
        self._sockets |= sockets

    def _heard(self, message: Any) -> None:
        self._heard_at = self._monotonic()
        self._fresh = True
        sent = _event_time(message)
        if sent is not None:
            latency = max(0.0, self._clock.now_ms() - sent)
            before = self.latency_ms
            self.latency_ms = latency if before is None else before + _SMOOTHING * (latency - before)

    def _broke(self, error: Exception) -> None:
        self._trouble = self._trouble or error

    # -- what it does not tell ---------------------------------------------------------------------------------------

    def _ask_for_doubtful(self, at: float) -> None:
        self._ask_for(self._bars.doubtful(at), at, every=self._timing.confirm)
        self._asked = {what: asked for what, asked in self._asked.items() if at - asked < 10 * self._timing.confirm}

    def _ask_for_unpushed(self, now: int, at: float) -> None:
        """Ask for the last bar of what is not pushed, a few times at the most: where nobody traded there is none."""
        newest = now - now % BASE_MS - BASE_MS
        if newest != self._last_over:
            self._last_over, self._last_over_since = newest, at
        if at - self._last_over_since < self._timing.confirm:
            return
        symbols = self._unpushed & self._unified.keys()
        wanted = [(symbol, newest) for symbol in symbols if not self._bars.is_settled(symbol, newest)]
        self._ask_for(wanted, at, every=_ASKED_AGAIN * self._timing.confirm)

    def _ask_for(self, bars: Iterable[tuple[str, int]], at: float, *, every: float) -> None:
        """Ask for bars by symbol and open time, each once in `every` seconds, and few at once."""
        for symbol, open_time in bars:
            if len(self._asking) >= _CONFIRMED_AT_ONCE:
                return
            if at - self._asked.get((symbol, open_time), -math.inf) >= every:
                self._asked[symbol, open_time] = at
                self._begin(self._confirm(symbol, open_time))

    async def _confirm(self, symbol: str, open_time: int) -> None:
        """Ask for a bar of which the stream does not say whether it is complete."""
        rows = await self._client.ohlcv(self._unified[symbol], BASE, open_time, _LOOKED_AT)
        for row in rows:
            if row.open_time == open_time and row.end <= self._clock.now_ms():
                self._confirmed.append((symbol, row))

    def _probe_silence(self, at: float) -> None:
        """Ask about symbols that are silent: of some of them about the one that has waited for longest; of all of them
        first about those that spoke last, since they will be the first that there is something to tell of.
        """
        symbols = [symbol for symbol in self._bars.symbols() if symbol not in self._unpushed]
        silent = [symbol for symbol in symbols if at - self._bars.silent_since(symbol) >= self._timing.silence]
        if len(silent) < len(symbols):
            silent.sort(key=lambda symbol: max(self._probed.get(symbol, 0.0), self._bars.silent_since(symbol)))
            chosen = silent[:1]
        else:
            # Of those that were begun with at the same moment the last one.
            silent.reverse()
            silent.sort(key=lambda symbol: (self._probed_in_silence(symbol), -self._bars.silent_since(symbol)))
            anew = [symbol for symbol in silent[:_PROBED_AT_ONCE] if not self._probed_in_silence(symbol)]
            chosen = anew or silent[:1]
        if chosen and len(self._asking) < _CONFIRMED_AT_ONCE:
            self._probed |= dict.fromkeys(chosen, at)
            self._begin(self._probe_all(chosen))

    def _probed_in_silence(self, symbol: str) -> float:
        """Return when a symbol was asked about since it became silent; 0 where it was not."""
        probed = self._probed.get(symbol, 0.0)
        return probed if probed >= self._bars.silent_since(symbol) else 0.0

    async def _probe_all(self, symbols: Sequence[str]) -> None:
        self._questions += 1
        try:
            missed = await asyncio.gather(*map(self._probe, symbols))
        finally:
            self._questions -= 1
        # While others are still asked about it is not known.
        if not any(missed) and not self._questions:
            self._vouched = True

    async def _probe(self, symbol: str) -> bool:
        """Find out whether more has happened than the stream tells."""
        silent_since = self._bars.silent_since(symbol)
        missed = await self._look(symbol, silent_since)
        if missed is None:
            # There was nothing to compare with yet; what is traded between two looks is to be told, too.
            await asyncio.sleep(self._timing.probe)
            missed = await self._look(symbol, silent_since)
        if not missed:
            return False
        # It may just be on its way.
        await asyncio.sleep(self._timing.grace)
        if self._is_silent_since(symbol, silent_since):
            at = self._monotonic()
            others = [other for other in self._bars.symbols() if other != symbol]
            told_others = any(at - self._bars.silent_since(other) < self._timing.silence for other in others)
            words = f"it has told nothing of {symbol} for {at - silent_since:.0f} s, and there was trading"
            self._broke(SilentError(words, symbol if told_others else None))
        return True

    async def _look(self, symbol: str, silent_since: float) -> bool | None:
        """Tell whether the stream has missed trading of a symbol; None where nothing tells."""
        if symbol not in self._unified:
            return False
        now = self._clock.now_ms()
        start = now - now % BASE_MS - BASE_MS
        rows = await self._client.ohlcv(self._unified[symbol], BASE, start, _LOOKED_AT, ahead=True)
        if not self._is_silent_since(symbol, silent_since):
            return False
        before, heard = self._looks.get(symbol), self._bars.last(symbol)
        if not rows and any(row is not None and row.open_time >= start for row in (heard, before and before.newest)):
            raise SourceUnavailableError("it tells empty lists, also of candles that it has told before")
        traded = [row for row in rows if row.volume > 0 and row.open_time >= start]
        newest = traded[-1] if traded else None
        self._looks[symbol] = _Look(silent_since, newest)
        looked_before = before is not None and before.silent_since == silent_since
        if before is not None and looked_before and newest is not None and _more(newest, before.newest):
            return True
        comparable = heard is not None and self._bars.is_whole(symbol)
        if newest is None:
            missed = False
        elif heard is None or newest.open_time > heard.open_time:
            # In a bar that began before the subscription there may have been trading before it.
            missed = newest.open_time > self._since[symbol]
        else:
            missed = comparable and _more(newest, heard)
        return missed or (False if comparable or looked_before else None)

    def _is_silent_since(self, symbol: str, silent_since: float) -> bool:
        return symbol in self._unified and self._bars.silent_since(symbol) == silent_since

    def _begin(self, work: Any) -> None:
        task = asyncio.create_task(self._asked_for(work))
        self._asking.add(task)
        task.add_done_callback(self._asking.discard)

    async def _asked_for(self, work: Any) -> None:
        try:
            await work
        except SourceUnavailableError as error:
            if self._monotonic() - self._heard_at >= self._timing.silence:
                # Neither says anything: it is gone.
                self._broke(error)
        except Exception as error:
            log.info("%s: asking for what its stream does not tell failed: %r", self._client.exchange, error)


def _more(newest: Row, known: Row | None) -> bool:
    """Tell whether there was trading since what is known of a symbol's newest bars."""
    if known is None or newest.open_time > known.open_time:
        return True
    return newest.open_time == known.open_time and newest.volume > known.volume * (1 + _ROUNDING)


def _nobody(_: object) -> None:
    """Take what comes after the end."""


def _event_time(message: Any) -> float | None:
    """Return when a message was sent, ms UTC, where it says so."""
    if not isinstance(message, Mapping):
        return None
    for name in _EVENT_TIMES:
        value = message.get(name)
        if isinstance(value, (int, float)) and value > 1e12:
            return float(value)
        if isinstance(value, str) and value[:2] == "20":
            try:
                return datetime.fromisoformat(value).timestamp() * 1_000
            except ValueError:
                continue
    return None
