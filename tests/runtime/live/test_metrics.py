"""What Prometheus is told, and who may ask."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from django.db import connections
from django.test import AsyncClient
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from settingsapp import services, tokens
from settingsapp.accounts import Role
from settingsapp.models import Identity
from tests.runtime.live.fake_engine import FakeEngine
from tests.settingsapp.logins import a_login

pytestmark = [pytest.mark.stores, pytest.mark.django_db(transaction=True)]


class Elsewhere(AsyncClient):
    """A browser on another machine."""

    def _base_scope(self, **request: Any) -> dict[str, Any]:
        scope: dict[str, Any] = super()._base_scope(**request)  # type: ignore[misc]
        return scope | {"client": ["203.0.113.7", 4711]}


@pytest.fixture
async def ada() -> AsyncIterator[User]:
    def make() -> User:
        return a_login(services.create_identity(), Role.VIEWER, "ada")

    yield await sync_to_async(make)()
    await sync_to_async(connections.close_all)()


@pytest.fixture
def sub(ada: User) -> str:
    return Identity.objects.get().sub


async def ask(browser: AsyncClient | None = None, **headers: str) -> tuple[int, str]:
    response = await (browser or AsyncClient()).get("/metrics", headers=headers)
    return response.status_code, response.content.decode()


def told(text: str) -> Mapping[str, Mapping[tuple[str, ...], float]]:
    """Return the samples by name and labels (in the order of their names), as Prometheus's own reader finds them."""
    found: dict[str, dict[tuple[str, ...], float]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found.setdefault(sample.name, {})[tuple(value for _, value in sorted(sample.labels.items()))] = sample.value
    return found


async def test_an_engine_that_runs_is_told_with_its_exchanges(engine: FakeEngine, sub: str) -> None:
    await engine.beat()
    status, text = await ask()
    assert status == 200
    samples = told(text)
    assert samples["livermore_up"] == {("database",): 1, ("redis",): 1}
    assert [state for (_, state), value in samples["livermore_engine_state"].items() if value] == ["running"]
    assert samples["livermore_engine_heartbeat_age_seconds"][sub,] < 3
    assert samples["livermore_exchange_connected"] == {("simulated", sub): 1}
    assert samples["livermore_settings_saved_version"] == {(sub,): 1}
    assert samples["livermore_viewers"] == {(): 0}


async def test_an_engine_that_never_reported_is_offline_and_has_no_heartbeat(redis_server: str, sub: str) -> None:
    samples = told((await ask())[1])
    assert samples["livermore_engine_state"][sub, "offline"] == 1
    assert "livermore_engine_heartbeat_age_seconds" not in samples


async def test_without_redis_it_says_so(ada: User, settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1"
    status, text = await ask()
    assert (status, told(text)["livermore_up"]) == (200, {("database",): 1, ("redis",): 0})


async def test_from_elsewhere_nobody_is_told_anything(ada: User, redis_server: str) -> None:
    for status, text in (await ask(Elsewhere()), await ask(None, **{"X-Forwarded-For": "203.0.113.7"})):
        assert status == 401
        assert "Authorization: Bearer TOKEN" in text
        assert "livermore_" not in text


async def test_a_token_is_told_of_its_own_identity_alone(engine: FakeEngine, ada: User, sub: str) -> None:
    await sync_to_async(Identity.objects.create)(sub="somebody-else")
    assert len(told((await ask())[1])["livermore_queue_depth"]) == 2
    made = await sync_to_async(tokens.make)(ada, "prometheus", Role.VIEWER, timezone.now())
    status, text = await ask(Elsewhere(), Authorization=f"Bearer {made.secret}")
    assert (status, list(told(text)["livermore_queue_depth"])) == (200, [(sub,)])
    status, text = await ask(Authorization="Bearer livermore_wrong")
    assert (status, "This API token is unknown" in text) == (401, True)


async def test_a_login_without_a_role_is_told_nothing(ada: User, redis_server: str) -> None:
    browser = Elsewhere()
    await sync_to_async(browser.force_login)(ada)
    assert (await ask(browser))[0] == 200
    await sync_to_async(ada.groups.clear)()
    assert (await ask(browser))[0] == 401
