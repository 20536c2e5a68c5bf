"""The one way to read and write settings: validate, compare the version, save, audit, then state the fact."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from django.db import transaction
from django.utils import timezone

from settingsapp import audit, events
from settingsapp.identities import UnknownIdentityError, only_identity
from settingsapp.models import Identity, UserSettings
from settingsapp.schema import watchlist
from settingsapp.schema.diff import Change, changes
from settingsapp.schema.document import SettingsDocument, default_document
from settingsapp.schema.merge_patch import merged
from settingsapp.schema.observed import HELD, OBSERVED_FIELDS, every_field, observed_in, without_observed
from settingsapp.schema.primary_switch import entries_left_behind, says_what_its_entries_mean
from settingsapp.schema.problems import FieldProblem
from settingsapp.schema.resting import with_own_positions
from settingsapp.schema.secrets import pasted_secrets
from settingsapp.schema.validation import InvalidSettingsError, read_saved, validate, validate_file
from settingsapp.schema.version_chain import Link, linked

__all__ = ["UnknownIdentityError", "only_identity"]

log = logging.getLogger(__name__)

Guard = Callable[[], None]
MOST_SENTENCES = 50


@dataclass(frozen=True)
class Cause:
    """Why a document changes: who did it, by which way, and from where."""

    kind: Literal["admin", "api", "command", "import", "proposal", "system"]
    user_id: int | None
    username: str
    command_id: str | None = None
    """The command, or the approved proposal, that it follows from."""
    address: str | None = None
    """The client's network address, where there is one."""
    token: str | None = None
    """The API token that was used, by its name and number."""
    restored: int | None = None
    """The version whose document this is again."""


@dataclass(frozen=True)
class SavedSettings:
    """A saved document with its version. The document shows what was observed too, which is no part of the version."""

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
        document = default_document(identity.sub).as_json()
        row = UserSettings(identity=identity, settings=document, updated_at=timezone.now())
        link = _link(row, Cause("system", None, ""), audit.login_of(None, "").pk, [], None)
        row.head = link.hash
        row.save()
        audit.write(row, link)
    return identity


def read(sub: str) -> SavedSettings:
    """Return the saved document. Raises UnknownIdentityError, InvalidSettingsError where it is no document."""
    return _saved(row_of(sub))


def saved_document(sub: str) -> SettingsDocument | None:
    """Return the saved document, None where what is saved is none. Raises UnknownIdentityError."""
    saved = _saved_if_valid(row_of(sub))
    return saved.document if saved else None


def saved_version(sub: str) -> int:
    """Return the saved version. Raises UnknownIdentityError."""
    version = UserSettings.objects.filter(identity__sub=sub).values_list("version", flat=True).first()
    if version is None:
        only_identity(sub)
        raise UnknownIdentityError(f"the identity {sub} has no settings")
    return version


def replace(
    sub: str,
    data: Mapping[str, Any],
    *,
    cause: Cause,
    expected_version: int | None = None,
    guard: Guard | None = None,
) -> SavedSettings:
    """Save a whole document; what is missing in it gets its default, and without `sub` it is taken as this one's.

    An import keeps its receiver's `sub`, whatever the file says. The primary exchange can't be changed beneath entries
    that stay as they are written: see `primary_switch`. `guard` runs within the transaction and may raise to stop it.
    Raises InvalidSettingsError, StaleVersionError, UnknownIdentityError.
    """
    comes_whole = cause.restored is not None or says_what_its_entries_mean(data, sub)
    return _write(
        sub, lambda _: data, cause=cause, expected_version=expected_version, guard=guard, comes_whole=comes_whole
    )[0]


def patch(
    sub: str, merge_patch: Mapping[str, Any], *, cause: Cause, expected_version: int | None = None
) -> SavedSettings:
    """Save what an RFC 7396 patch makes of the document. Raises as `replace` does."""
    return _write(sub, lambda old: merged(old, merge_patch), cause=cause, expected_version=expected_version)[0]


def edit(
    sub: str,
    change: Callable[[Mapping[str, Any]], Mapping[str, Any]],
    *,
    cause: Cause,
    expected_version: int | None = None,
    comes_whole: bool = False,
) -> SavedSettings:
    """Save what `change` makes of the document's JSON, which it leaves as it is; what it raises stops the write.

    `comes_whole`: it says of every entry what it means from then on, so that the primary exchange may be another one.
    Raises as `replace` does.
    """
    return _write(sub, change, cause=cause, expected_version=expected_version, comes_whole=comes_whole)[0]


