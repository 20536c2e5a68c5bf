"""The intent: in Redis, with a copy in the database that a lost Redis can't reach."""

import asyncio
import logging
from dataclasses import replace
from typing import Final

from django.db import transaction

from runtime.bus import leader_calls
from runtime.bus.calls import arun
from runtime.bus.connections import AsyncRedis
from runtime.engine.ports.availability import SourceUnavailableError
from runtime.engine.ports.commands import Intent
from runtime.models import EngineRecord
from runtime.persistence.database import Fence, off_loop
from settingsapp.schema.vocabulary import Mode

log = logging.getLogger(__name__)

COPY_SECONDS: Final = 2.0


class KeptIntents:
    """Implements runtime.engine.ports.commands.Intents. Of the two copies the one with the higher revision counts."""

    def __init__(self, redis: AsyncRedis, sub: str, token: str, fence: Fence) -> None:
        self._redis = redis
        self._sub = sub
        self._token = token
        self._fence = fence

    async def load(self) -> Intent | None:
        """Raises SourceUnavailableError where Redis is away; a database that is away is done without.

        One that takes long to say so is waited for only where Redis knows of no intent.
        """
        live = await arun(self._redis, leader_calls.read_intent(self._sub))
        reading = asyncio.ensure_future(off_loop(self._read)())
        await asyncio.wait([reading], timeout=None if live is None else COPY_SECONDS)
        if not reading.done():
            reading.add_done_callback(_looked_at)
            log.warning("the copy of the intent can't be read within %s s", COPY_SECONDS)
            return live
        try:
            copy = reading.result()
        except SourceUnavailableError as error:
            log.warning("the copy of the intent can't be read: %s", error)
            return live
        if live is None or (copy is not None and copy.revision > live.revision):
            return copy
        return live

    async def store(self, intent: Intent) -> Intent:
        call = leader_calls.store_intent(self._sub, self._token, intent, restore=False)
        _, revision = await arun(self._redis, call)
        return replace(intent, revision=revision)

    async def restore(self, intent: Intent) -> None:
        await arun(self._redis, leader_calls.store_intent(self._sub, self._token, intent, restore=True))

    async def remember(self, intent: Intent) -> None:
        await off_loop(self._write)(intent)

    def _read(self) -> Intent | None:
        record = EngineRecord.objects.filter(identity__sub=self._sub, paused__isnull=False).first()
        if record is None:
            return None
        mode = Mode(record.mode) if record.mode in list(Mode) else None
        return Intent(bool(record.paused), mode, record.paused_until, record.revision)

    @transaction.atomic
    def _write(self, intent: Intent) -> None:
        self._fence.check()
        EngineRecord.objects.filter(identity__sub=self._sub).update(
            paused=intent.paused,
            paused_until=intent.paused_until,
            mode=intent.mode or "",
            revision=intent.revision,
        )


def _looked_at(reading: "asyncio.Future[Intent | None]") -> None:
    # An answer that comes too late is not wanted; its error must not turn up as one that nobody looked at.
    if not reading.cancelled() and (error := reading.exception()) is not None:
        log.info("the copy of the intent could not be read: %s", error)
