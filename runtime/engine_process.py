"""One engine process: it waits for the lease, leads while it holds it, and stands by again when it is lost."""

import asyncio
import contextlib
import logging
import os
import socket
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from django.conf import settings as project

from runtime.bus import leader_calls, lease
from runtime.bus.calls import arun
from runtime.bus.channel import copy_channel_to_stream
from runtime.bus.clock import RedisClock
from runtime.bus.connections import AsyncRedis, RedisUnavailableError, connect_async
from runtime.bus.leader_queue import LeaderQueue
from runtime.bus.lease import Acquisition, Candidate
from runtime.bus.market_cache import RedisMarketCache
from runtime.engine.ending import end
from runtime.engine.loop import Engine, Ports, Rhythm
from runtime.engine.market import KEPT_BARS, Market
from runtime.engine.ports.availability import LeaseLostError, SourceUnavailableError
from runtime.engine.ports.feeds import Feeds
from runtime.engine.state import State
from runtime.feeds.opening import LiveFeeds
from runtime.journal import EngineJournal
from runtime.notifying.notifier import Notifier
from runtime.notifying.pictures import Pictures
from runtime.notifying.surroundings import Surroundings
from runtime.persistence.alerts import AlertStore
from runtime.persistence.database import Fence
from runtime.persistence.intents import KeptIntents
from runtime.persistence.positions import PositionBook
from runtime.persistence.scanner import SavedScanner
from runtime.persistence.schedules import KeptSchedules
from runtime.persistence.sendings import KeptSendings
from runtime.persistence.settings_source import SavedDocument
from runtime.reporter import Reporter

log = logging.getLogger(__name__)

DATABASE_SECONDS = 2.0
"""So long is the database waited for where leading does not depend on it."""


@dataclass(frozen=True)
class Timing:
    """In seconds; shorter in tests."""

    lease: float = 10.0
    renew: float = 2.0
    standby: float = 1.0
    last_messages: float = 3.0
    """So long an engine that stops in order lets people be told."""
    rhythm: Rhythm = field(default_factory=Rhythm)


@dataclass(frozen=True)
class Recording:
    """Recorded candles to play instead of the made-up market; `speed` is a multiple of real time."""

    files: Sequence[Path] = ()
    speed: float = 1.0


