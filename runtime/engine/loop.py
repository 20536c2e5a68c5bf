"""The engine: what it is made of, and its life from the lease to the stop."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from runtime.engine.checking import Checking
from runtime.engine.convergence import Convergence
from runtime.engine.delivery import start_of_day
from runtime.engine.drift import SavedLook
from runtime.engine.ending import end
from runtime.engine.executor import Executor
from runtime.engine.handlers import handlers
from runtime.engine.handlers.connection import ConnectionHandlers
from runtime.engine.handlers.market import MarketHandlers
from runtime.engine.handlers.notification import NotificationHandlers
from runtime.engine.handlers.pausing import PausingHandlers
from runtime.engine.handlers.rollback import RollbackHandlers
from runtime.engine.handlers.scanning import ScanningHandlers
from runtime.engine.handlers.settings import SettingsHandlers
from runtime.engine.handlers.status import StatusHandlers
from runtime.engine.lifecycle import Moment
from runtime.engine.market_data import MarketData
from runtime.engine.ports.availability import LeaseLostError, SourceUnavailableError
from runtime.engine.ports.clock import Clock
from runtime.engine.ports.commands import CommandQueue, Intents
from runtime.engine.ports.feeds import Feeds
from runtime.engine.ports.journal import Journal
from runtime.engine.ports.market_cache import MarketCache
from runtime.engine.ports.notifications import Notifications
from runtime.engine.ports.outbox import Outbox
from runtime.engine.ports.positions import Positions
from runtime.engine.ports.scanner import Scanner
from runtime.engine.ports.schedules import Schedules
from runtime.engine.ports.settings import SettingsSource, SettingsUnusableError
from runtime.engine.position_loading import PositionLoading
from runtime.engine.raised import memory_ms
from runtime.engine.readiness import Readiness
from runtime.engine.rereading import Rereading
from runtime.engine.scheduling import Scheduling
from runtime.engine.sparse import SparsePolling
from runtime.engine.state import State
from runtime.engine.watching import Watching

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Ports:
    """Everything that an engine reaches outside itself."""

    clock: Clock
    queue: CommandQueue
    intents: Intents
    settings: SettingsSource
    feeds: Feeds
    cache: MarketCache
    positions: Positions
    schedules: Schedules
    outbox: Outbox
    notifications: Notifications
    scanner: Scanner
    journal: Journal
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep


@dataclass(frozen=True)
class Rhythm:
    """How often the engine does what it does unasked, in seconds."""

    status: float = 1.0
    settings: float = 5.0
    statistics: float = 10.0
    schedules: float = 2.0
    checking: float = 2.0
    positions: float = 1.0
    retry: float = 1.0
    begin: float = 10.0
    """So long commands that come in at the start wait for the settings."""


class Engine:
    """One leading engine. `run` ends when `stop` was called, or raises LeaseLostError."""

    def __init__(self, state: State, ports: Ports, rhythm: Rhythm | None = None) -> None:
        self.state = state
        self._ports = ports
        self._rhythm = rhythm or Rhythm()
        self._stopping = asyncio.Event()
        market_data = MarketData(state, ports.cache, ports.positions, ports.outbox, ports.clock)
        self._watching = Watching(state, ports.feeds, ports.cache, ports.outbox, market_data, ports.clock, ports.sleep)
        rereading = Rereading(state, ports.cache, ports.outbox, ports.clock)
        self._checking = Checking(
            state, rereading, ports.clock, self._watching.tell, ports.sleep, self._rhythm.checking
        )
        self._polling = SparsePolling(state, market_data, ports.clock, self._watching.tell, ports.sleep)
        self._scheduling = Scheduling(
            ports.schedules, ports.clock, self._watching.tell, ports.sleep, self._rhythm.schedules
        )
        self._convergence = Convergence(state, ports.settings, self._watching, ports.journal)
        self._loading = PositionLoading(
            state,
            ports.positions,
            self._convergence,
            ports.clock,
            self._watching.tell,
            ports.sleep,
            self._rhythm.positions,
        )
        self._pausing = PausingHandlers(state, self._watching, ports.clock)
        self._readiness = Readiness(self._rhythm.begin)
        settings = SettingsHandlers(state, ports.settings, self._convergence, self._watching)
        carried_out_by = handlers(
            self._pausing,
            settings,
            MarketHandlers(state, self._watching, market_data, rereading, ports.cache, ports.queue),
            StatusHandlers(state, ports.clock),
            ConnectionHandlers(state),
            NotificationHandlers(ports.notifications),
            ScanningHandlers(state, ports.scanner, ports.queue),
            RollbackHandlers(ports.queue, self._pausing, settings),
        )
        self._executor = Executor(
            state, ports.queue, self._readiness.awaited(carried_out_by), self._tell_status, ports.sleep
        )

    async def run(self) -> None:
        """Lead until stopped. Raises LeaseLostError once another leads."""
        await self._restore_intent()
        self._readiness.start()
        try:
            async with asyncio.TaskGroup() as tasks:
                working = [
                    tasks.create_task(self._publish_status(), name="status"),
                    tasks.create_task(self._executor.run(), name="commands"),
                    tasks.create_task(self._follow_settings(), name="settings"),
                    tasks.create_task(self._keep_statistics(), name="statistics"),
                    tasks.create_task(self._polling.run(), name="sparse symbols"),
                    tasks.create_task(self._checking.run(), name="checking"),
                    tasks.create_task(self._scheduling.run(), name="schedules"),
                    tasks.create_task(self._loading.run(), name="positions"),
                ]
                await self._stopping.wait()
                await end(working)
        except ExceptionGroup as group:
            raise _first(group) from group
        finally:
            await self._watching.close()
        self.state.move(Moment.STOP)
        with contextlib.suppress(SourceUnavailableError):
            await self._tell_status()

    def stop(self) -> None:
        """Ask the engine to end in order."""
        self._stopping.set()

    async def _restore_intent(self) -> None:
        """Before anything else: whoever was paused is paused from the first moment on."""
        while not self._stopping.is_set():
            try:
                intent = await self._ports.intents.load()
            except SourceUnavailableError as error:
                log.warning("what was last asked for can't be read yet: %s", error)
                await self._ports.sleep(self._rhythm.retry)
                continue
            if intent is not None:
                self.state.intent = intent
                if intent.paused:
                    self.state.move(Moment.PAUSED)
            return

    async def _follow_settings(self) -> None:
        """Load the document, then look whether it has changed: a lost nudge heals by itself."""
        state, ports = self.state, self._ports
        while state.settings is None:
            try:
                for entry in await ports.positions.load():
                    state.entries[entry.symbol] = entry
                for account in await ports.positions.accounts():
                    state.accounts[account.exchange] = account
                now = ports.clock.now_ms()
                state.entries_today.restore(now, await ports.outbox.entries_since(start_of_day(now)))
                settings = await ports.settings.load()
                state.last_signal_at = state.last_signal_at or await ports.outbox.last_announced()
                state.raised.memory_ms = memory_ms(settings.document)
                state.raised.restore(await ports.outbox.alerts_since(now - state.raised.memory_ms))
                await self._convergence.begin(settings)
            except SettingsUnusableError as error:
                self._note_problem(str(error))
                await ports.sleep(self._rhythm.retry)
            except SourceUnavailableError as error:
                self._note_problem(f"the settings can't be read: {error}")
                await ports.sleep(self._rhythm.retry)
        state.settings_problem = ""
        self._readiness.begun()
        while True:
            await ports.sleep(self._rhythm.settings)
            try:
                # Before the database is asked: what comes into force meanwhile is newer than its answer.
                running = state.require_settings().version
                state.saved = SavedLook(await ports.settings.version(), running)
                await self._convergence.follow(state.saved.version)
                intent = state.intent
                if state.remembered_revision < intent.revision:
                    await ports.intents.remember(intent)
                    state.remembered_revision = intent.revision
                state.settings_problem = ""
            except SettingsUnusableError as error:
                self._note_problem(str(error))
            except SourceUnavailableError as error:
                self._note_problem(f"the saved settings can't be read: {error}")

    def _note_problem(self, problem: str) -> None:
        if self.state.settings_problem != problem:
            log.warning(problem)
        self.state.settings_problem = problem

    async def _publish_status(self) -> None:
        while True:
            try:
                if self._pausing.pause_is_over():
                    await self._end_timed_pause()
                self._watching.settle()
                await self._tell_status()
                if self.state.intent.revision:
                    await self._ports.intents.restore(self.state.intent)
            except SourceUnavailableError as error:
                log.warning("the status could not be published: %s", error)
            await self._ports.sleep(self._rhythm.status)

    async def _tell_status(self) -> None:
        await self._ports.outbox.status(self.state.status(self._ports.clock.now_ms()))

    async def _end_timed_pause(self) -> None:
        async with self.state.intent_lock:
            if not self._pausing.pause_is_over():
                return
            stored = await self._ports.intents.store(replace(self.state.intent, paused=False, paused_until=None))
            # Somebody may have paused again meanwhile: that stands, and is written when its command ends.
            if self._pausing.pause_is_over():
                self._pausing.end_pause()
                log.info("the pause is over, as it was asked for")
            self.state.intent = replace(self.state.intent, revision=stored.revision)

    async def _keep_statistics(self) -> None:
        while True:
            with contextlib.suppress(SourceUnavailableError):
                self.state.cache = await self._ports.cache.statistics()
            await self._ports.sleep(self._rhythm.statistics)


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """Return what ended an engine: a lost lease where there is one, since the other errors follow from it."""
    lost = group.subgroup(LeaseLostError)
    error: BaseException = lost or group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
