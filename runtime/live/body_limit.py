"""No request's body is larger than anything here takes; one that is gets its answer without being read."""

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

MOST_BYTES: Final = 4 * 1024 * 1024
"""Twice the largest file that can be imported."""

Message = Mapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[dict[str, Any], Receive, Send], Awaitable[None]]

# The API's error shape; the server asks for it before Django is there.
REFUSAL_BODY: Final = json.dumps(
    {
        "error": "too_large",
        "message": f"The request is larger than {MOST_BYTES // 1024**2} MiB, and was not read.",
        "fields": [],
    }
).encode()
REFUSAL: Final = (
    (b"Content-Type", b"application/json"),
    (b"Content-Length", str(len(REFUSAL_BODY)).encode()),
    (b"Connection", b"close"),
)
"""The headers of the answer 413 that carries `REFUSAL_BODY`."""


class BodyLimit:
    """Answers 413 in an application's place: by Content-Length before anything is read, else once it is too much."""

    def __init__(self, application: Application) -> None:
        self._application = application

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        if _told_length(scope) > MOST_BYTES:
            await _refuse(send)
            return
        # Django reads the whole body before it looks at anything, too.
        read, size = [], 0
        while True:
            message = await receive()
            read.append(message)
            size += len(message.get("body", b""))
            if size > MOST_BYTES:
                await _refuse(send)
                return
            if not message.get("more_body", False):
                break
        waiting = iter(read)

        async def again() -> Message:
            return next(waiting, None) or await receive()

        await self._application(scope, again, send)


def _told_length(scope: Mapping[str, Any]) -> int:
    told = [value for name, value in scope["headers"] if name.lower() == b"content-length"]
    return max((int(value) for value in told if value.isdigit()), default=0)


async def _refuse(send: Send) -> None:
    await send({"type": "http.response.start", "status": 413, "headers": list(REFUSAL)})
    await send({"type": "http.response.body", "body": REFUSAL_BODY})
