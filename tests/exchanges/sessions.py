"""The websockets of the exchange server: who is connected, what is subscribed, and the pushing of it."""

import asyncio
import contextlib
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from aiohttp import WSCloseCode, WSMsgType, web

from tests.exchanges.faults import Faults
from tests.exchanges.venue import Subscriber, Topic, Venue, frame

_TICK_SECONDS: Final = 0.02


@dataclass(frozen=True)
class RecordedSubscription:
    """A client subscribed or unsubscribed; `words`: as the client named it. `at`: seconds of the monotonic clock."""

    exchange: str
    connection: int
    subscribed: bool
    words: str
    topic: Topic
    at: float


class Session(Subscriber):
    """One websocket."""

    def __init__(
        self,
        number: int,
        path: str,
        venue: Venue,
        faults: Faults,
        record: Callable[[RecordedSubscription], None],
        request: web.Request,
    ) -> None:
        self.number = number
        self.path = path
        self.venue = venue
        self.mute = False
        """Nothing is said any more, not even pong."""
        self.transport = request.transport
        self._faults = faults
        self._record = record
        self._request = request
        # Pings are answered here, so that not answering them can be tested.
        self.response = web.WebSocketResponse(autoping=False, compress=False)
        self._topics: dict[str, Topic] = {}
        self._pushed: dict[str, int] = {}
        self._new: list[Topic] = []

    @property
    def topics(self) -> Mapping[str, Topic]:
        return self._topics

    def subscribe(self, words: str, topic: Topic) -> None:
        if words not in self._topics:
            self._pushed[words] = self.venue.now()
            self._new.append(topic)
        self._topics[words] = topic
        self._record(RecordedSubscription(self.venue.name, self.number, True, words, topic, time.monotonic()))

    def unsubscribe(self, words: str) -> None:
        topic = self._topics.pop(words, None)
        if topic is not None:
            self._record(RecordedSubscription(self.venue.name, self.number, False, words, topic, time.monotonic()))

    async def serve(self) -> web.WebSocketResponse:
        await self.response.prepare(self._request)
        self._faults.sessions.add(self)
        pump = asyncio.create_task(self._pump())
        try:
            await self._say(self.venue.greet(self))
            async for message in self.response:
                await self._hear(message.type, message.data)
        except ConnectionError:
            pass
        finally:
            self._faults.sessions.discard(self)
            pump.cancel()
            with contextlib.suppress(asyncio.CancelledError, ConnectionError):
                await pump
        return self.response

    async def end(self) -> None:
        """Say goodbye, as a server does that is restarted, and don't wait for an answer."""
        with contextlib.suppress(ConnectionError):
            await self.response.close(code=WSCloseCode.SERVICE_RESTART, drain=False)

    async def _hear(self, kind: WSMsgType, data: str | bytes | bytearray) -> None:
        if self.mute:
            return
        if kind is WSMsgType.PING:
            await self.response.pong(data.encode() if isinstance(data, str) else bytes(data))
        elif kind is WSMsgType.TEXT:
            try:
                message = json.loads(data)
            except ValueError:
                message = data
            await self._say(self.venue.hear(self, message))
            # A topic's first word comes after the answer to the subscription.
            new, self._new = self._new, []
            told = [topic for topic in new if not self._faults.stalled(self.path, topic.symbol)]
            await self._say([message for topic in told for message in self.venue.snapshot(topic)])

    async def _say(self, messages: Sequence[object]) -> None:
        for message in messages:
            await self.response.send_str(frame(message))

    async def _pump(self) -> None:
        while True:
            await asyncio.sleep(_TICK_SECONDS)
            now = self.venue.now()
            for words, topic in list(self._topics.items()):
                since, self._pushed[words] = self._pushed[words], now
                if self.mute or self._faults.stalled(self.path, topic.symbol):
                    continue
                for message in self.venue.push(topic, since, now):
                    await self.response.send_str(self._faults.pushed(self.path, frame(message)))
