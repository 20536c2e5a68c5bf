"""Websocket addresses."""

from channels.generic.websocket import AsyncWebsocketConsumer
from django.urls import path, re_path

from runtime.live.consumer import RuntimeConsumer

NO_SUCH_PATH = 4404


class NowhereConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]
    """Any other address: refused, where the router would have raised an error into the log."""

    async def connect(self) -> None:
        await self.close(NO_SUCH_PATH)


websocket_urlpatterns = [
    path("ws/runtime/", RuntimeConsumer.as_asgi()),
    re_path(r"", NowhereConsumer.as_asgi()),
]
