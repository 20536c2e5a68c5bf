"""What the server paints of the status page, before any script runs."""

import json
from collections.abc import Iterator

import pytest
from django.test import Client
from django.utils import timezone

from runtime.bus.connections import SyncRedis, connect
from runtime.bus.keys import Keys
from runtime.protocol.confirmation import what_is_lost
from settingsapp import services
from settingsapp.accounts import Role
from settingsapp.models import Identity, UserSettings
from tests.runtime.live.cases import BASE, difference
from tests.settingsapp.logins import a_login

pytestmark = [pytest.mark.stores, pytest.mark.django_db]


@pytest.fixture
def identity(db: None) -> Identity:
    return services.create_identity()


@pytest.fixture
def redis() -> Iterator[SyncRedis]:
    with connect() as client:
        yield client


def page_of(identity: Identity, role: Role) -> str:
    client = Client()
    client.force_login(a_login(identity, role))
    response = client.get("/")
    assert response.status_code == 200
    return response.content.decode()


@pytest.mark.parametrize(
    ("role", "offered"),
    [(Role.VIEWER, set()), (Role.OPERATOR, {"pause", "resume"}), (Role.ADMIN, {"pause", "resume", "clear-cache"})],
)
def test_each_role_is_offered_what_it_may_send(identity: Identity, role: Role, offered: set[str]) -> None:
    page = page_of(identity, role)
    assert {name for name in ("pause", "resume", "clear-cache") if f'data-command="{name}"' in page} == offered
    assert ("<dialog" in page) == ("clear-cache" in offered)


def test_what_would_be_lost_is_said_in_the_words_that_the_shell_uses(identity: Identity) -> None:
    page = page_of(identity, Role.ADMIN)
    for scope in ("all", "candles", "indicators", "tickers"):
        assert f'value="{scope}" data-lost="{what_is_lost("clear-cache", {"scope": scope})}"' in page
    assert "All that is cached of {symbol} is thrown away." in page


def test_what_is_wanted_and_not_so_is_said_where_it_shows_with_its_time_and_the_reason(
    identity: Identity, redis: SyncRedis
) -> None:
    UserSettings.objects.update(version=42, updated_at=timezone.now())
    now_ms = int(redis.time()[0]) * 1000
    noon = now_ms - now_ms % 1_000
    at = f"{noon // 3_600_000 % 24:02}:{noon // 60_000 % 60:02}:{noon // 1_000 % 60:02}"
    status = BASE | {
        "timestamp": now_ms,
        "settingsProblem": "symbols: is a list",
        "drift": [
            difference("mode", "position-monitor", "scalper-macdv", noon),
            difference("paused", True, False, noon),
            difference("settingsVersion", 42, 41, noon),
        ],
    }
    redis.set(Keys(identity.sub).status, json.dumps(status))
    page = page_of(identity, Role.VIEWER)
    assert f"Wanted: position-monitor, since {at}." in page
    assert f"Wanted: paused, since {at}." in page
    assert f"not in force, since {at}: symbols: is a list. Until then the engine runs version 41." in page
    UserSettings.objects.update(version=41)
    redis.set(Keys(identity.sub).status, json.dumps(BASE | {"timestamp": now_ms}))
    client = Client()
    client.force_login(a_login(identity, Role.OPERATOR))
    assert "Wanted" not in client.get("/").content.decode()
