"""What the live side reads from the database."""

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from runtime.models import Alert
from settingsapp.models import Identity, UserSettings


def versions(subs: Collection[str]) -> Mapping[str, int]:
    """Return the saved document's version of each identity that has one."""
    rows = UserSettings.objects.filter(identity__sub__in=subs).values_list("identity__sub", "version")
    return dict(rows)


def recent_alerts(sub: str, limit: int) -> list[dict[str, Any]]:
    """Return the identity's last alerts as messages, newest first."""
    newest = Alert.objects.filter(identity__sub=sub).order_by("-created_at", "-open_time")
    return [alert.body() for alert in newest[:limit]]


class SettingsGlance(NamedTuple):
    """What the page shows of the saved document."""

    version: int
    trading_mode: str


def settings_glance(sub: str) -> SettingsGlance | None:
    """Return what the page shows of the saved document; None where the identity has none."""
    row = (
        UserSettings.objects.filter(identity__sub=sub)
        .values_list("version", "settings__perseus_profile__trading_mode")
        .first()
    )
    return None if row is None else SettingsGlance(row[0], row[1] or "")


def all_subs() -> tuple[str, ...]:
    """Return every identity's name."""
    return tuple(Identity.objects.order_by("pk").values_list("sub", flat=True))