def add_symbol(sub: str, symbol: str, *, cause: Cause, guard: Guard | None = None) -> tuple[SavedSettings, bool]:
    """Put a symbol on the watchlist, or switch it on again; tells whether that changed anything.

    `guard` runs within the transaction and may raise to stop it. Raises as `replace` does.
    """
    try:
        return _write(sub, lambda old: watchlist.with_symbol(_whole(old), symbol), cause=cause, guard=guard)
    except InvalidSettingsError as error:
        # The caller knows of a symbol, not of its place in a list that was never saved.
        raise InvalidSettingsError(
            FieldProblem("symbol", p.message) if p.path.startswith("symbols.") else p for p in error.problems
        ) from None


def remove_symbol(sub: str, symbol: str, *, cause: Cause, guard: Guard | None = None) -> tuple[SavedSettings, bool]:
    """Take a symbol off the watchlist in all its spellings. As `add_symbol`."""
    return _write(sub, lambda old: watchlist.without_symbol(_whole(old), symbol), cause=cause, guard=guard)


def put_back_symbol(
    sub: str, symbol: str, earlier: Mapping[str, Any], *, cause: Cause, guard: Guard | None = None
) -> tuple[SavedSettings, bool]:
    """Let a symbol (qualified) stand where it stood in an earlier document. As `add_symbol`."""
    return _write(sub, lambda old: watchlist.put_back(_whole(old), symbol, _whole(earlier)), cause=cause, guard=guard)


def observe(sub: str, observed: Mapping[str, Any]) -> None:
    """Note what Livermore itself has seen, by field of OBSERVED_FIELDS or HELD. It makes no version and states no fact.

    What is held is shown while positions are loaded; None: that is not known (any more). Raises InvalidSettingsError,
    UnknownIdentityError.
    """
    strange = [
        FieldProblem(field, "is no observed field") for field in observed if field not in (*OBSERVED_FIELDS, HELD)
    ]
    if strange:
        raise InvalidSettingsError(strange)
    with transaction.atomic():
        row = row_of(sub, lock=True)
        noted = {**row.observed, **observed}
        row.observed = {field: value for field, value in noted.items() if value is not None}
        _saved(row)
        row.save(update_fields=["observed"])


def _write(
    sub: str,
    edit: Callable[[Mapping[str, Any]], Mapping[str, Any]],
    *,
    cause: Cause,
    expected_version: int | None = None,
    guard: Guard | None = None,
    comes_whole: bool = False,
) -> tuple[SavedSettings, bool]:
    """Edit the document in one short transaction; a write that changes nothing makes no version.

    `comes_whole`: the new document was not made by editing the one that is saved.
    """
    if expected_version is not None:
        # Who is too late need not wait in the writers' queue to hear it.
        current = saved_version(sub)
        if current != expected_version:
            raise StaleVersionError(current)
    with transaction.atomic():
        row = row_of(sub, lock=True)
        if guard is not None:
            guard()
        if expected_version is not None and row.version != expected_version:
            raise StaleVersionError(row.version)
        before = _saved_if_valid(row)
        own = _own(row, before.document) if before is not None else None
        # Complete and in the present form, also where the saved one is from before a field was there.
        data = edit(before.document.as_json() if before else row.shown)
        if before is not None and own is not None and cause.restored is None:
            brings_its_own = cause.kind == "import" and data.get(HELD) != list(before.document.position_symbols)
            data = data if brings_its_own else with_own_positions(own, before.document, data)
        sent = _validated(sub, data, cause)
        if own is not None and not comes_whole:
            _refuse(entries_left_behind(own, sent))
        if cause.kind == "import":
            _adopt(row, observed_in(sent.as_json()))
        document = sent.model_copy(update=every_field(row.observed))
        changed = _versioned(changes(own, document)) if own else ()
        if before and not changed:
            return _saved(row), False
        tellable = before is not None and not _tells_secrets(changed)
        after = _new_version(row, document, cause, changed if tellable else (), row.settings if tellable else None)
        transaction.on_commit(lambda: _state_fact(before, after, cause))
    return after, True


