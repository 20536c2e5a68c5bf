"""Logins that watch: an identity, and a browser's cookie."""

import uuid

from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client

from settingsapp.accounts import Role
from settingsapp.models import Identity
from settingsapp.services import create_identity
from tests.settingsapp.logins import a_login


def cookie_of(user: User) -> str:
    """Sign a login in, and return what its browser sends from then on."""
    browser = Client()
    browser.force_login(user)
    return f"{settings.SESSION_COOKIE_NAME}={browser.cookies[settings.SESSION_COOKIE_NAME].value}"


def a_watcher() -> tuple[Identity, str]:
    """Make an identity and a viewer of it; return both, the viewer as a cookie."""
    identity = create_identity()
    return identity, cookie_of(a_login(identity, Role.VIEWER, f"viewer-{uuid.uuid4()}"))
