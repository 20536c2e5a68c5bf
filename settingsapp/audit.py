"""The audit trail: every version of a document leaves one entry in the admin's own log.

An entry's message is a list as the log itself writes it, so that it reads as a sentence wherever the log is shown;
beside the sentences it holds the version's link of the chain.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from pydantic import ValidationError

from settingsapp.models import UserSettings, title_of
from settingsapp.schema.version_chain import Link

OWN_LOGIN: Final = "livermore"
"""Whom the log names for what no login did. Nobody can sign in as this one."""

_VERSION: Final = re.compile(title_of(0).replace("0", "([1-9][0-9]{0,8})"))


@dataclass(frozen=True)
class Entry:
    """What the log holds of one version. `link` is None where it can't be read as one."""

    version: int
    login: str
    link: Link | None


def login_of(user_id: int | None, username: str) -> User:
    """Return the login that stands in the log: by its id, else by its name, else Livermore's own."""
    if user_id is not None:
        return User.objects.get(pk=user_id)
    # A command knows its sender's name alone; a shell's user may have no login here.
    named = User.objects.filter(username=username).first() if username else None
    return named or _own_login()


def write(row: UserSettings, link: Link) -> None:
    """Add the entry of a version that was just saved."""
    flag: int
    shown: dict[str, Any]
    if link.version == 1:
        flag, shown = ADDITION, {"added": {"name": "the default settings", "object": f"version {link.version}"}}
    else:
        flag, shown = CHANGE, {"changed": {"fields": link.told}}
    record = link.model_dump(mode="json", exclude={"told", "user_id"})
    LogEntry.objects.create(
        user_id=link.user_id,
        action_time=row.updated_at,
        content_type=_content_type(),
        object_id=str(row.pk),
        object_repr=title_of(link.version),
        action_flag=flag,
        # In ASCII, so that what a damaged document held can be recorded in every database.
        change_message=json.dumps([shown | {"record": record}], separators=(",", ":")),
    )


def entries(row: UserSettings, versions: Iterable[int]) -> Mapping[int, Entry]:
    """Return what the log holds of these versions; what it does not hold (any more) is missing."""
    found: dict[int, list[Entry]] = defaultdict(list)
    titles = [title_of(version) for version in versions]
    logged = LogEntry.objects.select_related("user").filter(
        content_type=_content_type(), object_id=str(row.pk), object_repr__in=titles
    )
    for entry in logged:
        version = _VERSION.fullmatch(entry.object_repr)
        if version:
            told = Entry(int(version[1]), entry.user.get_username(), _link(entry))
            found[told.version].append(told)
    # Of two entries for one version at most one is ours, and nothing says which.
    return {
        version: told[0] if len(told) == 1 else Entry(version, told[0].login, None) for version, told in found.items()
    }


def version_of_command(row: UserSettings, command_id: str) -> int | None:
    """Return the newest version whose record names that command as its cause; None where there is none."""
    # As the record is written: JSON in ASCII, without spaces. What only looks like it is told by the link itself.
    written = f'"command_id":{json.dumps(command_id)}'
    logged = LogEntry.objects.filter(
        content_type=_content_type(), object_id=str(row.pk), change_message__contains=written
    )
    for entry in logged.order_by("-pk"):
        link = _link(entry)
        if link is not None and link.command_id == command_id:
            return link.version
    return None


def moment_of(link: Link) -> datetime:
    """Return when a version was saved. Raises ValueError where that is no moment."""
    return datetime.fromisoformat(link.saved_at)


def _link(entry: LogEntry) -> Link | None:
    try:
        message: Any = json.loads(entry.change_message)
        told = message[0].get("changed", {}).get("fields", [])
        link = Link.model_validate(message[0]["record"] | {"user_id": entry.user_id, "told": told})
        moment_of(link)
        return link
    except (ValueError, ValidationError, LookupError, TypeError, AttributeError, RecursionError):
        return None


def _content_type() -> ContentType:
    return ContentType.objects.get_for_model(UserSettings)


def _own_login() -> User:
    login, made = User.objects.get_or_create(username=OWN_LOGIN, defaults={"is_active": False})
    if made:
        login.set_unusable_password()
        login.save(update_fields=["password"])
    return login
