"""Who sits at a browser, remembered for half a minute: asking the engine for something then needs no database.

While the database answers, a seat is confirmed by it again and again, and forgotten as soon as a login changes; a
change that goes by unnoticed (an edit of the database) counts half a minute later at the latest. While the database
is away, an open page keeps the seat that was confirmed last: nobody can be deactivated meanwhile either.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, Final, cast

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, User
from django.contrib.sessions.backends.base import SessionBase
from django.core.cache import cache
from django.db import transaction
from django.db.models.signals import m2m_changed, post_delete, post_save
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

from settingsapp.accounts import Role, identity_of, role_of, standings_of
from settingsapp.models import Identity, Membership

LASTS_SECONDS: Final = 30
PASSWORD_BACKEND: Final = "django.contrib.auth.backends.ModelBackend"


@dataclass(frozen=True)
class Seat:
    """A signed-in login. Without an identity `sub` is None, without a role `role` is."""

    user_id: int
    username: str
    sub: str | None
    role: Role | None


def confirmed(session: SessionBase) -> Seat | None:
    """Ask the database who is signed in by a session, and remember it; None: nobody. Raises Django's own errors."""
    user_id = session.get(SESSION_KEY)
    seat = taken(get_user(cast("HttpRequest", SimpleNamespace(session=session))), session)
    if seat is None and user_id is not None:
        forget(user_id)
    return seat


def confirmed_together(sessions: Mapping[str, SessionBase]) -> dict[str, Seat | None]:
    """As `confirmed`, for the sessions of many, whose logins the database is asked about together."""
    wanted = {str(user_id) for session in sessions.values() if (user_id := session.get(SESSION_KEY)) is not None}
    users = {str(user.pk): user for user in User.objects.filter(pk__in=wanted, is_active=True)}
    standings = standings_of(users.values())
    found: dict[str, Seat | None] = {}
    kept: dict[str, dict[str, str | None]] = {}
    for key, session in sessions.items():
        user = users.get(str(session.get(SESSION_KEY)))
        if user is None or not _is_signed_in(user, session):
            # Whatever it is, it is rare, and Django knows best.
            found[key] = confirmed(session)
        else:
            standing = standings[user.pk]
            found[key] = seat = _seat(user, standing.identity, standing.role)
            kept[_key(user.pk)] = _kept(seat, session)
    cache.set_many(kept, LASTS_SECONDS)
    return found


def taken(user: AbstractBaseUser | AnonymousUser, session: SessionBase) -> Seat | None:
    """Return, and remember, the seat of whom the database has just told; None where that is nobody."""
    if not isinstance(user, User) or not user.is_active:
        return None
    seat = _seat(user, identity_of(user), role_of(user))
    cache.set(_key(seat.user_id), _kept(seat, session), LASTS_SECONDS)
    return seat


def remembered(session: SessionBase) -> Seat | None:
    """Return the seat as it was confirmed lately; None where it wasn't, or not for this session's password."""
    user_id = session.get(SESSION_KEY)
    kept = None if user_id is None else cache.get(_key(user_id))
    # The session's hash follows from the password: a session from before it was changed opens nothing.
    if kept is None or not constant_time_compare(kept["hash"], session.get(HASH_SESSION_KEY, "")):
        return None
    role = Role(kept["role"]) if kept["role"] else None
    return Seat(int(cast("str", user_id)), kept["username"], kept["sub"], role)


def keep(session: SessionBase) -> None:
    """Remember a seat for longer, where it is remembered still: its page is open, and the database is away."""
    user_id = session.get(SESSION_KEY)
    if user_id is not None:
        cache.touch(_key(user_id), LASTS_SECONDS)


def forget(user_id: int | str) -> None:
    """Have the database asked the next time."""
    cache.delete(_key(user_id))


def follow_logins() -> None:
    """Forget seats as soon as what they tell changes."""
    post_save.connect(_login_saved, sender=User, dispatch_uid="seats")
    post_save.connect(_membership_changed, sender=Membership, dispatch_uid="seats")
    post_delete.connect(_membership_changed, sender=Membership, dispatch_uid="seats")
    m2m_changed.connect(_groups_changed, sender=User.groups.through, dispatch_uid="seats")


def _login_saved(instance: User, update_fields: frozenset[str] | None, **_: Any) -> None:
    # Signing in notes its time, which no seat tells.
    if update_fields != frozenset({"last_login"}):
        _forget_now_and_then(instance.pk)


def _membership_changed(instance: Membership, **_: Any) -> None:
    _forget_now_and_then(instance.user_id)


def _groups_changed(instance: Any, pk_set: set[int] | None, reverse: bool, action: str, **_: Any) -> None:
    if not reverse:
        changed = {instance.pk}
    elif action == "pre_clear":
        # Who was in it is known now only.
        changed = set(instance.user_set.values_list("pk", flat=True))
    else:
        changed = pk_set or set()
    for user_id in changed:
        _forget_now_and_then(user_id)


def _forget_now_and_then(user_id: int) -> None:
    # Again on commit: until then the database tells others what was.
    forget(user_id)
    transaction.on_commit(lambda: forget(user_id))


def _is_signed_in(user: User, session: SessionBase) -> bool:
    """Is this the session of a sign-in by password, with the password that the login has now?"""
    by_password = session.get(BACKEND_SESSION_KEY) == PASSWORD_BACKEND in settings.AUTHENTICATION_BACKENDS
    return by_password and constant_time_compare(session.get(HASH_SESSION_KEY, ""), user.get_session_auth_hash())


def _seat(user: User, identity: Identity | None, role: Role | None) -> Seat:
    return Seat(user.pk, user.get_username(), identity.sub if identity else None, role)


def _kept(seat: Seat, session: SessionBase) -> dict[str, str | None]:
    role = seat.role.value if seat.role else ""
    return {"username": seat.username, "sub": seat.sub, "role": role, "hash": session.get(HASH_SESSION_KEY, "")}


def _key(user_id: int | str) -> str:
    return f"seat:{user_id}"
