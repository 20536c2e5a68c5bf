"""`/ws/runtime/`: one browser, told what its identity's engine does."""

import asyncio
import logging
from typing import Any, Final
from urllib.parse import parse_qs

from channels.generic.websocket import AsyncWebsocketConsumer
from django import db

from runtime.bus.connections import RedisUnavailableError
from runtime.bus.live import BEGINNING, Continuation, is_after
from runtime.engine.ending import end
from runtime.live import hub
from runtime.live.hub import NO_REDIS, Hub
from runtime.live.seat import DatabaseAwayError, confirmed_seat, keep_seat, remembered_seat
from runtime.live.viewer import FellBehindError, Viewer
from runtime.protocol.observed import observed
from settingsapp.schema import strict_json
from settingsapp.seats import LASTS_SECONDS, Seat

logger = logging.getLogger(__name__)

ALERTS: Final = 20
ERRORS: Final = 50
LONGEST_INCOMING: Final = 4_096

SIGNED_OUT: Final = 4401
NO_IDENTITY: Final = 4403
FELL_BEHIND: Final = 4408
"""Events are missing: connect again with `?since=`."""
TOO_LONG: Final = 1009
TRY_LATER: Final = 1013


class RuntimeConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]
    """Sends a snapshot, then everything that comes after it; listens to nothing that the browser says."""

    # No such layer: sockets hear through the hub, and must open, and say so, when Redis is away.
    channel_layer_alias = "none"

    check_seconds = LASTS_SECONDS / 3
    """How often the sign-in is looked at again, so that who has an open page is remembered without a break."""

    async def connect(self) -> None:
        self._tasks: list[asyncio.Task[None]] = []
        # A refused handshake would hide the close code from the page, which then couldn't say what to do.
        await self.accept()
        try:
            seat = await confirmed_seat(self.scope)
        except DatabaseAwayError as error:
            seat = await remembered_seat(self.scope)
            if seat is None:
                logger.info("a page can't be let in: the database is away: %s", error)
                await self.close(TRY_LATER)
                return
        if seat is None:
            await self.close(SIGNED_OUT)
        elif seat.sub is None or seat.role is None:
            await self.close(NO_IDENTITY)
        else:
            self._tasks = [
                asyncio.create_task(self._closing_on_trouble(self._tell(seat, seat.sub))),
                asyncio.create_task(self._closing_on_trouble(self._check(seat))),
            ]

    async def disconnect(self, code: int) -> None:
        await end(self._tasks)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if len(text_data or bytes_data or "") > LONGEST_INCOMING:
            await self.close(TOO_LONG)

    async def _closing_on_trouble(self, work: Any) -> None:
        try:
            await work
        except FellBehindError:
            await self.close(FELL_BEHIND)
        except (RedisUnavailableError, db.Error) as error:
            logger.info("a live connection ends, its page will come back: %s", error)
            await self.close(TRY_LATER)
        except Exception:
            logger.exception("a live connection failed")
            await self.close(1011)

    async def _tell(self, seat: Seat, sub: str) -> None:
        here = hub.current()
        since = _since(self.scope)
        try:
            viewer = await here.join(sub)
        except RedisUnavailableError:
            await self._say_that_redis_is_away(seat, sub, since)
            raise
        try:
            # In this order: the place first, then the state, so that nothing falls between the two.
            continuation = await here.continuation(sub, since)
            await self.send(text_data=await _snapshot(here, seat, sub, continuation))
            seq = continuation.last
            for event in continuation.events:
                await self.send(text_data=strict_json.encode(event.body | {"seq": event.seq}))
            await self._pass_on(viewer, seq)
        finally:
            here.leave(viewer)

    async def _pass_on(self, viewer: Viewer, seq: str) -> None:
        while True:
            told = await viewer.next()
            if told.seq is None:
                await self.send(text_data=f'{{"seq":"{seq}",{told.text[1:]}')
            elif is_after(told.seq, seq):
                seq = told.seq
                await self.send(text_data=told.text)

    async def _say_that_redis_is_away(self, seat: Seat, sub: str, since: str | None) -> None:
        here = hub.current()
        version, alerts = await asyncio.gather(here.saved_version(sub), here.recent_alerts(sub, ALERTS))
        body = {
            "type": "snapshot",
            # Unchanged, so that the page resumes from where it really was.
            "seq": since or BEGINNING,
            "sub": sub,
            "role": seat.role,
            "status": observed(None, 0, version, NO_REDIS),
            "alerts": alerts,
            "errors": [],
        }
        await self.send(text_data=strict_json.encode(body))

    async def _check(self, seat: Seat) -> None:
        while True:
            await asyncio.sleep(self.check_seconds)
            try:
                now = await confirmed_seat(self.scope)
            except DatabaseAwayError:
                # Nobody can be signed out either meanwhile.
                await keep_seat(self.scope)
                continue
            if now != seat:
                # Another role or identity: the page starts afresh with it.
                sees_nothing = now is None or now.sub is None or now.role is None
                await self.close(SIGNED_OUT if now is None else NO_IDENTITY if sees_nothing else FELL_BEHIND)
                return


async def _snapshot(here: Hub, seat: Seat, sub: str, continuation: Continuation) -> str:
    status, errors, alerts = await asyncio.gather(
        here.status(sub), here.recent_errors(sub, ERRORS), here.recent_alerts(sub, ALERTS)
    )
    body: dict[str, Any] = {"type": "snapshot", "seq": continuation.last}
    if continuation.gap:
        body["gap"] = True
    body |= {"sub": sub, "role": seat.role, "status": status, "alerts": alerts, "errors": errors}
    return strict_json.encode(body)


def _since(scope: dict[str, Any]) -> str | None:
    values = parse_qs(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True).get("since")
    return values[-1] if values else None
