"""What became of messages: noted and announced, whenever that is possible."""

import asyncio
import logging
from collections.abc import Sequence
from typing import Any, Final

from runtime.engine.ports.availability import SourceUnavailableError
from runtime.notifying import planning
from runtime.notifying.planning import Item
from runtime.notifying.surroundings import Surroundings
from runtime.persistence.sendings import SendingKey
from runtime.protocol.alerts import Alert
from runtime.protocol.answers import error_body
from runtime.protocol.delivery import Sending, sending_body
from settingsapp.schema.notations import Channel

log = logging.getLogger(__name__)

ORIGIN: Final = "notifications"
"""What the errors of this part are told as; they are not sent themselves."""
NOTE_SECONDS: Final = 5.0
MOST_UNNOTED: Final = 2_000


class SendingRecords:
    """Keeps what became of messages, in the database and among the events; both may be away for a while."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self._unnoted: dict[SendingKey, tuple[Sending, int]] = {}
        self._unannounced: list[dict[str, Any]] = []
        self._something = asyncio.Event()
        self._turn = asyncio.Lock()

    def put(self, channel: Channel, items: Sequence[Item]) -> None:
        """Keep what became of alerts; notices are kept nowhere."""
        now = self._around.clock.now_ms()
        for item in items:
            if isinstance(item.what, Alert):
                sending = Sending(item.state, item.attempts, now, item.error)
                self._unnoted[SendingKey(item.id, channel)] = (sending, now)
                self._unannounced.append(sending_body(item.id, channel, sending))
        while len(self._unnoted) > MOST_UNNOTED:
            del self._unnoted[next(iter(self._unnoted))]
        del self._unannounced[:-MOST_UNNOTED]
        self._something.set()

    async def withdraw(self, keys: Sequence[SendingKey]) -> frozenset[SendingKey]:
        """Take back what is not written yet; returns of which that was so: their last note is still an older one."""
        async with self._turn:
            return frozenset(key for key in keys if self._unnoted.pop(key, None) is not None)

    async def tell(self, level: str, message: str) -> None:
        """Tell the owner on the page."""
        log.warning(message)
        self._unannounced.append(error_body(level, ORIGIN, message))
        self._something.set()

    async def run(self) -> None:
        """Note and announce until cancelled. Raises LeaseLostError."""
        while True:
            await self._something.wait()
            self._something.clear()
            try:
                await self.flush()
            except SourceUnavailableError as error:
                log.warning("what became of messages is noted later: %s", error)
            if self._unnoted or self._unannounced:
                self._something.set()
                await self._around.sleep(NOTE_SECONDS)

    async def flush(self) -> None:
        """Raises SourceUnavailableError, LeaseLostError."""
        await self._write()
        while self._unannounced:
            await self._around.announce(self._unannounced[0])
            del self._unannounced[0]

    async def _write(self) -> None:
        async with self._turn:
            batch = dict(self._unnoted)
            if not batch:
                return
            known = await self._around.sendings.note({key: sending for key, (sending, _) in batch.items()})
            oldest = self._around.clock.now_ms() - planning.TOO_OLD_MS
            for key, entry in batch.items():
                # An alert that is not stored yet is noted once it is; one that never will be is forgotten.
                if self._unnoted.get(key) is entry and (key in known or entry[1] < oldest):
                    del self._unnoted[key]