def _new_version(
    row: UserSettings, document: SettingsDocument, cause: Cause, changed: tuple[Change, ...], old: Any
) -> SavedSettings:
    """Save the document. `old` is what the audit trail may tell of what it replaces, None for nothing."""
    row.settings = without_observed(document.as_json())
    row.version += 1
    row.updated_at = timezone.now()
    row.updated_by = audit.login_of(cause.user_id, cause.username)
    link = _link(row, cause, row.updated_by.pk, _told(changed), old)
    row.head = link.hash
    row.save(update_fields=["settings", "version", "updated_at", "updated_by", "head"])
    audit.write(row, link)
    return _saved(row)


def _own(row: UserSettings, shown: SettingsDocument) -> SettingsDocument:
    """Return the saved document without what is held in place of its own positions."""
    positions = row.settings.get(HELD, ())
    return shown.model_copy(update={HELD: tuple(positions)})


def _link(row: UserSettings, cause: Cause, user_id: int, told: list[str], before: Any) -> Link:
    """Return the link of the version that the row now is; `before` is what was saved in it before, if anything was."""
    link = Link(
        version=row.version,
        saved_at=row.updated_at.isoformat(),
        user_id=user_id,
        way=cause.kind,
        address=cause.address,
        command_id=cause.command_id,
        token=cause.token,
        restored=cause.restored,
        told=told,
        previous=row.head,
    )
    return linked(link, before, row.settings)


def _adopt(row: UserSettings, brought: Mapping[str, Any]) -> None:
    """Take what an imported document tells as observed where nothing was observed here yet."""
    known = {field: value for field, value in row.observed.items() if value}
    if brought.keys() - known.keys():
        row.observed = {**brought, **known}
        row.save(update_fields=["observed"])


def _versioned(changed: tuple[Change, ...]) -> tuple[Change, ...]:
    """Leave out what makes no version."""
    return tuple(change for change in changed if change.path not in OBSERVED_FIELDS)


def _tells_secrets(changed: tuple[Change, ...]) -> bool:
    """Through an edit of the database a secret may lie in a document. It must not stay in the audit trail."""
    return any(any(pasted_secrets(change.before, tuple(change.path.split(".")))) for change in changed)


def row_of(sub: str, *, lock: bool = False) -> UserSettings:
    """Return what is kept of the settings; locked, within a transaction. Raises UnknownIdentityError."""
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
    return SavedSettings(row.identity.sub, row.version, row.updated_at, writer, read_saved(row.shown))


def _saved_if_valid(row: UserSettings) -> SavedSettings | None:
    """What can't be read as a document can still be replaced by one."""
    try:
        return _saved(row)
    except InvalidSettingsError:
        return None


def _validated(sub: str, data: Mapping[str, Any], cause: Cause) -> SettingsDocument:
    if cause.kind == "import" or not data.get("sub"):
        data = {**data, "sub": sub}
    # What comes from a file or an old version may have an earlier form.
    earlier = cause.kind == "import" or cause.restored is not None
    document = validate_file(data) if earlier else validate(data)
    if document.sub != sub:
        raise InvalidSettingsError([FieldProblem("sub", f"can't be changed: it is {sub}")])
    return document


def _refuse(problems: Sequence[FieldProblem]) -> None:
    if problems:
        raise InvalidSettingsError(problems)


def _whole(document: Mapping[str, Any]) -> dict[str, Any]:
    return read_saved(document).as_json()


def _told(changed: tuple[Change, ...]) -> list[str]:
    if not changed:
        return ["what was no valid document: repaired"]
    told = [change.sentence for change in changed[:MOST_SENTENCES]]
    return [*told, f"{len(changed) - MOST_SENTENCES} fields more"] if len(changed) > MOST_SENTENCES else told


def _state_fact(before: SavedSettings | None, after: SavedSettings, cause: Cause) -> None:
    answers = events.settings_saved.send_robust(
        sender=UserSettings, sub=after.sub, before=before, after=after, cause=cause
    )
    for receiver, answer in answers:
        if isinstance(answer, Exception):
            log.error("version %s is saved, but %s failed", after.version, receiver, exc_info=answer)
