"""What a running engine knows. One object, changed only by the engine's own tasks, all on one event loop."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

from runtime.engine import lifecycle
from runtime.engine.checked import CheckedBars
from runtime.engine.delivery import EntriesToday
from runtime.engine.drift import Drift, Pair, SavedLook
from runtime.engine.holdings import Account
from runtime.engine.lifecycle import Moment
from runtime.engine.market import Market
from runtime.engine.modes import MODES, ModeContext, ModeRun
from runtime.engine.ports.commands import Intent
from runtime.engine.ports.feeds import Feed
from runtime.engine.ports.positions import Entry
from runtime.engine.ports.settings import LoadedSettings
from runtime.engine.raised import RaisedAlerts
from runtime.protocol.status import Aspect, Desired, EngineState, ExchangeStatus, Status
from settingsapp.schema.effective import environment_names, mode_config, sparse_symbols
from settingsapp.schema.vocabulary import Mode

NOTHING_ASKED: Final = Intent(paused=False, mode=None)


class NotReadyError(Exception):
    """The engine can't do this yet; the text says what it is waiting for."""


class Judged(NamedTuple):
    """Since which bar (open time, ms UTC) without a break one mode has judged a symbol under one settings version."""

    mode: Mode
    settings_version: int
    since: int


@dataclass
class Loading:
    """How far a symbol is whose history is being loaded."""

    series: int
    done: int = 0
    trouble: str = ""
    """What it is waiting for; empty while it gets on."""


