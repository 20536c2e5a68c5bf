"""Who may do what: each login belongs to one identity and has one of three roles."""

import secrets
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, Group, User
from django.db import transaction

from settingsapp.audit import OWN_LOGIN
from settingsapp.models import Identity, Membership
from settingsapp.services import create_identity

FIRST_LOGIN = "admin"


class Role(StrEnum):
    """What a login may do; each includes those before it. A migration makes a Django group for each, of this name."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    ADMIN = "admin"

    def permits(self, needed: "Role") -> bool:
        """Tell whether this role includes another."""
        ascending = list(Role)
        return ascending.index(self) >= ascending.index(needed)


@dataclass(frozen=True)
class FirstLogin:
    """The login that was made for a new installation. `generated`: nobody has chosen its password."""

    username: str
    password: str
    generated: bool


def identity_of(user: AbstractBaseUser | AnonymousUser) -> Identity | None:
    """Return the identity that a login belongs to; None where it belongs to none."""
    if not user.is_authenticated:
        return None
    membership = Membership.objects.select_related("identity").filter(user_id=user.pk).first()
    return membership.identity if membership else None


def role_of(user: AbstractBaseUser | AnonymousUser) -> Role | None:
    """Return a login's role, the highest of its groups; a superuser is an admin. None: it has none."""
    if not isinstance(user, User) or not user.is_active:
        return None
    if user.is_superuser:
        return Role.ADMIN
    return _highest(user.groups.values_list("name", flat=True))


@dataclass(frozen=True)
class Standing:
    """What `identity_of` and `role_of` tell of an active login."""

    identity: Identity | None
    role: Role | None


def standings_of(users: Collection[User]) -> dict[int, Standing]:
    """Return each login's standing by its key, in two queries for all of them."""
    keys = [user.pk for user in users]
    rows = Membership.objects.select_related("identity").filter(user_id__in=keys)
    identities = {row.user_id: row.identity for row in rows}
    groups: dict[int, list[str]] = {}
    for key, name in User.groups.through.objects.filter(user_id__in=keys).values_list("user_id", "group__name"):
        groups.setdefault(key, []).append(name)
    return {
        user.pk: Standing(
            identities.get(user.pk), Role.ADMIN if user.is_superuser else _highest(groups.get(user.pk, ()))
        )
        for user in users
    }


def ensure_first_login(password: str | None) -> FirstLogin | None:
    """Make the first identity and its login `admin`, unless there is any login already.

    Without a password one is made up. Returns None where nothing had to be made.
    """
    with transaction.atomic():
        if User.objects.exclude(username=OWN_LOGIN).exists():
            return None
        chosen = password or secrets.token_urlsafe(12)
        user = User.objects.create_superuser(FIRST_LOGIN, password=chosen)
        user.groups.add(Group.objects.get_or_create(name=Role.ADMIN.value)[0])
        Membership.objects.create(user=user, identity=create_identity())
    return FirstLogin(FIRST_LOGIN, chosen, generated=password is None)


def _highest(groups: Iterable[str]) -> Role | None:
    names = set(groups)
    return next((role for role in reversed(Role) if role.value in names), None)
