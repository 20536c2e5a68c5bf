"""Something to see on every page: a running installation is given versions, commands, alerts, a schedule, a token.

`furnish` runs this file beside the installation, with its environment.
"""

import json
import os
import subprocess
import sys
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.running import ROOT, RunningLivermore

OPERATOR = "olivia"
PATIENCE = 60.0

MADE_UP_ALERTS: tuple[dict[str, Any], ...] = (
    {"symbol": "SOL-USD", "timeframe": "15m", "kind": "level", "level": -150, "indicators": {"direction": "down"}},
    {
        "symbol": "ETH-USD",
        "timeframe": "1h",
        "kind": "momentum-shift",
        "indicators": {"stage": "rallying", "previousStage": "rebounding", "macdv": 61.2, "signal": 48.75},
    },
    {"symbol": "LINK-USD", "timeframe": "5m", "kind": "reversal", "late": True, "indicators": {"direction": "up"}},
    {
        "symbol": "BTC-USD",
        "timeframe": "4h",
        "kind": "crossover",
        "indicators": {"direction": "up", "macdv": 22.4, "signal": 19.1, "close": 64_250.5},
    },
)
"""Oldest first."""


def furnish(livermore: RunningLivermore) -> dict[str, str]:
    """Return the ids of what was made, by the names that addresses use for them."""
    made = subprocess.run(
        [sys.executable, "-m", "tests.sample_desk"],
        check=False,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=dict(livermore.environment) | {"DJANGO_SETTINGS_MODULE": "livermore.settings"},
        timeout=3 * PATIENCE,
    )
    assert made.returncode == 0, made.stderr
    ids: dict[str, str] = json.loads(made.stdout.splitlines()[-1])
    return ids


def _furnish() -> dict[str, str]:
    # Django is set up by now, and not before: importing this file must not need it.
    from django.contrib.auth.models import Group, User

    from runtime import schedules, services
    from runtime.models import Alert
    from runtime.services import Order
    from settingsapp import services as settings_services
    from settingsapp import tokens
    from settingsapp.accounts import Role
    from settingsapp.models import Identity, Membership, UserSettings
    from settingsapp.services import Cause
    from symbols.models import CatalogueEntry, Proposal

    sub = settings_services.only_identity()
    identity = Identity.objects.get(sub=sub)
    admin = User.objects.get(username="admin")
    operator = User.objects.create_user(OPERATOR, password="never signs in", is_staff=True)
    operator.groups.add(Group.objects.get(name=Role.OPERATOR.value))
    Membership.objects.create(user=operator, identity=identity)

    def command(name: str, payload: dict[str, Any] | None = None) -> str:
        order = Order(name, payload)
        sent, result = services.send_and_wait(sub, order, source="admin", issued_by="admin", seconds=PATIENCE)
        assert result is not None, f"{name} did not end"
        return sent.id

    cause = Cause("admin", admin.pk, "admin")
    settings_services.patch(sub, {"perseus_profile": {"public_name": "Sample desk"}}, cause=cause)
    command("test-connection", {"exchange": "simulated"})
    command("switch-mode", {"mode": "scalper-orderbook"})
    undoable = command("add-symbol", {"symbol": "UNI-USD"})
    # By the settings as they are in the end.
    command("scan-symbols")

    now = datetime.now(UTC)
    for age, one in zip(range(len(MADE_UP_ALERTS), 0, -1), MADE_UP_ALERTS, strict=True):
        opened = now - timedelta(hours=age)
        alert = Alert.objects.create(
            **(_ALERT | one),
            id=uuid.uuid4(),
            identity=identity,
            open_time=int(opened.timestamp()) // 60 * 60_000,
            first_bar=int((now - timedelta(days=30)).timestamp()) // 60 * 60_000,
        )
        Alert.objects.filter(pk=alert.pk).update(created_at=opened + timedelta(minutes=1))
    made = schedules.make_night_mode(identity, admin)
    token = tokens.make(admin, "night watch", Role.VIEWER, now).token
    return {
        "auth.user": str(operator.pk),
        "settingsapp.identity": str(identity.pk),
        "settingsapp.usersettings": str(UserSettings.objects.get(identity=identity).pk),
        "settingsapp.apitoken": str(token.pk),
        "runtime.schedule": str(made[0].pk),
        "runtime.alert": str(alert.pk),
        "symbols.catalogueentry": str(CatalogueEntry.objects.get(symbol="BTC-USD").pk),
        "symbols.proposal": str(Proposal.objects.get().pk),
        "command": undoable,
    }


_ALERT: dict[str, Any] = {
    "exchange": "simulated",
    "mode": "scalper-macdv",
    "settings_version": 1,
    "trading_mode": "paper",
}


if __name__ == "__main__":
    import django

    assert os.environ.get("DJANGO_SETTINGS_MODULE"), "run by furnish()"
    django.setup()
    sys.stdout.write(json.dumps(_furnish()) + "\n")
