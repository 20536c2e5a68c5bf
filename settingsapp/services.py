"""The one way to read and write settings: validate, compare the version, save, audit, then state the fact."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from django.contrib.admin.models import ADDITION, CHANGE
from django.db import transaction
from django.utils import timezone

from settingsapp import audit, events
from settingsapp.identities import UnknownIdentityError, only_identity
from settingsapp.models import Identity, UserSettings
from settingsapp.schema import watchlist
from settingsapp.schema.diff import Change, changes
from settingsapp.schema.document import SettingsDocument, default_document
from settingsapp.schema.merge_patch import merged
from settingsapp.schema.problems import FieldProblem
from settingsapp.schema.validation import InvalidSettingsError, validate

__all__ = ["UnknownIdentityError", "only_identity"]

log = logging.getLogger(__name__)

Guard = Callable[[], None]
MOST_SENTENCES = 50


@dataclass(frozen=True)
class Cause:
    """Why a document changes: who did it, and by which way."""

    kind: Literal["admin", "api", "command", "import", "system"]
    user_id: int | None
    username: str
    command_id: str | None = None


@dataclass(frozen=True)
class SavedSettings:
    """A saved document with its version."""

    sub: str
    version: int
    updated_at: datetime
    updated_by: str
    document: SettingsDocument


class StaleVersionError(Exception):
    """Somebody has saved since the version that the writer had seen."""

    def __init__(self, current_version: int) -> None:
        super().__init__(f"the settings are at version {current_version} by now: read them again")
        self.current_version = current_version


def create_identity() -> Identity:
    """Make an identity with version 1 of its document."""
    with transaction.atomic():
        identity = Identity.objects.create()
        row = UserSettings.objects.create(
            identity=identity, settings=default_document(identity.sub).as_json(), updated_at=timezone.now()
        )
        audit.write(row, audit.login_of(None, ""), ADDITION, "Version 1 (system): the default settings.")
    return identity


def read(sub: str) -> SavedSettings:
    """Return the saved document. Raises UnknownIdentityError, InvalidSettingsError where it is no document."""
    return _saved(_row(sub))


def saved_version(sub: str) -> int:
    """Return the saved version. Raises UnknownIdentityError."""
    version = UserSettings.objects.filter(identity__sub=sub).values_list("version", flat=True).first()
    if version is None:
        only_identity(sub)
        raise UnknownIdentityError(f"the identity {sub} has no settings")
    return version


def replace(sub: str, data: Mapping[str, Any], *, cause: Cause, expected_version: int | None = None) -> SavedSettings:
    """Save a whole document; what is missing in it gets its default, and without `sub` it is taken as this one's.

    An import keeps its receiver's `sub`, whatever the file says. Raises InvalidSettingsError, StaleVersionError,
    UnknownIdentityError.
    """
    return _write(sub, lambda _: data, cause=cause, expected_version=expected_version)[0]


def patch(
    sub: str, merge_patch: Mapping[str, Any], *, cause: Cause, expected_version: int | None = None
) -> SavedSettings:
    """Save what an RFC 7396 patch makes of the document. Raises as `replace` does."""
    return _write(sub, lambda old: merged(old, merge_patch), cause=cause, expected_version=expected_version)[0]


def add_symbol(sub: str, symbol: str, *, cause: Cause, guard: Guard | None = None) -> tuple[SavedSettings, bool]:
    """Put a symbol on the watchlist, or switch it on again; tells whether that changed anything.

    `guard` runs within the transaction and may raise to stop it. Raises as `replace` does.
    """
    try:
        return _write(sub, lambda old: watchlist.with_symbol(validate(old).as_json(), symbol), cause=cause, guard=guard)
    except InvalidSettingsError as error:
        # The caller knows of a symbol, not of its place in a list that was never saved.
        raise InvalidSettingsError(
            FieldProblem("symbol", p.message) if p.path.startswith("symbols.") else p for p in error.problems
        ) from None


def remove_symbol(sub: str, symbol: str, *, cause: Cause, guard: Guard | None = None) -> tuple[SavedSettings, bool]:
    """Take a symbol off the watchlist in all its spellings. As `add_symbol`."""
    return _write(sub, lambda old: watchlist.without_symbol(validate(old).as_json(), symbol), cause=cause, guard=guard)


def _write(
    sub: str,
    edit: Callable[[Mapping[str, Any]], Mapping[str, Any]],
    *,
    cause: Cause,
    expected_version: int | None = None,
    guard: Guard | None = None,
) -> tuple[SavedSettings, bool]:
    """Edit the document in one short transaction; a write that changes nothing makes no version."""
    with transaction.atomic():
        row = _row(sub, lock=True)
        if guard is not None:
            guard()
        if expected_version is not None and row.version != expected_version:
            raise StaleVersionError(row.version)
        before = _saved_if_valid(row)
        document = _validated(sub, edit(row.settings), cause)
        changed = changes(before.document, document) if before else ()
        if before and not changed:
            return before, False
        row.settings = document.as_json()
        row.version += 1
        row.updated_at = timezone.now()
        row.updated_by = audit.login_of(cause.user_id, cause.username)
        row.save()
        audit.write(row, row.updated_by, CHANGE, _told(row.version, cause, changed))
        after = SavedSettings(sub, row.version, row.updated_at, row.updated_by.get_username(), document)
        transaction.on_commit(lambda: _state_fact(before, after, cause))
    return after, True


def _row(sub: str, *, lock: bool = False) -> UserSettings:
    rows = UserSettings.objects.select_related("identity", "updated_by").filter(identity__sub=sub)
    if lock:
        # SQLite has no row locks: there the transaction took the write lock when it began.
        rows = rows.select_for_update(of=("self",))
    row = rows.first()
    if row is None:
        only_identity(sub)
        raise UnknownIdentityError(f"the identity {sub} has no settings")
    return row


def _saved(row: UserSettings) -> SavedSettings:
    writer = row.updated_by.get_username() if row.updated_by else ""
    return SavedSettings(row.identity.sub, row.version, row.updated_at, writer, validate(row.settings))


def _saved_if_valid(row: UserSettings) -> SavedSettings | None:
    """What can't be read as a document can still be replaced by one."""
    try:
        return _saved(row)
    except InvalidSettingsError:
        return None


def _validated(sub: str, data: Mapping[str, Any], cause: Cause) -> SettingsDocument:
    if cause.kind == "import" or not data.get("sub"):
        data = {**data, "sub": sub}
    document = validate(data)
    if document.sub != sub:
        raise InvalidSettingsError([FieldProblem("sub", f"can't be changed: it is {sub}")])
    return document


def _told(version: int, cause: Cause, changed: tuple[Change, ...]) -> str:
    shown = [change.sentence for change in changed[:MOST_SENTENCES]]
    if len(changed) > MOST_SENTENCES:
        shown.append(f"and {len(changed) - MOST_SENTENCES} more")
    way = f"{cause.kind} {cause.command_id}" if cause.command_id else cause.kind
    return f"Version {version} ({way}): {'; '.join(shown) or 'repaired what was no valid document'}."


def _state_fact(before: SavedSettings | None, after: SavedSettings, cause: Cause) -> None:
    answers = events.settings_saved.send_robust(
        sender=UserSettings, sub=after.sub, before=before, after=after, cause=cause
    )
    for receiver, answer in answers:
        if isinstance(answer, Exception):
            log.error("version %s is saved, but %s failed", after.version, receiver, exc_info=answer)
