from collections.abc import AsyncIterator
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import connections
from django.test import AsyncClient

from settingsapp.models import Identity
from tests.runtime.live.fake_engine import FakeEngine

pytestmark = [pytest.mark.stores, pytest.mark.django_db(transaction=True)]


@pytest.fixture
async def identity(sub: str) -> AsyncIterator[Identity]:
    yield await sync_to_async(Identity.objects.create)(sub=sub)
    await sync_to_async(connections.close_all)()


async def ask(path: str) -> tuple[int, dict[str, Any]]:
    response = await AsyncClient().get(path)
    return response.status_code, response.json()


async def test_healthz_answers_whatever_else_is_down(settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1"
    assert await ask("/healthz") == (200, {"alive": True})


async def test_readyz_is_ready_when_database_redis_and_engine_are(engine: FakeEngine, identity: Identity) -> None:
    await engine.beat()
    ok = {"ok": True}
    assert await ask("/readyz") == (200, {"ready": True, "checks": {"database": ok, "redis": ok, "engine": ok}})


async def test_readyz_names_an_engine_that_never_reported(identity: Identity, redis_server: str) -> None:
    status, body = await ask("/readyz")
    assert (status, body["ready"]) == (503, False)
    assert body["checks"]["engine"] == {"ok": False, "problem": "has never reported"}
    assert body["checks"]["redis"] == {"ok": True}


async def test_readyz_names_the_silent_one_of_several(engine: FakeEngine, identity: Identity) -> None:
    await sync_to_async(Identity.objects.create)(sub="the-silent-one")
    await engine.beat()
    check = (await ask("/readyz"))[1]["checks"]["engine"]
    assert check == {
        "ok": False,
        "problem": "1 of 2 are silent",
        "silent": {"the-silent-one": "has never reported"},
    }


async def test_readyz_without_redis_says_so_and_tells_no_password(identity: Identity, settings: Any) -> None:
    settings.REDIS_URL = "redis://:hush@127.0.0.1:1"
    response = await AsyncClient().get("/readyz")
    checks = response.json()["checks"]
    assert response.status_code == 503
    assert (checks["database"]["ok"], checks["redis"]["ok"], checks["engine"]["ok"]) == (True, False, False)
    assert "hush" not in response.content.decode()


async def test_readyz_without_an_identity_says_how_to_get_one(redis_server: str) -> None:
    assert "manage.py up" in (await ask("/readyz"))[1]["checks"]["engine"]["problem"]
