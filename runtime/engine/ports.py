"""What the engine needs from outside, one protocol a need. Adapters live elsewhere; tests share one fake a port."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol
from uuid import UUID

from runtime.engine.candles import Candle, SeriesKey
from runtime.engine.timetable import Timetable
from runtime.protocol.alerts import Alert
from runtime.protocol.answers import Result
from runtime.protocol.commands import Command
from runtime.protocol.delivery import Delivery
from runtime.protocol.records import CommandRecord
from runtime.protocol.status import ExchangeStatus, Status
from runtime.protocol.undo import Undo
from settingsapp.schema.document import SettingsDocument
from settingsapp.schema.notations import Channel
from settingsapp.schema.running import LoggingSettings
from settingsapp.schema.vocabulary import Mode, Timeframe


class LeaseLostError(Exception):
    """Another engine leads now: whoever gets this stops at once and sends nothing more."""


class SourceUnavailableError(Exception):
    """A store or an exchange can't be reached right now; trying again later makes sense."""


class Clock(Protocol):
    """Redis's clock, or a recording's."""

    def now_ms(self) -> int: ...


# -- commands ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class QueuedCommand:
    """A command that this engine has acknowledged and must end. `entry` is its id in the stream."""

    entry: str
    command: Command

    @property
    def order(self) -> tuple[int, int]:
        """Its place in the stream: an entry's id is two numbers, and compares as such."""
        milliseconds, _, sequence = self.entry.partition("-")
        return int(milliseconds), int(sequence or 0)


@dataclass(frozen=True)
class Intent:
    """What the owner last asked for, kept outside the engine.

    `mode`: None where none was ever asked for; the document's start mode counts then. `paused_until`: ms, None without
    a time box.
    """

    paused: bool
    mode: Mode | None
    paused_until: int | None = None
    revision: int = 0


class Start(Enum):
    """May an acknowledged command begin?"""

    GO = "go"
    EXPIRED = "expired"
    FINISHED = "finished"
    """It has its result already: nothing is left to do."""


@dataclass(frozen=True)
class CommandEnd:
    """All that is kept when a command ends."""

    result: Result
    intent: Intent | None = None
    """The intent to write; None where it did not change."""
    undo: Undo | None = None
    """How to undo what the command has changed; None where there is nothing to undo."""
    undone: tuple[str, ...] = ()
    """Ids of the commands that this one has undone."""


class CommandQueue(Protocol):
    """The command path as the leader sees it. Every method raises LeaseLostError once another leads."""

    async def receive(self, wait_seconds: float) -> Sequence[QueuedCommand]:
        """Take what has come in, at most `wait_seconds` later. What can't be read as a command has been refused."""

    async def start(self, queued: QueuedCommand) -> Start:
        """Ask, by Redis's clock, whether the command may begin, and note that it did."""

    async def begin_member(self, queued: QueuedCommand) -> CommandRecord | None:
        """Note that a member of a batch begins; returns its record where it has ended already."""

    async def complete(self, queued: QueuedCommand, end: CommandEnd) -> int:
        """Store and publish the one result, drop the entry, and write the intent where it changed: all in one step.

        Returns the intent's new revision, 0 where it did not change. Doing it again is harmless. The entry of a
        batch's member is the batch's, and stays.
        """

    async def record(self, command_id: str) -> CommandRecord | None:
        """Return what is known of a command, None where its id is not known (any more)."""

    async def last_undoable(self) -> CommandRecord | None:
        """Return the command that ended last of those that changed something and were not undone yet."""

    async def progress(self, queued: QueuedCommand, done: int, total: int, message: str) -> None:
        """Tell how far a long command is."""


class Intents(Protocol):
    """The intent outside of commands."""

    async def load(self) -> Intent | None:
        """Return the last intent, None where there never was one."""

    async def store(self, intent: Intent) -> Intent:
        """Write an intent that no command brought (a time box that ran out); returns it with its revision."""

    async def restore(self, intent: Intent) -> None:
        """Write an intent again, under its own revision, where it has vanished."""

    async def remember(self, intent: Intent) -> None:
        """Keep a second copy where a lost Redis can't reach it. Raises SourceUnavailableError."""


