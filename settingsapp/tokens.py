"""API tokens: made, recognised, revoked. A token is shown once, when it is made; kept is its SHA-256 alone.

A plain hash is enough: a token is 256 random bits, so there is nothing to guess that a slow hash would protect.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import Q

from settingsapp.accounts import Role, identity_of, role_of
from settingsapp.models import ApiToken

PREFIX: Final = "livermore_"
"""Begins every token, so that one is recognised wherever it was left lying about."""

LONGEST: Final = 200
USE_NOTED_EVERY: Final = timedelta(minutes=1)


@dataclass(frozen=True)
class MadeToken:
    """A new token; `secret` is what a client sends, and nothing can tell it again."""

    token: ApiToken
    secret: str


class TokenError(Exception):
    """The token opens nothing, or can't be made; the text says why."""


def make(maker: User | AnonymousUser, name: str, role: Role, now: datetime) -> MadeToken:
    """Make a token of the maker's identity. Raises TokenError where the maker has not the role, or no identity."""
    identity, own = identity_of(maker), role_of(maker)
    if not isinstance(maker, User) or identity is None or own is None:
        raise TokenError("a login without identity and role can't make a token")
    if not own.permits(role):
        raise TokenError(f"a token can't do more than its maker, whose role is {own.value}")
    secret = PREFIX + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        name=name, hashed=_hashed(secret), identity=identity, role=role.value, made_by=maker, made_at=now
    )
    return MadeToken(token, secret)


def recognised(secret: str, now: datetime) -> ApiToken:
    """Return the token that this is, and note its use, at most once a minute. Raises TokenError."""
    hashed = _hashed(secret[:LONGEST])
    token = ApiToken.objects.select_related("identity", "made_by").filter(hashed=hashed).first()
    if token is None or not hmac.compare_digest(token.hashed, hashed):
        raise TokenError("this API token is unknown; an admin page shows which there are, and makes new ones")
    if token.revoked_at is not None:
        raise TokenError(f"this API token, {token.name}, was revoked on {token.revoked_at:%Y-%m-%d}")
    if role_of(token.made_by) is None or identity_of(token.made_by) != token.identity:
        maker = token.made_by.get_username()
        raise TokenError(f"this API token, {token.name}, is no longer valid: its maker, {maker}, has lost access")
    if token.last_used_at is None or now - token.last_used_at >= USE_NOTED_EVERY:
        unnoted = Q(last_used_at=None) | Q(last_used_at__lte=now - USE_NOTED_EVERY)
        ApiToken.objects.filter(unnoted, pk=token.pk).update(last_used_at=now)
    return token


def role_of_token(token: ApiToken) -> Role | None:
    """Return what a token may do: its own role, but never more than its maker may by now."""
    own, makers = _role(token.role), role_of(token.made_by)
    if own is None or makers is None:
        return None
    return own if makers.permits(own) else makers


def revoke(token: ApiToken, now: datetime) -> bool:
    """End a token for good; tells whether it was valid until now."""
    return bool(ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=now))


def _hashed(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _role(name: str) -> Role | None:
    return Role(name) if name in set(Role) else None
