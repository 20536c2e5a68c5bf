"""The web process: HTTP by Django, and the one websocket. Started by runtime.live.web_server."""

import os

from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from channels.sessions import SessionMiddlewareStack
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "livermore.settings")

# Before anything that imports models: this is what loads the apps.
django_application = get_asgi_application()

from runtime.live.body_limit import BodyLimit  # noqa: E402
from runtime.live.routing import websocket_urlpatterns  # noqa: E402

application = ProtocolTypeRouter(
    {
        "http": BodyLimit(django_application),
        # A page of another site may open a websocket here with this site's cookies: its origin gives it away.
        # Who sits there the socket asks itself, again and again, and gets along when the database is away.
        "websocket": AllowedHostsOriginValidator(SessionMiddlewareStack(URLRouter(websocket_urlpatterns))),
    }
)
