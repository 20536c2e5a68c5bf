"""The one place in a web process that listens to engines, and hands what it hears to everyone who watches."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final, ParamSpec, TypeVar
from weakref import WeakKeyDictionary

from asgiref.sync import sync_to_async
from django import db

from runtime.bus.connections import RedisUnavailableError
from runtime.bus.following import Follower
from runtime.bus.live import Continuation, Event, LiveReader
from runtime.engine.ending import end
from runtime.live import saved
from runtime.live.viewer import QUEUE_LENGTH, Viewer
from runtime.protocol.observed import SavedVersion, observed
from settingsapp.schema import strict_json

logger = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

READ_SECONDS: Final = 1.0
"""How long the regular look at Redis may take before it counts as failed."""
JOIN_SECONDS: Final = 3.0
DATABASE_SECONDS: Final = 2.0
"""How long a page that opens waits for what the database has to tell."""
NO_REDIS: Final = "The server can't reach Redis, so it can't hear the engine."


@dataclass
class _Watch:
    """What is known of one identity while somebody watches it."""

    sub: str
    left_at: float
    viewers: set[Viewer] = field(default_factory=set)
    last: dict[str, Any] | None = None
    saved_version: SavedVersion | None = None
    presentation: dict[str, Any] | None = None
    told: dict[str, Any] | None = None
    told_at: float = 0.0

    @property
    def is_watched(self) -> bool:
        return bool(self.viewers)


@dataclass(frozen=True)
class _Ears:
    reader: LiveReader
    follower: Follower
    running: "asyncio.Task[None]"


class Hub:
    """Belongs to one event loop; starts with the first who watches and stops some time after the last has left."""

    def __init__(
        self,
        *,
        url: str | None = None,
        saved_versions: Callable[[Collection[str]], Mapping[str, SavedVersion]] = saved.versions,
        saved_presentations: Callable[[Collection[str]], Mapping[str, dict[str, Any]]] = saved.presentations,
        saved_alerts: Callable[[str, int], list[dict[str, Any]]] = saved.recent_alerts,
        tick_seconds: float = 1.0,
        linger_seconds: float = 30.0,
        queue_length: int = QUEUE_LENGTH,
    ) -> None:
        self._url = url

        self._saved_versions = _beside(saved_versions)
        self._saved_presentations = _beside(saved_presentations)
        self._saved_alerts = _beside(saved_alerts)
        self._tick_seconds = tick_seconds
        self._linger_seconds = linger_seconds
        self._queue_length = queue_length
        self._watches: dict[str, _Watch] = {}
        self._ears: _Ears | None = None
        self._ahead_ms: float = time.time() * 1000 - time.monotonic() * 1000
        self._trouble = ""
        self._users = 0
        self.dropped_count = 0
        """How many could not keep up."""
        self._new_watch = asyncio.Event()

    # -- for those who watch -------------------------------------------------------------------------------------

    async def join(self, sub: str) -> Viewer:
        """Return a viewer that is told every event from now on. Raises RedisUnavailableError."""
        viewer = Viewer(sub, self._queue_length)
        (await self._watch(sub)).viewers.add(viewer)
        return viewer

    def leave(self, viewer: Viewer) -> None:
        watch = self._watches.get(viewer.sub)
        self.dropped_count += viewer.fell_behind
        if watch is not None:
            watch.viewers.discard(viewer)
            watch.left_at = time.monotonic()

    @property
    def viewer_count(self) -> int:
        """How many are told what happens."""
        return sum(len(watch.viewers) for watch in self._watches.values())

    async def continuation(self, sub: str, since: str | None) -> Continuation:
        """See LiveReader.continuation."""
        with self._in_use() as ears:
            return await ears.reader.continuation(sub, since)

    async def recent_errors(self, sub: str, limit: int) -> list[dict[str, Any]]:
        """See LiveReader.recent_errors."""
        with self._in_use() as ears:
            return await ears.reader.recent_errors(sub, limit)

    async def recent_alerts(self, sub: str, limit: int) -> list[dict[str, Any]] | None:
        """Return the last alerts, newest first; None where the database can't be asked."""
        try:
            async with asyncio.timeout(DATABASE_SECONDS):
                return await self._saved_alerts(sub, limit)
        except (db.Error, TimeoutError) as error:
            logger.warning("the last alerts can't be read now: %s", str(error) or "no answer in time")
            return None

    async def saved_version(self, sub: str) -> SavedVersion | None:
        """Return the saved document's version; None where there is none, or the database can't be asked."""
        try:
            async with asyncio.timeout(DATABASE_SECONDS):
                return (await self._saved_versions((sub,))).get(sub)
        except (db.Error, TimeoutError):
            return None

    async def status(self, sub: str) -> dict[str, Any]:
        """Return the status as people see it, read afresh. Raises RedisUnavailableError."""
        with self._in_use() as ears:
            statuses = await ears.reader.statuses((sub,))
            watch = self._watches.get(sub)
            try:
                async with asyncio.timeout(DATABASE_SECONDS):
                    version = (await self._saved_versions((sub,))).get(sub)
                    presentation = (await self._saved_presentations((sub,))).get(sub)
            except (db.Error, TimeoutError):
                # What was read last is more use than nothing.
                version, presentation = (watch.saved_version, watch.presentation) if watch else (None, None)
        if watch is not None:
            # What waits to be sent was perhaps said before the version was known.
            watch.saved_version, watch.presentation = version, presentation
            self._tell_status(watch)
        told = observed(statuses.last[sub], statuses.now_ms, version) | {"observedAt": statuses.now_ms}
        return told if presentation is None else told | {"presentation": presentation}

    async def close(self) -> None:
        """Stop listening; every viewer is told to come back."""
        ears, self._ears = self._ears, None
        for watch in self._watches.values():
            for viewer in watch.viewers:
                viewer.give_up()
        self._watches.clear()
        if ears is not None:
            # Once: a second time would reach it while it closes its connections.
            ears.running.cancel()
            await asyncio.wait((ears.running,))

    # -- what the follower tells -----------------------------------------------------------------------------------

    def heard_status(self, sub: str, message: dict[str, Any]) -> None:
        watch = self._watches.get(sub)
        if watch is not None:
            watch.last = message
            self._tell_status(watch)

    def heard_event(self, sub: str, event: Event) -> None:
        watch = self._watches.get(sub)
        if watch is None:
            return
        if watch.viewers:
            text = strict_json.encode(event.body | {"seq": event.seq})
            for viewer in watch.viewers:
                viewer.put_event(event, text)
            watch.viewers = {viewer for viewer in watch.viewers if not viewer.fell_behind}

    def lost_events(self, sub: str) -> None:
        watch = self._watches.get(sub)
        if watch is not None:
            for viewer in watch.viewers:
                viewer.give_up()
            watch.viewers.clear()

    # -- inside ----------------------------------------------------------------------------------------------------

    async def _watch(self, sub: str) -> _Watch:
        watch = self._watches.get(sub)
        if watch is None:
            with self._in_use() as ears:
                try:
                    async with asyncio.timeout(JOIN_SECONDS):
                        place = (await ears.reader.continuation(sub)).last
                        # Known from the start: nobody is to see a running engine as offline for a moment.
                        last = (await ears.reader.statuses((sub,))).last[sub]
                except TimeoutError:
                    raise RedisUnavailableError("Redis does not answer in time") from None
                # While this waited, another may have opened the same watch.
                watch = self._watches.setdefault(sub, _Watch(sub, left_at=time.monotonic(), last=last))
                ears.follower.follow(sub, place)
                self._new_watch.set()
        return watch

    @contextmanager
    def _in_use(self) -> Iterator[_Ears]:
        """Listen, and go on listening at least until the block ends."""
        if self._ears is None:
            reader = LiveReader(self._url)
            follower = Follower(reader, self, url=self._url)
            self._ears = _Ears(reader, follower, asyncio.create_task(self._run(reader, follower)))
        self._users += 1
        try:
            yield self._ears
        finally:
            self._users -= 1

    async def _run(self, reader: LiveReader, follower: Follower) -> None:
        tasks = [
            asyncio.create_task(self._kept_up(follower.run)),
            asyncio.create_task(self._kept_up(lambda: self._look_at_redis(reader))),
            asyncio.create_task(self._kept_up(self._look_at_database)),
        ]
        try:
            await self._tick(follower)
        finally:
            await end(tasks)
            await reader.close()

    async def _kept_up(self, work: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await work()
            except Exception:
                # Whatever it was, those who watch are better served by a second try than by silence.
                logger.exception("the live hub stumbled and goes on")
            await asyncio.sleep(self._tick_seconds)

    async def _tick(self, follower: Follower) -> None:
        """Tell silence as it grows, and forget whom nobody watches. Returns when nobody watches anybody."""
        idle_since = time.monotonic()
        while True:
            await asyncio.sleep(self._tick_seconds)
            now = time.monotonic()
            for watch in tuple(self._watches.values()):
                if watch.is_watched:
                    watch.left_at = now
                    self._tell_status(watch)
                elif now - watch.left_at >= self._linger_seconds:
                    del self._watches[watch.sub]
                    follower.unfollow(watch.sub)
            if self._watches or self._users:
                idle_since = now
            elif now - idle_since >= self._linger_seconds:
                self._ears = None
                return

    async def _look_at_redis(self, reader: LiveReader) -> None:
        """Read all statuses once: what a lost message left out, Redis's clock, and whether Redis is there at all."""
        subs = tuple(self._watches)
        try:
            async with asyncio.timeout(READ_SECONDS):
                statuses = await reader.statuses(subs)
        except (RedisUnavailableError, TimeoutError) as error:
            if not self._trouble:
                logger.warning("%s (%s)", NO_REDIS, str(error) or "no answer in time")
            self._trouble = NO_REDIS
            return
        self._trouble = ""
        self._ahead_ms = statuses.now_ms - time.monotonic() * 1000
        for sub, message in statuses.last.items():
            watch = self._watches.get(sub)
            if watch is not None and message is not None and not _is_newer(watch.last, message, statuses.now_ms):
                watch.last = message

    async def _look_at_database(self) -> None:
        subs = tuple(self._watches)
        if not subs:
            await self._new_watch.wait()
            self._new_watch.clear()
            subs = tuple(self._watches)
        try:
            versions = await self._saved_versions(subs)
            changed = [s for s, v in versions.items() if s in self._watches and self._watches[s].saved_version != v]
            presentations = await self._saved_presentations(changed) if changed else {}
        except db.Error as error:
            # The versions that were read last stay: an old number is more use than none.
            logger.warning("the saved versions can't be read now: %s", error)
            return
        for sub, version in versions.items():
            if sub in self._watches:
                self._watches[sub].saved_version = version
                self._watches[sub].presentation = presentations.get(sub, self._watches[sub].presentation)

    def _tell_status(self, watch: _Watch) -> None:
        now = time.monotonic()
        now_ms = int(self._ahead_ms + now * 1000)
        told = observed(watch.last, now_ms, watch.saved_version, self._trouble)
        if watch.presentation is not None:
            told |= {"presentation": watch.presentation}
        before = {key: value for key, value in (watch.told or {}).items() if key != "observedAt"}
        # Said again now and then although nothing changed: a socket that carries nothing could be a dead one.
        if told == before and now - watch.told_at < 2 * self._tick_seconds:
            return
        watch.told, watch.told_at = told | {"observedAt": now_ms}, now
        text = strict_json.encode(watch.told)
        for viewer in watch.viewers:
            viewer.put_status(text)


def _beside(read: Callable[P, T]) -> Callable[P, Awaitable[T]]:
    """Read from the database not on the thread that all consumers share: one that hangs must not hold up sign-ins."""

    def read_and_let_go(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return read(*args, **kwargs)
        finally:
            # This thread may never run again: a connection that it kept would be lost to all others.
            db.connections.close_all()

    return sync_to_async(read_and_let_go, thread_sensitive=False)


def _is_newer(held: dict[str, Any] | None, read: dict[str, Any], now_ms: int) -> bool:
    """Is what is held newer than what was read? Not if it is from a future that Redis, restarted, doesn't know."""
    held_at = (held or {}).get("timestamp") or 0
    return bool((read.get("timestamp") or 0) < held_at <= now_ms)


_hubs: "WeakKeyDictionary[asyncio.AbstractEventLoop, Hub]" = WeakKeyDictionary()


def current() -> Hub:
    """Return the running event loop's hub."""
    loop = asyncio.get_running_loop()
    if loop not in _hubs:
        _hubs[loop] = Hub()
    return _hubs[loop]
