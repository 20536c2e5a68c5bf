"""The audit trail: every version of a document leaves one entry in the admin's own log."""

from typing import Final

from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType

from settingsapp.models import UserSettings

OWN_LOGIN: Final = "livermore"
"""Whom the log names for what no login did. Nobody can sign in as this one."""


def login_of(user_id: int | None, username: str) -> User:
    """Return the login that stands in the log: by its id, else by its name, else Livermore's own."""
    if user_id is not None:
        return User.objects.get(pk=user_id)
    # A command knows its sender's name alone; a shell's user may have no login here.
    named = User.objects.filter(username=username).first() if username else None
    return named or _own_login()


def write(row: UserSettings, login: User, flag: int, message: str) -> None:
    """Add an entry to the history of a document; `flag` is one of the log's own."""
    LogEntry.objects.create(
        user_id=login.pk,
        content_type=ContentType.objects.get_for_model(UserSettings),
        object_id=str(row.pk),
        object_repr=str(row)[:200],
        action_flag=flag,
        change_message=message,
    )


def _own_login() -> User:
    login, made = User.objects.get_or_create(username=OWN_LOGIN, defaults={"is_active": False})
    if made:
        login.set_unusable_password()
        login.save(update_fields=["password"])
    return login