# -- schedules ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Schedule:
    """A command for times to come, as the leader follows it. Moments are ms by Redis's clock."""

    id: str
    name: str
    command: str
    payload: Mapping[str, object]
    issued_by: str
    timetable: Timetable
    run_late: bool
    """What was missed is run late; otherwise it is skipped."""
    settled: int
    """Due times up to here are dealt with, or never counted."""

    def command_id(self, due: int) -> str:
        """Return the id of the command for a due time: the same for every engine, so that it is one command."""
        return f"schedule:{self.id}:{due}"


@dataclass(frozen=True)
class Settled:
    """A due time that was dealt with. `command_id`: what was sent for it, empty where it was skipped."""

    schedule_id: str
    due: int
    at: int
    command_id: str
    message: str = ""
    """Why it was skipped."""


class Schedules(Protocol):
    """The schedules and the way into the queue. All methods raise LeaseLostError, and SourceUnavailableError where the
    store that they need can't be reached.
    """

    async def load(self) -> Sequence[Schedule]:
        """Return the enabled schedules; needs the database."""

    async def note(self, settled: Settled) -> None:
        """Keep what became of a due time, unless a later one is noted already; needs the database."""

    async def submit(self, schedule: Schedule, due: int) -> bool:
        """Put the command for a due time into the queue, once; False where that has no room. Needs Redis."""

    async def was_submitted(self, schedule: Schedule, due: int) -> bool:
        """Tell whether the command for a due time was sent before; needs Redis."""


# -- settings ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class LoadedSettings:
    """The saved document as the engine reads it."""

    version: int
    document: SettingsDocument


@dataclass(frozen=True)
class SettingsEdit:
    """What became of a change to the document: the document afterwards, and the version that the command made."""

    settings: LoadedSettings
    made: int | None
    """None where nothing had to change. A version that the command made when it was delivered before counts too."""

    @property
    def changed(self) -> bool:
        return self.made is not None


class SettingsRejectedError(Exception):
    """The settings service refused an edit; the text says why and what would be right."""


class SettingsUnusableError(Exception):
    """What is saved can't be read as a document; the text says where and why."""


class SettingsSource(Protocol):
    """The document. All methods raise SourceUnavailableError while the database can't be reached."""

    async def load(self) -> LoadedSettings:
        """Return the saved document. Raises SettingsUnusableError."""

    async def version(self) -> int:
        """Return the saved version, without its document."""

    async def add_symbol(self, symbol: str, command: Command) -> SettingsEdit:
        """Put a symbol on the watchlist, with the command as cause. Raises SettingsRejectedError."""

    async def remove_symbol(self, symbol: str, command: Command) -> SettingsEdit:
        """Take a symbol off the watchlist, with the command as cause. Raises SettingsRejectedError."""

    async def put_back_symbol(self, symbol: str, version: int, command: Command) -> SettingsEdit:
        """Let a symbol (qualified) stand again where it stood before that version. Raises SettingsRejectedError."""

    async def restore(self, version: int, over: int, command: Command) -> SettingsEdit:
        """Save an earlier version's document again, in the place of version `over`.

        Raises SettingsRejectedError, also where another version than that one is saved by now.
        """


# -- market ------------------------------------------------------------------------------------------------------


class UnknownInstrumentError(Exception):
    """The exchange has no such symbol; the text names near ones where there are any."""


class Feed(Protocol):
    """One exchange's market data. Symbols are in the exchange's own notation."""

    @property
    def exchange(self) -> str: ...

    @property
    def timeframes(self) -> Sequence[Timeframe]:
        """The timeframes of which it has candles, shortest first; live ones come for the shortest alone."""

    def symbols(self) -> Sequence[str] | None:
        """The only symbols there are (a recording's); None where the watchlist chooses."""

    def status(self) -> ExchangeStatus: ...

    async def check(self, symbol: str) -> None:
        """Raises UnknownInstrumentError where the exchange has no such symbol."""

    async def history(self, symbol: str, timeframe: Timeframe, since: int, until: int) -> Sequence[Candle]:
        """Return closed candles with since <= open time < until (ms), oldest first; bars without trades are absent.

        Raises SourceUnavailableError.
        """

    async def warmup(self, symbol: str, timeframe: Timeframe, bars: int) -> Sequence[Candle]:
        """Return up to the last `bars` closed candles, oldest first. Raises SourceUnavailableError."""

    async def subscribe(self, symbols: Iterable[str]) -> None: ...

    async def unsubscribe(self, symbols: Iterable[str]) -> None: ...

    def closed(self) -> AsyncIterator[Sequence[Candle]]:
        """Yield closed candles of the shortest timeframe of all subscribed symbols, as they close.

        What is ready at the same moment comes as one batch, never an empty one; a symbol's candles are in order.
        """

    async def close(self) -> None: ...


