"""What the server paints of the status page, before any script runs."""

import json
from collections.abc import Iterator

import pytest
from django.test import Client
from django.utils import timezone

from runtime.bus import keys as names
from runtime.bus.connections import SyncRedis, connect
from runtime.bus.keys import Keys
from runtime.engine.candles import SeriesKey
from runtime.live.pages import FIRST_ROWS
from runtime.protocol.confirmation import what_is_lost
from runtime.protocol.status import ExchangeStatus
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


def test_the_first_symbols_with_their_values_exchanges_and_cache_are_there_before_any_script(
    identity: Identity, redis: SyncRedis
) -> None:
    exchange = f"x{identity.sub[:8]}"
    series = SeriesKey(exchange, "COIN00-USD", "5m")
    redis.set(names.indicators(*series), json.dumps({"openTime": 0, "macdv": -161.25, "stage": "oversold"}))
    redis.set(
        names.indicators(*series._replace(timeframe="1h")), json.dumps({"openTime": 0, "macdv": 3, "stage": "new"})
    )
    now_ms = int(redis.time()[0]) * 1000
    connected = ExchangeStatus(exchange, "stalled", 34.0, now_ms, 120.5, now_ms - 60_000, 3, "", 0.981)
    status = BASE | {
        "timestamp": now_ms,
        "activeSymbols": [f"{exchange}:COIN{number:02}-USD" for number in range(30)],
        "staleSeries": [f"{exchange}:COIN00-USD:5m", f"{exchange}:COIN01-USD:1m", "other:COIN01-USD:1m"],
        "exchanges": [connected.body()],
        "cache": {"keys": 12_345, "memoryBytes": 3_900_000, "hits": 402, "misses": 6},
        "checkedShare": 0.5,
    }
    redis.set(Keys(identity.sub).status, json.dumps(status))
    page = page_of(identity, Role.VIEWER)
    assert page.count("<tr role") == 1 + FIRST_ROWS
    assert '<td role="cell" data-timeframe="5m" class="stale"><span class="macdv">−161.3</span>' in page
    assert '<span class="stage tone-bad">oversold</span>' in page
    assert '<span class="stage tone-none">new</span>' in page
    assert f"{exchange}:COIN29-USD" in page
    for told in (
        "34 ms",
        "120.5 ms",
        "98 % confirmed",
        "50 % confirmed",
        "3.9 MB",
        "98.5 %",
        "<dt>Stale series</dt><dd>2</dd>",
    ):
        assert told in page
