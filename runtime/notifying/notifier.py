"""Telling people, for as long as an engine leads: each channel has a worker of its own, and none waits for another.

What is heard is only put down; nothing here ever keeps the engine waiting.
"""

import asyncio
import logging

from runtime.engine.ending import end
from runtime.engine.ports.availability import LeaseLostError, SourceUnavailableError
from runtime.notifying.channel_worker import RETRY_SECONDS, ChannelWorker
from runtime.notifying.noticing import notices
from runtime.notifying.planning import Item, Notice, notice_id
from runtime.notifying.sending_records import ORIGIN, SendingRecords
from runtime.notifying.surroundings import Surroundings
from runtime.protocol.alerts import Alert
from runtime.protocol.answers import Result
from runtime.protocol.delivery import Delivery
from runtime.protocol.status import Status
from settingsapp.schema.effective import channels
from settingsapp.schema.notations import CHANNELS, Channel

log = logging.getLogger(__name__)


class Notifier:
    """Hears what the engine tells, and sends it on. Implements engine.ports.Notifications and reporter.Listener."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self._records = SendingRecords(around)
        self._workers = {channel: ChannelWorker(channel, around, self._records) for channel in CHANNELS}
        self._status: Status | None = None
        self._begun_at = around.clock.now_ms()

    async def run(self) -> None:
        """Send until cancelled, or until another engine leads."""
        working = [
            asyncio.create_task(worker.run(), name=f"send to {channel}") for channel, worker in self._workers.items()
        ]
        resuming = asyncio.create_task(self._resume(), name="resume sending")
        noting = asyncio.create_task(self._records.run(), name="note sendings")
        tasks = [*working, resuming, noting]
        try:
            await asyncio.gather(*tasks)
        except LeaseLostError:
            log.info("another engine leads: nothing more is sent")
        finally:
            await end(tasks)
            await asyncio.gather(*tasks, return_exceptions=True)

    async def finish(self, seconds: float) -> None:
        """Let what waits be sent and noted, as far as that is possible in this time."""
        for worker in self._workers.values():
            worker.hurry()
        try:
            async with asyncio.timeout(seconds):
                for worker in self._workers.values():
                    await worker.idle.wait()
                await self._records.flush()
        except (TimeoutError, LeaseLostError, SourceUnavailableError):
            log.warning("not everything could be sent before the end")

    # -- what is heard ---------------------------------------------------------------------------------------------

    def hear_alert(self, alert: Alert, delivery: Delivery, *, stored: bool) -> None:
        """Take an alert in. `stored`: the database knows of it; otherwise it is sent all the same, and noted later."""
        now = self._around.clock.now_ms()
        candles = self._around.held(alert) if delivery.channels else ()
        for channel in delivery.channels:
            item = Item(
                str(alert.id),
                alert,
                now,
                delivery.trading_mode,
                not_before=now + self._around.gather_ms,
                noted=stored,
            )
            self._workers[channel].put(item, candles)

    def hear_status(self, status: Status) -> None:
        """Take a status in, and what has happened since the one before."""
        before, self._status = self._status, status
        for notice in notices(before, status):
            self._notice(notice)

    def hear_error(self, level: str, origin: str, message: str) -> None:
        """Take in something that went wrong."""
        if origin != ORIGIN:
            self._notice(Notice("errors", f"{level}: {origin}: {message}"))

    def _notice(self, notice: Notice) -> None:
        settings = self._around.settings()
        if settings is None:
            return
        now = self._around.clock.now_ms()
        mode = settings.document.perseus_profile.trading_mode
        for channel in channels(settings.document, notice.event):
            item = Item(notice_id(notice, now), notice, now, mode, not_before=now + self._around.gather_ms, noted=False)
            self._workers[channel].put(item, ())

    async def _resume(self) -> None:
        """Take up what an engine before this one has left."""
        while True:
            try:
                unsent, interrupted = await self._around.sendings.resume(self._begun_at, self._around.clock.now_ms())
                break
            except SourceUnavailableError as error:
                log.warning("what is still to be sent can't be read yet: %s", error)
                await self._around.sleep(RETRY_SECONDS)
        if interrupted:
            await self._records.tell(
                "warning", f"{interrupted} messages were being sent when the engine ended; they are not sent again"
            )
        for found in unsent:
            item = Item(found.key.alert_id, found.alert, found.raised_at, found.trading_mode, attempts=found.attempts)
            self._workers[found.key.channel].put(item, ())

    # -- what is asked ---------------------------------------------------------------------------------------------

    async def test(self, channel: Channel) -> Result:
        """Send a test message and tell what the service answered."""
        return await self._workers[channel].test()
