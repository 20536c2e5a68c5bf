"""The chain of a document's versions: each link tells one step and is sealed by a hash over itself and the one before.

Who alters or takes out a link, or alters what it tells, breaks the chain at that place; the links on both sides of it
stay usable. The hash has no key: it shows damage and careless edits, not a forger who writes the whole chain anew.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from pydantic import BaseModel, ConfigDict

from settingsapp.schema.patches import PatchError, applied, step

SNAPSHOT_EVERY: Final = 20
"""Every so many versions, and at version 1, a link holds the whole document."""


class Link(BaseModel):
    """What is recorded of one version. As JSON: `model_dump(mode="json")`."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    version: int
    saved_at: str
    """ISO 8601 with its offset."""
    user_id: int
    way: str
    """admin, api, command, import or system."""
    address: str | None
    """The client's network address, where there was one."""
    command_id: str | None
    token: str | None
    """The name and the number of the API token that was used."""
    restored: int | None
    """The version that was restored by this one."""
    told: list[str]
    """The changes as sentences."""
    previous: str
    """The hash of the link before; empty where there is none."""
    patch: list[dict[str, Any]] = []
    inverse: list[dict[str, Any]] = []
    base: str = ""
    """The digest of the document that was there before; empty where there was none."""
    digest: str = ""
    """The digest of the document that this version saved."""
    snapshot: Any = None
    hash: str = ""

    @property
    def whole(self) -> bool:
        """Whether the link is as it was written."""
        return self.hash == self.sealed().hash

    def sealed(self) -> "Link":
        """Return the link with its hash. The snapshot is covered by the digest."""
        told = self.model_dump(mode="json", exclude={"hash", "snapshot"})
        return self.model_copy(update={"hash": digest(told)})


def digest(value: Any) -> str:
    """Return the SHA-256 of a JSON value in hexadecimal, the same however its keys are ordered and numbers written."""
    text = json.dumps(_plain(value), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def linked(link: Link, before: Any, after: Mapping[str, Any]) -> Link:
    """Return the link completed by the step that it tells, and sealed.

    `before` is None for the first version, and where what was there is not to be told.
    """
    patch, inverse = step(before, after) if before is not None else ([], [])
    # Without a link before there is nothing to go on from but this one's own copy.
    keeps_all = link.version % SNAPSHOT_EVERY == 0 or before is None or not link.previous
    return link.model_copy(
        update={
            "patch": patch,
            "inverse": inverse,
            "base": digest(before) if before is not None else "",
            "digest": digest(after),
            "snapshot": after if keeps_all else None,
        }
    ).sealed()


def trusted(links: Mapping[int, Link], head: tuple[int, str]) -> dict[int, Link]:
    """Return the links that are as they were written, and that their successors confirm where these are so.

    `head` is the current version with the hash of its link.
    """
    confirmed = {head[0]: head[1]} if head[1] else {}
    good: dict[int, Link] = {}
    for number in sorted(links, reverse=True):
        link = links[number]
        if link.version == number and link.whole and confirmed.get(number, link.hash) == link.hash:
            good[number] = link
            if link.previous:
                confirmed[number - 1] = link.previous
    return good


def rebuilt(links: Mapping[int, Link], present: tuple[int, Any], number: int) -> Any:
    """Return the document of a version for which there is a link; None where nothing leads to it.

    It is found from the nearest whole document, forwards by patches or backwards by their inverses, and checked.
    `present` is the current version with what is saved now.
    """
    wanted = links[number].digest
    for anchor, document in _anchors(links, present, number):
        try:
            found = _walked(links, anchor, document, number)
        except (PatchError, KeyError):
            continue
        if digest(found) == wanted:
            return found
    return None


def _anchors(links: Mapping[int, Link], present: tuple[int, Any], number: int) -> Iterator[tuple[int, Any]]:
    whole = [(link.version, link.snapshot) for link in links.values() if link.snapshot is not None]
    return iter(sorted([*whole, present], key=lambda anchor: abs(anchor[0] - number)))


def _walked(links: Mapping[int, Link], anchor: int, document: Any, number: int) -> Any:
    for version in range(anchor + 1, number + 1):
        document = applied(document, links[version].patch)
    for version in range(anchor, number, -1):
        document = applied(document, links[version].inverse)
    return document


def _plain(value: Any) -> Any:
    """Write numbers in one way: a database may give 1e20 back as 100000000000000000000."""
    match value:
        case dict():
            return {key: _plain(child) for key, child in value.items()}
        case list() | tuple():
            return [_plain(child) for child in value]
        case float() if value.is_integer():
            return int(value)
        case _:
            return value
