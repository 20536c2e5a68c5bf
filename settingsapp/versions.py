"""Earlier versions of the settings: listed, shown, restored. All of it comes from the audit trail."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from settingsapp import audit, services
from settingsapp.models import UserSettings
from settingsapp.schema.validation import read_saved
from settingsapp.schema.version_chain import SNAPSHOT_EVERY, Link, digest, rebuilt, trusted
from settingsapp.services import Cause, SavedSettings

PRUNED: Final = "its record is gone (pruned)"
ALTERED: Final = "its record was altered"
UNREACHABLE: Final = "the records that lead to it are gone or were altered"
TOUCHED: Final = "what is saved now is not what this version saved: it was changed outside of Livermore"
TOUCHED_BEFORE: Final = "the settings had been changed outside of Livermore before it"

_REACHES: Final = (SNAPSHOT_EVERY, 10 * SNAPSHOT_EVERY)
"""How far around a version its document is looked for: first where it should be found, then where it may be."""


@dataclass(frozen=True)
class Version:
    """One version, newest first in lists. Where `link` is None nothing that is said about it can be trusted."""

    number: int
    saved_at: datetime | None
    saved_by: str
    link: Link | None
    problem: str
    """What is wrong with it, as part of a sentence; empty where nothing is."""

    @property
    def way(self) -> str:
        """How it came about, in words: `api, token "deploy" (3), from 192.0.2.7`."""
        if self.link is None:
            return ""
        link = self.link
        parts = [
            f"{link.way} {link.command_id}" if link.command_id else link.way,
            f"token {link.token}" if link.token else "",
            f"from {link.address}" if link.address else "",
            f"restored version {link.restored}" if link.restored else "",
        ]
        return ", ".join(part for part in parts if part)


@dataclass(frozen=True)
class ShownVersion:
    """A version with its document as it was saved, JSON."""

    version: Version
    document: dict[str, Any]


class UnknownVersionError(Exception):
    """There has been no such version."""


class LostVersionError(Exception):
    """There has been such a version, but what it held can't be shown any more, or not be relied on."""

    def __init__(self, number: int, why: str) -> None:
        super().__init__(f"version {number} can't be shown: {why}")
        self.pruned = why == PRUNED


def listed(sub: str, *, before: int | None = None, limit: int = 50) -> tuple[Version, ...]:
    """Return the versions before that number, or all, newest first. Raises UnknownIdentityError.

    What is missing in the audit trail, or was altered, is listed as such.
    """
    row = services.row_of(sub)
    newest = row.version if before is None else min(row.version, before - 1)
    numbers = range(newest, max(0, newest - limit), -1)
    # One more at either end: a link is confirmed by its successor and tells what it found.
    return _versions(row, numbers, _around(row, numbers))


def show(sub: str, number: int) -> ShownVersion:
    """Return a version with its document. Raises UnknownVersionError, LostVersionError, UnknownIdentityError."""
    row = services.row_of(sub)
    if not 1 <= number <= row.version:
        raise UnknownVersionError(f"there is no version {number}: the settings are at version {row.version}")
    for reach in _REACHES:
        around = _around(row, range(number - reach, number + reach + 1))
        version = _versions(row, [number], around)[0]
        if version.link is None:
            raise LostVersionError(number, version.problem)
        document = rebuilt(_links(around), (row.version, row.settings), number)
        if isinstance(document, dict):
            return ShownVersion(version, document)
    raise LostVersionError(number, UNREACHABLE)


def made_by(sub: str, command_id: str) -> int | None:
    """Return the newest version whose cause was that command; None where it made none. Raises UnknownIdentityError."""
    return audit.version_of_command(services.row_of(sub), command_id)


def restore(
    sub: str,
    number: int,
    *,
    cause: Cause,
    expected_version: int | None = None,
    guard: services.Guard | None = None,
) -> SavedSettings:
    """Save the document of an earlier version as a new one; where it is what is saved now, nothing changes.

    Raises as `show` and `services.replace` do.
    """
    # What was saved by an earlier program is brought to the present form, as it is whenever it is read.
    document = read_saved(show(sub, number).document).as_json()
    return services.replace(
        sub, document, cause=replace(cause, restored=number), expected_version=expected_version, guard=guard
    )


def _around(row: UserSettings, numbers: Iterable[int]) -> dict[int, audit.Entry]:
    inside = [number for number in numbers if 1 <= number <= row.version]
    if not inside:
        return {}
    wanted = range(max(1, min(inside) - 1), min(row.version, max(inside) + 1) + 1)
    return dict(audit.entries(row, wanted))


def _links(around: dict[int, audit.Entry]) -> dict[int, Link]:
    return {number: entry.link for number, entry in around.items() if entry.link is not None}


def _versions(row: UserSettings, numbers: Iterable[int], around: dict[int, audit.Entry]) -> tuple[Version, ...]:
    good = trusted(_links(around), (row.version, row.head))
    found = []
    for number in numbers:
        link = good.get(number)
        if link is None:
            found.append(Version(number, None, "", None, ALTERED if number in around else PRUNED))
            continue
        problem = ""
        earlier = good.get(number - 1)
        if number == row.version and digest(row.settings) != link.digest:
            problem = TOUCHED
        elif earlier is not None and earlier.digest != link.base:
            problem = TOUCHED_BEFORE
        found.append(Version(number, audit.moment_of(link), around[number].login, link, problem))
    return tuple(found)