@dataclass
class State:
    """The engine's memory."""

    engine_id: str
    host: str
    started_at: int
    """ms by Redis's clock."""
    market: Market
    is_set: Callable[[str], bool]
    """Tells whether an environment variable has a value; the value itself stays outside."""

    phase: EngineState = EngineState.STARTING
    settings: LoadedSettings | None = None
    settings_problem: str = ""
    saved: SavedLook | None = None
    """What is saved, as the database was last seen; None before the first look."""
    drift: Drift = field(default_factory=Drift)
    intent: Intent = NOTHING_ASKED
    remembered_revision: int = 0
    run: ModeRun | None = None
    """The mode at work with its memory; what is wanted stands in the intent."""
    feeds: dict[str, Feed] = field(default_factory=dict)
    unavailable: dict[str, str] = field(default_factory=dict)
    """Enabled exchanges and symbols that can't be watched, with the reason."""
    entries: dict[str, Entry] = field(default_factory=dict)
    """What positions' limits count from, by qualified symbol."""
    accounts: dict[str, Account] = field(default_factory=dict)
    """What the owner holds as the exchanges told it, by exchange; nothing unless positions are loaded."""
    raised: RaisedAlerts = field(default_factory=RaisedAlerts)
    """What the runs of a mode have in common: a fresh one goes on from the alerts that an earlier one raised."""
    judged: dict[str, Judged] = field(default_factory=dict)
    """By qualified symbol, once a bar of it was judged."""
    last_signal_at: int | None = None
    readings_at: int | None = None
    """When the cache of indicators last changed, ms."""
    entries_today: EntriesToday = field(default_factory=EntriesToday)
    """What the day's limit of entry alerts counts."""
    waiting_commands: int = 0
    warming: set[str] = field(default_factory=set)
    """Qualified symbols whose history is being loaded."""
    loading: dict[str, Loading] = field(default_factory=dict)
    """Of the symbols that are not tracked yet how far they are, by qualified symbol."""
    checked: CheckedBars = field(default_factory=CheckedBars)
    """Which of the bars held the exchanges have confirmed."""
    sparse: set[str] = field(default_factory=set)
    """Qualified symbols that are watched, or being loaded, without a live connection."""
    cache: Mapping[str, int] = field(default_factory=lambda: {"keys": 0, "memoryBytes": 0, "hits": 0, "misses": 0})
    intent_lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held while the intent is written, so that two changes can't be recorded in the other order."""
    market_lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held while a candle goes through market and mode: what is in flight ends before either is exchanged."""

    def work_in(self, mode: Mode) -> None:
        """Start a mode afresh; it goes on from what it raised before. Raises ModeNotImplementedError."""
        self.run = MODES[mode].start()
        if self.settings is not None:
            self.run.recall(self.raised.of_mode(mode), self.mode_context(), self._closes())

    def move(self, moment: Moment) -> None:
        """Let something happen to the life cycle."""
        self.phase = lifecycle.after(self.phase, moment)

    @property
    def mode(self) -> Mode | None:
        """The mode at work; None before there is one."""
        return self.run.mode if self.run else None

    @property
    def paused(self) -> bool:
        return self.intent.paused

    @property
    def silent(self) -> bool:
        """True while no alert may be announced, of whatever series.

        Warming up is no reason: a series that has its history must not be silent because another one's is being loaded.
        """
        return self.phase in (EngineState.STARTING, EngineState.PAUSED, EngineState.STOPPING)

    def require_settings(self) -> LoadedSettings:
        """Return the settings in force. Raises NotReadyError before they could be read."""
        if self.settings is None:
            raise NotReadyError("the engine has not been able to read its settings yet")
        return self.settings

    def with_holdings(self, loaded: LoadedSettings) -> LoadedSettings:
        """Return a document with what is held in place of its own positions, where it wants them loaded."""
        if not loaded.document.load_positions_from_exchange:
            return loaded
        held = tuple(symbol for account in self.accounts.values() for symbol in account.symbols)
        return replace(loaded, document=loaded.document.model_copy(update={"position_symbols": held}))

    def require_mode(self) -> Mode:
        """Return the mode at work. Raises NotReadyError before there is one."""
        if self.mode is None:
            raise NotReadyError("the engine has not begun to work in a mode yet")
        return self.mode

    def mode_context(self) -> ModeContext:
        settings = self.require_settings()
        return ModeContext(
            mode=self.require_mode(),
            settings_version=settings.version,
            document=settings.document,
            entries=dict(self.entries),
        )

    def _closes(self) -> dict[str, float]:
        bases = {name: self.market.series_of(name)[0] for name in self.market.tracked}
        return {name: last.close for name, key in bases.items() if (last := self.market.last_bar(key)) is not None}

    def desired_symbols(self) -> tuple[str, ...]:
        """Return what the document and the mode ask to watch, qualified; a recording brings its own symbols."""
        settings = self.require_settings()
        wanted = MODES[self.run.mode].symbols(settings.document) if self.run else ()
        own = {name: feed.symbols() for name, feed in self.feeds.items()}
        recorded = tuple(f"{name}:{symbol}" for name, symbols in own.items() for symbol in symbols or ())
        return (*recorded, *(s for s in wanted if own.get(s.partition(":")[0]) is None))

    def desired_sparse(self) -> frozenset[str]:
        """Return those of the desired symbols that need no live connection.

        None where the mode watches positions: what is held is watched closely. What a recording brings is played.
        """
        document, mode = self.require_settings().document, self.mode
        if mode is None or mode_config(document, mode).symbol_source == "positions":
            return frozenset()
        chosen = {name for name, feed in self.feeds.items() if feed.symbols() is None}
        return frozenset(s for s in sparse_symbols(document) if s.partition(":")[0] in chosen)

    def status(self, now_ms: int) -> Status:
        """Return the status message as of now."""
        done, total = self._warmup()
        desired_mode = self.intent.mode or self.mode
        names = environment_names(self.settings.document) if self.settings else ()
        return Status(
            engine_id=self.engine_id,
            host=self.host,
            state=self.phase,
            desired=Desired(self.intent.paused, self.intent.paused_until, desired_mode or ""),
            mode=self.mode or "",
            started_at=self.started_at,
            uptime_seconds=max(0.0, (now_ms - self.started_at) / 1000),
            settings_version=self.settings.version if self.settings else 0,
            exchanges=(*self._connected_exchanges(), *self._missing_exchanges()),
            active_symbols=self.market.tracked,
            last_signal_at=self.last_signal_at,
            readings_at=self.readings_at,
            queue_depth=self.waiting_commands,
            warmup_done=done,
            warmup_total=total,
            checked_share=self.checked.share(self.market),
            stale_series=tuple(str(key) for key in self.market.stale),
            cache=self.cache,
            environment={name: "set" if self.is_set(name) else "missing" for name in names},
            settings_problem=self.settings_problem,
            drift=self.drift.at(now_ms, self._compared()),
        )

    def _compared(self) -> dict[Aspect, Pair]:
        compared: dict[Aspect, Pair] = {}
        if self.intent.mode is not None:
            compared[Aspect.MODE] = (self.intent.mode.value, self.mode.value if self.mode else "")
        if self.phase is not EngineState.STOPPING:
            compared[Aspect.PAUSED] = (self.intent.paused, self.phase is EngineState.PAUSED)
        if self.saved is not None and self.settings is not None:
            running = self.settings.version
            compared[Aspect.SETTINGS_VERSION] = (self.saved.wanted_over(running), running)
        return compared

    def _warmup(self) -> tuple[int, int]:
        """Return how many series have their history, and how many there are, those being loaded among them."""
        done, total = self.market.warmup()
        coming = [loading for name, loading in self.loading.items() if not self.market.series_of(name)]
        return done + sum(loading.done for loading in coming), total + sum(loading.series for loading in coming)

    def _connected_exchanges(self) -> tuple[ExchangeStatus, ...]:
        return tuple(
            replace(feed.status(), checked_share=self.checked.share(self.market, name))
            for name, feed in self.feeds.items()
        )

    def _missing_exchanges(self) -> tuple[ExchangeStatus, ...]:
        return tuple(
            ExchangeStatus(exchange=name, state="unavailable", message=reason)
            for name, reason in self.unavailable.items()
            if ":" not in name
        )
