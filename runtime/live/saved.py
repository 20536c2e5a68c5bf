"""What the live side reads from the database."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from runtime.live.presentation import Presentation, presentation_of
from runtime.models import Alert
from runtime.protocol.observed import SavedVersion
from settingsapp.models import Identity, UserSettings


def versions(subs: Collection[str]) -> Mapping[str, SavedVersion]:
    """Return the saved document's version of each identity that has one."""
    rows = UserSettings.objects.filter(identity__sub__in=subs)
    found = rows.values_list("identity__sub", "version", "updated_at")
    return {sub: SavedVersion(version, _ms(saved_at)) for sub, version, saved_at in found}


def presentations(subs: Collection[str]) -> Mapping[str, dict[str, Any]]:
    """Return how each of the identities that have a document wants things shown, as pages are told it."""
    rows = UserSettings.objects.filter(identity__sub__in=subs)
    found = rows.values_list("identity__sub", "settings__perseus_profile")
    return {sub: presentation_of(profile).body() for sub, profile in found}


def recent_alerts(sub: str, limit: int) -> list[dict[str, Any]]:
    """Return the identity's last alerts as messages, newest first."""
    newest = Alert.objects.filter(identity__sub=sub).order_by("-created_at", "-open_time").prefetch_related("sendings")
    return [alert.body() for alert in newest[:limit]]


class SettingsGlance(NamedTuple):
    """What the page shows of the saved document."""

    version: SavedVersion
    presentation: Presentation


def settings_glance(sub: str) -> SettingsGlance | None:
    """Return what the page shows of the saved document; None where the identity has none."""
    rows = UserSettings.objects.filter(identity__sub=sub)
    row = rows.values_list("version", "updated_at", "settings__perseus_profile").first()
    if row is None:
        return None
    version, saved_at, profile = row
    return SettingsGlance(SavedVersion(version, _ms(saved_at)), presentation_of(profile))


def presentation(sub: str) -> Presentation:
    """Return how an identity wants things shown; the usual way where it has no document."""
    glance = settings_glance(sub)
    return presentation_of({}) if glance is None else glance.presentation


def all_subs() -> tuple[str, ...]:
    """Return every identity's name."""
    return tuple(Identity.objects.order_by("pk").values_list("sub", flat=True))


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