class Feeds(Protocol):
    """Opens feeds by exchange name."""

    @property
    def playing(self) -> Sequence[str]:
        """Exchanges that play a recording: they run whatever the document says of them."""

    def open(self, exchange: str) -> Feed | None:
        """Return a feed; None where this engine can't speak to that exchange."""


class CacheScope(Enum):
    """Which caches to clear; SYMBOL takes all of one symbol's, or of one of its series."""

    ALL = "all"
    CANDLES = "candles"
    INDICATORS = "indicators"
    TICKERS = "tickers"
    SYMBOL = "symbol"


class MarketCache(Protocol):
    """Candles, last indicator values and last prices as other processes read them."""

    async def write(self, candles: Sequence[Candle], readings: Mapping[SeriesKey, Mapping[str, object]]) -> None:
        """Store closed candles, and the last indicator values of the series named."""

    async def replace(self, series: SeriesKey, candles: Sequence[Candle]) -> None:
        """Store a whole series anew."""

    async def candles(self, series: SeriesKey) -> Sequence[Candle]:
        """Return what is stored of a series, oldest first. Raises SourceUnavailableError."""

    async def clear(self, scope: CacheScope, symbol: str | None = None, timeframe: Timeframe | None = None) -> int:
        """Clear caches and return how many keys went. `symbol` is qualified."""

    async def statistics(self) -> Mapping[str, int]:
        """Return keys, memoryBytes, hits and misses."""


@dataclass(frozen=True)
class Entry:
    """Where a position was first seen: the price that stop-loss and take-profit count from."""

    symbol: str
    """Qualified."""
    price: float
    seen_at: int


class Positions(Protocol):
    """Entries, remembered across restarts. Raises SourceUnavailableError."""

    async def load(self) -> Sequence[Entry]: ...

    async def remember(self, entry: Entry) -> None: ...


# -- what goes out -----------------------------------------------------------------------------------------------


class Outbox(Protocol):
    """What the engine tells the world. All methods raise LeaseLostError once another leads."""

    async def status(self, status: Status) -> None: ...

    async def alert(self, alert: Alert, delivery: Delivery) -> None:
        """Store an alert and, unless it is late, announce it. A database that is away delays only the storing."""

    async def withdraw(self, ids: Sequence[UUID], at: int) -> None:
        """Say of alerts that they do not hold: their candles were corrected, at `at` (ms UTC).

        A database that is away delays it.
        """

    async def alerts_since(self, since: int) -> Sequence[Alert]:
        """Return the alerts that were raised since that moment (ms UTC) and not withdrawn, and of passed limits the
        last one of each symbol, however old it is.

        Raises SourceUnavailableError.
        """

    async def entries_since(self, since: int) -> Mapping[str, int]:
        """Return how many entry alerts were due somewhere since that moment (ms UTC), by exchange.

        Raises SourceUnavailableError.
        """

    async def error(self, level: str, origin: str, message: str) -> None:
        """Announce something that the owner should see; `level` is `warning` or `error`."""


class Notifications(Protocol):
    """The ways to the owner outside of the pages."""

    async def test(self, channel: Channel) -> Result:
        """Send a test message on a channel; the result tells what the service answered."""


class Journal(Protocol):
    """The engine's log."""

    async def follow(self, wanted: LoggingSettings) -> Sequence[str]:
        """Write as wanted from now on; return what of it can't be done on this machine, in words."""
