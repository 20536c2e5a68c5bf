"""Who sits at the other end of a socket, by the session, asked afresh each time."""

from dataclasses import dataclass
from importlib import import_module
from typing import Any

from channels.auth import get_user
from channels.db import database_sync_to_async
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser

from settingsapp.accounts import identity_of, role_of


@dataclass(frozen=True)
class Seat:
    """A signed-in user: `sub` and `role` are None for a login that lacks either, since it may see nothing."""

    user_id: int
    sub: str | None
    role: str | None


async def seat_of(scope: dict[str, Any]) -> Seat | None:
    """Return who is signed in by the scope's session as it is now; None where nobody is (any more).

    What the scope itself knows is as old as the connection: the user may have signed out, been deactivated or have
    changed the password since.
    """
    session = scope.get("session")
    if session is None or session.session_key is None:
        return None
    fresh = import_module(settings.SESSION_ENGINE).SessionStore(session.session_key)
    user = await get_user({"session": fresh})
    if not user.is_authenticated or not user.is_active:
        return None
    seat: Seat = await database_sync_to_async(_seat)(user)
    return seat


def _seat(user: AbstractBaseUser) -> Seat:
    identity, role = identity_of(user), role_of(user)
    if identity is None or role is None:
        return Seat(user.pk, None, None)
    return Seat(user.pk, identity.sub, role.value)
