"""One channel's messages, from the moment that they wait to their end."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from runtime.engine.candles import Candle
from runtime.engine.ending import end
from runtime.engine.ports.availability import LeaseLostError, SourceUnavailableError
from runtime.live.presentation import Presentation, presentation_of
from runtime.notifying import wording
from runtime.notifying.addresses import Address, NotSetUpError, address_of
from runtime.notifying.beside import Beside, BusyError
from runtime.notifying.planning import Item, Moment, again, plan, room_for
from runtime.notifying.post import Answer, Attempt, Letter
from runtime.notifying.rate import LIMITS, Allowance
from runtime.notifying.sending_records import SendingRecords
from runtime.notifying.surroundings import Surroundings
from runtime.persistence.sendings import SendingKey
from runtime.protocol.alerts import Alert
from runtime.protocol.answers import Outcome, Result
from settingsapp.schema.effective import channels
from settingsapp.schema.notations import Channel

log = logging.getLogger(__name__)

RETRY_SECONDS: Final = 2.0
PATIENCE_OF_A_TEST_MS: Final = 5_000
MOST_KNOWN: Final = 5_000
REQUESTS_WITH_A_PICTURE: Final = 2
"""Discord takes text and picture one after the other."""
_MOMENTS: Final[Mapping[Answer, Moment]] = {
    Answer.TAKEN: Moment.TAKEN,
    Answer.REFUSED: Moment.REFUSED,
    Answer.UNCERTAIN: Moment.UNCERTAIN,
    Answer.HOPELESS: Moment.HOPELESS,
}


@dataclass
class _Waiting:
    """What waits on one channel, oldest first, with the candles of its series as they were."""

    items: dict[str, Item] = field(default_factory=dict)
    candles: dict[str, Sequence[Candle]] = field(default_factory=dict)

    def drop(self, ids: Sequence[str]) -> None:
        for one in ids:
            self.items.pop(one, None)
            self.candles.pop(one, None)


class ChannelWorker:
    """One channel."""

    def __init__(self, channel: Channel, around: Surroundings, records: SendingRecords) -> None:
        self._channel = channel
        self._around = around
        self._records = records
        self._waiting = _Waiting()
        self._known: dict[str, None] = {}
        """What was put in by this engine, whatever came of it: nothing is taken in twice."""
        self._allowance = Allowance(LIMITS[channel])
        self._beside = Beside(f"send to {channel}")
        self._something = asyncio.Event()
        self._turn = asyncio.Lock()
        """Held while a message is under way: a test and a message don't overtake each other's allowance."""
        self._complaint = ""
        self._under_way: dict[str, Sequence[Candle]] = {}
        """The candles of what is being sent, should it have to be sent again."""
        self.idle = asyncio.Event()
        self.idle.set()

    def put(self, item: Item, candles: Sequence[Candle]) -> None:
        """Take something in, once; where too much waits, the oldest gives way."""
        if item.id in self._known:
            return
        self._known[item.id] = None
        if len(self._known) > MOST_KNOWN:
            del self._known[next(iter(self._known))]
        self._waiting.items[item.id] = item
        self._waiting.candles[item.id] = candles
        _, dropped = room_for(tuple(self._waiting.items.values()))
        self._settle(dropped)
        self.idle.clear()
        self._something.set()

    def hurry(self) -> None:
        """Wait for nothing but the rate limit."""
        self._waiting.items = {one: replace(item, not_before=0) for one, item in self._waiting.items.items()}
        self._something.set()

    async def run(self) -> None:
        """Send until cancelled. Raises LeaseLostError."""
        while True:
            try:
                wait_ms = await self._step()
            except LeaseLostError:
                raise
            except SourceUnavailableError as error:
                self._complain(f"waiting to send to {self._channel}: {error}")
                wait_ms = int(RETRY_SECONDS * 1000)
            except Exception:
                log.exception("sending to %s stumbled and goes on", self._channel)
                wait_ms = int(RETRY_SECONDS * 1000)
            if wait_ms != 0:
                await self._until(wait_ms)

    async def _until(self, wait_ms: int | None) -> None:
        self._something.clear()
        if wait_ms is None:
            self.idle.set()
            await self._something.wait()
            return
        waited: list[asyncio.Future[Any]] = [
            asyncio.ensure_future(self._around.sleep(wait_ms / 1000)),
            asyncio.ensure_future(self._something.wait()),
        ]
        try:
            await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await end(waited)

    async def _step(self) -> int | None:
        """Do what the plan says; returns how many ms to wait before the next step, None while nothing waits."""
        async with self._turn:
            now = self._around.clock.now_ms()
            items = tuple(self._waiting.items.values())
            wanted = plan(items, now, self._allowance, REQUESTS_WITH_A_PICTURE)
            if wanted.give_up:
                self._settle(wanted.give_up)
                await self._tell_of(wanted.give_up, wanted.give_up[-1].error)
                return 0
            if not wanted.send:
                return wanted.wait_ms
            await self._send(wanted.send, now)
            return 0

    async def _send(self, items: tuple[Item, ...], now: int) -> None:
        settings = self._around.settings()
        if settings is None:
            raise SourceUnavailableError("the settings are not known yet")
        try:
            address = address_of(self._channel, settings.document, self._around.read)
        except NotSetUpError as error:
            passed_over = tuple(item.happened(Moment.PASSED_OVER, str(error)) for item in items)
            self._settle(passed_over)
            await self._tell_of(passed_over, str(error))
            return
        presentation = presentation_of(settings.document.perseus_profile.model_dump(mode="json"))
        picture = await self._picture(items, presentation)
        begun = await self._begin(items, now)
        if not begun:
            return
        attempt = await self._attempt(
            address, wording.letter(begun, self._channel, presentation, now, self._around.page), picture
        )
        await self._conclude(begun, attempt)

    async def _picture(self, items: tuple[Item, ...], presentation: Presentation) -> bytes | None:
        """Return the picture of the newest alert among these."""
        for item in reversed(items):
            if isinstance(item.what, Alert):
                candles = self._waiting.candles.get(item.id) or self._around.held(item.what)
                title = wording.headline(item.what)
                return await self._around.pictures.of(item.what, candles, title, wording.axis(presentation, item.what))
        return None

    async def _begin(self, items: tuple[Item, ...], now: int) -> tuple[Item, ...]:
        """Note that these are about to be sent, by a leader; what another has dealt with is dropped.

        Raises LeaseLostError, SourceUnavailableError.
        """
        keys = {SendingKey(item.id, self._channel): item for item in items}
        # What the database still holds for being sent since the last attempt needs not be noted for another one.
        held = await self._records.withdraw([key for key, item in keys.items() if item.noted])
        free = {key for key, item in keys.items() if key in held or not item.noted}
        asked = [key for key in keys if key not in free]
        mine: frozenset[SendingKey] = frozenset()
        if asked:
            try:
                mine = await self._around.sendings.begin(asked, now)
            except SourceUnavailableError:
                if not free:
                    raise
                # What the database has never heard of, and what it believes to be under way, need not wait for it.
                asked = []
        if not asked and not await self._around.leads():
            raise LeaseLostError("another engine leads this identity now")
        self._waiting.drop([key.alert_id for key in asked if key not in mine])
        begun = [key for key in keys if key in free or key in mine]
        # No longer among what waits: whatever happens from here on, nothing takes it up again by mistake.
        self._under_way = {key.alert_id: self._waiting.candles.get(key.alert_id, ()) for key in begun}
        self._waiting.drop([key.alert_id for key in begun])
        return tuple(keys[key].happened(Moment.BEGUN) for key in begun)

    async def _attempt(self, address: Address, letter: Letter, picture: bytes | None) -> Attempt:
        if picture is not None:
            letter = Letter(letter.subject, letter.body, (picture,))
        self._allowance = self._allowance.after(
            self._around.clock.now_ms(), REQUESTS_WITH_A_PICTURE if picture is not None else 1
        )
        try:
            attempt = await self._beside.run(
                lambda: self._around.hand_in(address, letter), self._around.seconds_per_attempt
            )
        except TimeoutError:
            attempt = Attempt(
                Answer.UNCERTAIN, f"{address.service} did not come to an end in time; the message may have arrived"
            )
        except BusyError as error:
            attempt = Attempt(Answer.REFUSED, f"{address.service} keeps {error}")
        except Exception as error:
            log.exception("handing in a message for %s failed", self._channel)
            attempt = Attempt(Answer.UNCERTAIN, f"handing in stumbled ({type(error).__name__})")
        if attempt.retry_after_ms is not None:
            self._allowance = self._allowance.blocked(self._around.clock.now_ms() + attempt.retry_after_ms)
        return attempt

    async def _conclude(self, begun: tuple[Item, ...], attempt: Attempt) -> None:
        ended = tuple(item.happened(_MOMENTS[attempt.answer], attempt.reason) for item in begun)
        if attempt.answer is Answer.REFUSED:
            now = self._around.clock.now_ms()
            jitter = self._around.jitter()
            for item in ended:
                noted = isinstance(item.what, Alert)
                self._waiting.items[item.id] = replace(again(item, now, jitter, attempt.retry_after_ms), noted=noted)
                self._waiting.candles[item.id] = self._under_way.get(item.id, ())
            log.warning("%s: %s; trying again", self._channel, attempt.reason)
        self._records.put(self._channel, ended)
        if attempt.answer is Answer.REFUSED:
            return
        if attempt.answer is Answer.TAKEN:
            self._complaint = ""
            log.info("%s took %s", self._channel, f"{len(begun)} messages in one" if len(begun) > 1 else "a message")
        else:
            await self._tell_of(ended, attempt.reason)

    def _settle(self, items: tuple[Item, ...]) -> None:
        if items:
            self._waiting.drop([item.id for item in items])
            self._records.put(self._channel, items)

    async def _tell_of(self, items: tuple[Item, ...], reason: str) -> None:
        """Tell the owner on the page that something was not sent; the same reason once."""
        told = f"{self._channel}: {'a message was' if len(items) == 1 else f'{len(items)} messages were'} not sent"
        if reason != self._complaint:
            self._complaint = reason
            await self._records.tell("warning", f"{told}: {reason}")

    def _complain(self, text: str) -> None:
        if text != self._complaint:
            self._complaint = text
            log.warning(text)

    async def test(self) -> Result:
        """See Notifier.test."""
        settings = self._around.settings()
        if settings is None:
            return Result(Outcome.FAILED, "the engine has not been able to read its settings yet")
        try:
            address = address_of(self._channel, settings.document, self._around.read)
        except NotSetUpError as error:
            return Result(Outcome.REFUSED, f"{self._channel} is {error}")
        async with self._turn:
            now = self._around.clock.now_ms()
            wait_ms = self._allowance.wait(now)
            if wait_ms > PATIENCE_OF_A_TEST_MS:
                return Result(
                    Outcome.FAILED,
                    f"{self._channel} may be used again in {wait_ms // 1000 + 1} s: its rate limit is reached",
                )
            if wait_ms:
                await self._around.sleep(wait_ms / 1000)
            presentation = presentation_of(settings.document.perseus_profile.model_dump(mode="json"))
            attempt = await self._attempt(address, wording.trial(self._channel, presentation, now), None)
        data = {"channel": self._channel, "service": address.service, "answer": attempt.answer.name.lower()}
        if attempt.answer is not Answer.TAKEN:
            return Result(Outcome.FAILED, f"not sent: {attempt.reason}", data)
        text = f"{address.service} took the test message"
        if self._channel not in channels(settings.document, "signals"):
            text += "; trading signals do not go there as the settings stand"
        return Result(Outcome.SUCCEEDED, text, data)