class EngineProcess:
    """Runs until `stop`. `slot`: what a supervisor vouches for, see runtime.bus.lease."""

    def __init__(
        self, sub: str, slot: str = "", recording: Recording | None = None, timing: Timing | None = None
    ) -> None:
        self.sub = sub
        self._recording = recording or Recording()
        self._timing = timing or Timing()
        self._candidate = Candidate(str(uuid.uuid4()), socket.gethostname(), slot)
        self._stopping = asyncio.Event()
        self._engine: Engine | None = None

    def stop(self) -> None:
        """Ask for an orderly end."""
        self._stopping.set()
        if self._engine is not None:
            self._engine.stop()

    async def run(self) -> None:
        """Stand by and lead, in turns, until stopped."""
        redis = connect_async()
        hearing = asyncio.create_task(self._hear(redis), name="channel")
        try:
            while not self._stopping.is_set():
                acquired = await self._acquire(redis)
                if acquired is not None and acquired.token is not None:
                    await self._lead(redis, acquired.token, acquired.now_ms)
                else:
                    await self._pause_between_attempts()
        finally:
            await end((hearing,))
            await asyncio.gather(hearing, return_exceptions=True)
            await redis.aclose()

    async def _hear(self, redis: AsyncRedis) -> None:
        """Hear the channel for as long as the process lives, whatever comes in there."""
        while True:
            try:
                await copy_channel_to_stream(redis, self.sub)
            except Exception:
                log.exception("hearing the channel failed; beginning again")
                await asyncio.sleep(self._timing.standby)

    async def _acquire(self, redis: AsyncRedis) -> Acquisition | None:
        highest = 0
        try:
            highest = await asyncio.wait_for(Fence.highest(self.sub), DATABASE_SECONDS)
        except (SourceUnavailableError, TimeoutError) as error:
            # Leading must not depend on the database. Should it know a higher token, it refuses, and we come back.
            log.warning("the database can't be asked for its last lease: %s", error)
        try:
            return await arun(redis, lease.acquire(self.sub, self._candidate, self._lease_ms, highest))
        except RedisUnavailableError as error:
            log.warning("waiting for Redis: %s", error)
            return None

    async def _pause_between_attempts(self) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), self._timing.standby)

    async def _lead(self, redis: AsyncRedis, token: str, now_ms: int) -> None:
        log.info("engine %s leads identity %s", self._candidate.engine_id, self.sub)
        clock = RedisClock()
        clock.set(now_ms)
        fence = Fence(self.sub, token)
        try:
            await asyncio.wait_for(fence.raise_(), DATABASE_SECONDS)
        except (SourceUnavailableError, TimeoutError) as error:
            # Every later write raises it as well.
            log.warning("the database does not know of this lease yet: %s", error)
        except LeaseLostError as error:
            log.warning("the lease is not worth anything: %s", error)
            await self._give_back(redis, token)
            return
        journal = EngineJournal(self.sub)
        state = self._state(clock)
        notifier = self._notifier(redis, token, state, clock, fence)
        ports = self._ports(redis, token, clock, fence, journal, notifier)
        engine = Engine(state, ports, self._timing.rhythm)
        self._engine = engine
        if self._stopping.is_set():
            engine.stop()
        keeping = asyncio.create_task(self._keep_lease(redis, token, clock), name="lease")
        running = asyncio.create_task(engine.run(), name="engine")
        notifying = asyncio.create_task(_kept_up(notifier), name="notifications")
        try:
            await asyncio.wait([keeping, running], return_when=asyncio.FIRST_COMPLETED)
            if running.done() and running.exception() is None:
                # While the lease is still kept: what waits, and that the engine stops.
                await notifier.finish(self._timing.last_messages)
        finally:
            self._engine = None
            await end((running, keeping, notifying))
            ended = await asyncio.gather(running, keeping, return_exceptions=True)
            journal.close()
        for outcome in ended:
            if isinstance(outcome, Exception) and not isinstance(outcome, LeaseLostError):
                raise outcome
        if any(isinstance(outcome, LeaseLostError) for outcome in ended):
            log.warning("engine %s lost the lease and stands by", self._candidate.engine_id)
            # If a newer engine of this slot took it, two live, against what the slot promises: this one gives way, or
            # they would take the lease from each other for ever.
            self._candidate = replace(self._candidate, slot="")
            return
        await self._give_back(redis, token)

    async def _give_back(self, redis: AsyncRedis, token: str) -> None:
        with contextlib.suppress(RedisUnavailableError):
            await arun(redis, lease.release(self.sub, token))

    async def _keep_lease(self, redis: AsyncRedis, token: str, clock: RedisClock) -> None:
        while True:
            await asyncio.sleep(self._timing.renew)
            try:
                held, now_ms = await arun(redis, lease.renew(self.sub, token, self._candidate, self._lease_ms))
            except RedisUnavailableError as error:
                log.warning("the lease could not be renewed: %s", error)
                continue
            if not held:
                raise LeaseLostError("another engine leads this identity now")
            clock.set(now_ms)

    @property
    def _lease_ms(self) -> int:
        return int(self._timing.lease * 1000)

    def _state(self, clock: RedisClock) -> State:
        return State(
            engine_id=self._candidate.engine_id,
            host=self._candidate.host,
            started_at=clock.now_ms(),
            market=Market(kept_bars=KEPT_BARS),
            is_set=_is_set,
        )

    def _ports(
        self, redis: AsyncRedis, token: str, clock: RedisClock, fence: Fence, journal: EngineJournal, notifier: Notifier
    ) -> Ports:
        return Ports(
            clock=clock,
            queue=LeaderQueue(redis, self.sub, token, self._candidate.engine_id),
            intents=KeptIntents(redis, self.sub, token, fence),
            settings=SavedDocument(self.sub, fence),
            feeds=self._feeds(clock),
            cache=RedisMarketCache(redis, self.sub, token),
            positions=PositionBook(self.sub, fence),
            schedules=KeptSchedules(redis, self.sub, token, fence, clock),
            outbox=Reporter(redis, self.sub, token, clock, AlertStore(self.sub, fence), notifier),
            notifications=notifier,
            scanner=SavedScanner(self.sub, fence, clock),
            journal=journal,
        )

    def _notifier(self, redis: AsyncRedis, token: str, state: State, clock: RedisClock, fence: Fence) -> Notifier:
        async def leads() -> bool:
            held, _ = await arun(redis, lease.renew(self.sub, token, self._candidate, self._lease_ms))
            return held

        async def announce(body: dict[str, Any]) -> None:
            await arun(redis, leader_calls.emit(self.sub, token, body))

        return Notifier(
            Surroundings(
                clock=clock,
                settings=lambda: state.settings,
                market=state.market,
                sendings=KeptSendings(self.sub, fence),
                leads=leads,
                announce=announce,
                pictures=Pictures(project.DATA_DIR / "matplotlib"),
                page=_page(project.CSRF_TRUSTED_ORIGINS),
            )
        )

    def _feeds(self, clock: RedisClock) -> Feeds:
        return LiveFeeds(clock, asyncio.sleep, self._recording.files, self._recording.speed)


async def _kept_up(notifier: Notifier) -> None:
    """Notify for as long as the engine leads: what goes wrong there is never the engine's trouble."""
    while True:
        try:
            await notifier.run()
            return
        except Exception:
            log.exception("notifying stumbled and goes on")
            await asyncio.sleep(1.0)


def _page(origins: Sequence[str]) -> str:
    """Return where the live page is for those outside: the first whole address under which the server is known."""
    return next((f"{origin}/" for origin in origins if "*" not in origin), "")


def _is_set(name: str, variables: Callable[[str], str | None] = os.environ.get) -> bool:
    return bool(variables(name))
