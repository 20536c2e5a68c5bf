"""Logins for tests: an identity of their own, and a role each."""

from django.contrib.auth.models import Group, User
from django.test import Client

from settingsapp.accounts import Role
from settingsapp.models import Identity, Membership


def a_login(identity: Identity | None, role: Role | None, username: str | None = None) -> User:
    """Make a login of that identity in that role's group; it may enter the admin."""
    user = User.objects.create_user(username or f"{role or 'nobody'}", password="correct horse", is_staff=True)
    if role is not None:
        # A test that empties the database takes the groups along that a migration made.
        user.groups.add(Group.objects.get_or_create(name=role.value)[0])
    if identity is not None:
        Membership.objects.create(user=user, identity=identity)
    return user


def signed_in(identity: Identity | None, role: Role | None, username: str | None = None) -> Client:
    """Make a login and return its client, to which the server's failures are answers as to any other program."""
    client = Client(raise_request_exception=False)
    client.force_login(a_login(identity, role, username))
    return client
