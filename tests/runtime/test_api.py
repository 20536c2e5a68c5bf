"""The engine over HTTP, as a client of the API meets it."""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

import pytest
from channels.db import database_sync_to_async
from django.db import connections
from django.test import AsyncClient, Client
from pytest_django import Settings

from runtime.bus.connections import client as shared_client
from runtime.bus.connections import connect, connect_async
from runtime.bus.keys import Keys
from runtime.engine.ports.commands import CommandEnd
from runtime.models import Alert
from runtime.protocol.payloads import CommandName
from settingsapp import services
from settingsapp.accounts import Role
from settingsapp.models import Identity, UserSettings
from tests.runtime.bus.leading import DONE, a_leader
from tests.settingsapp.logins import a_login, signed_in

pytestmark = [pytest.mark.stores, pytest.mark.django_db]

COMMANDS = "/api/v1/runtime/commands"
STATUS = "/api/v1/runtime/status"
ALERTS = "/api/v1/runtime/alerts"
PAYLOADS: Mapping[str, dict[str, Any]] = {
    "test-connection": {"exchange": "simulated"},
    "test-notification": {"channel": "discord"},
    "switch-mode": {"mode": "position-monitor"},
    "add-symbol": {"symbol": "BTC-USD"},
    "remove-symbol": {"symbol": "BTC-USD"},
    "force-backfill": {"symbol": "BTC-USD"},
    "clear-cache": {"scope": "all"},
    "batch": {"commands": [{"command": "status"}, {"command": "force-backfill", "payload": {"symbol": "BTC-USD"}}]},
}


@pytest.fixture
def identity(db: None) -> Identity:
    return services.create_identity()


@pytest.fixture
def operator(identity: Identity) -> Client:
    return signed_in(identity, Role.OPERATOR)


def post(client: Client, body: Any, query: str = "") -> Any:
    raw = body if isinstance(body, bytes) else json.dumps(body)
    response: Any = client.post(COMMANDS + query, raw, "application/json")
    return response


def error_of(response: Any, status: int) -> dict[str, Any]:
    assert response.status_code == status, response.content
    body: dict[str, Any] = json.loads(response.content)
    assert set(body) == {"error", "message", "fields"}
    return body


def queued(identity: Identity) -> int:
    with connect() as redis:
        return int(redis.xlen(Keys(identity.sub).commands))


def test_a_command_is_queued_and_can_be_followed(operator: Client, identity: Identity) -> None:
    response = post(operator, {"command": "pause", "payload": {"minutes": 5}})
    assert response.status_code == 202
    sent = json.loads(response.content)
    assert sent["state"] == "queued"
    record = operator.get(f"{COMMANDS}/{sent['id']}").json()
    assert set(record) == {
        *("id", "command", "payload", "source", "issuedBy", "queuedAt", "acknowledgedAt", "startedAt"),
        *("finishedAt", "state", "outcome", "message", "data"),
    }
    assert (record["command"], record["payload"]) == ("pause", {"minutes": 5})
    assert (record["source"], record["issuedBy"], record["state"]) == ("api", "operator", "queued")
    assert queued(identity) == 1


def test_the_same_id_twice_is_one_command(operator: Client, identity: Identity) -> None:
    first, second = (post(operator, {"command": "resume", "id": "once"}) for _ in range(2))
    assert (first.status_code, second.status_code) == (202, 202)
    assert json.loads(second.content) == {"id": "once", "state": "queued"}
    assert queued(identity) == 1


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"command": "dance"}, "command"),
        ({"command": ""}, "command"),
        ({"command": 7}, "command"),
        ({}, "command"),
        ({"command": "pause", "payload": {"minutes": "five"}}, "payload.minutes"),
        ({"command": "pause", "payload": {"hours": 1}}, "payload.hours"),
        ({"command": "pause", "payload": []}, "payload"),
        ({"command": "pause", "priority": 10}, "priority"),
        ({"command": "pause", "expiresInMs": 0}, "expiresInMs"),
        ({"command": "pause", "id": ""}, "id"),
        ({"command": "pause", "id": "x" * 129}, "id"),
        ({"command": "pause", "comand": "resume"}, "comand"),
    ],
)
def test_what_is_no_command_is_refused_where_it_is_wrong_and_not_queued(
    operator: Client, identity: Identity, body: dict[str, Any], path: str
) -> None:
    told = error_of(post(operator, body), 422)
    assert path in [field["path"] for field in told["fields"]]
    assert all(field["message"] for field in told["fields"])
    assert queued(identity) == 0


@pytest.mark.parametrize(
    "body", [b"{", b'{"command": "pause", "command": "resume"}', b'{"command": "\\ud800"}', b"[" * 9_999, b"\xff"]
)
def test_a_body_that_cannot_be_read_is_told_as_that(operator: Client, identity: Identity, body: bytes) -> None:
    assert error_of(post(operator, body), 400)["error"] == "malformed"
    assert queued(identity) == 0


@pytest.mark.parametrize("query", ["?wait=0", "?wait=-1", "?wait=61", "?wait=nan", "?wait=soon"])
def test_a_wait_is_of_one_minute_at_most(operator: Client, identity: Identity, query: str) -> None:
    assert error_of(post(operator, {"command": "pause"}, query), 422)["fields"][0]["path"] == "wait"
    assert queued(identity) == 0


@pytest.mark.parametrize("command", CommandName)
def test_each_command_takes_the_role_that_it_needs(identity: Identity, command: CommandName) -> None:
    needed = {"status": 0, "pause": 1, "resume": 1, "force-backfill": 1, "batch": 1}.get(command, 2)
    for number, role in enumerate(Role):
        body = {"command": command, "payload": PAYLOADS.get(command, {}), "id": role.value}
        response = post(signed_in(identity, role), body)
        if number < needed:
            assert list(Role)[needed] in error_of(response, 403)["message"]
        else:
            assert response.status_code == 202, response.content


def test_a_batch_takes_the_highest_role_of_its_members_and_is_refused_with_their_places(identity: Identity) -> None:
    clears = {"command": "clear-cache", "payload": {"scope": "all"}}
    batch = {"command": "batch", "payload": {"commands": [{"command": "pause"}, clears]}}
    assert "admin" in error_of(post(signed_in(identity, Role.OPERATOR), batch), 403)["message"]
    admin = signed_in(identity, Role.ADMIN)
    assert post(admin, batch).status_code == 202
    wrong = [{"command": "pause"}, {"command": "switch-mode", "payload": {"mode": "x"}}, {"command": "batch"}]
    told = error_of(post(admin, {"command": "batch", "payload": {"commands": wrong}}), 422)
    assert [field["path"] for field in told["fields"]] == [
        "payload.commands.1.payload.mode",
        "payload.commands.2.command",
    ]
    assert queued(identity) == 1


@pytest.mark.parametrize("path", [STATUS, COMMANDS, ALERTS])
def test_a_viewer_may_look_at_everything(identity: Identity, path: str) -> None:
    assert signed_in(identity, Role.VIEWER).get(path).status_code == 200


@pytest.mark.parametrize("path", [STATUS, COMMANDS, f"{COMMANDS}/any", ALERTS])
def test_a_login_without_a_role_may_look_at_nothing(identity: Identity, path: str) -> None:
    assert "needs the role viewer" in error_of(signed_in(identity, None).get(path), 403)["message"]


def test_an_unknown_command_id_is_not_found(operator: Client) -> None:
    assert "seven days" in error_of(operator.get(f"{COMMANDS}/nobody"), 404)["message"]


def test_the_history_is_newest_first_and_goes_on_where_it_stopped(operator: Client) -> None:
    ids = [f"c{number}" for number in range(5)]
    for command_id in ids:
        assert post(operator, {"command": "status", "id": command_id}).status_code == 202
    seen: list[str] = []
    query = "?limit=2"
    while query:
        page = operator.get(COMMANDS + query).json()
        assert set(page) == {"results", "next"}
        seen += [record["id"] for record in page["results"]]
        query = page["next"]
    assert sorted(set(seen)) == ids
    assert seen[0] == "c4"


def listed(client: Client, query: str | None) -> list[str]:
    """The ids that a history's pages hold together."""
    seen: list[str] = []
    while query:
        response = client.get(COMMANDS + query)
        assert response.status_code == 200, response.content
        page = response.json()
        seen += [record["id"] for record in page["results"]]
        query = page["next"]
    return seen


def test_the_history_can_be_filtered_and_searched_and_its_pages_keep_to_it(operator: Client) -> None:
    for number in range(3):
        assert post(operator, {"command": "pause", "payload": {"minutes": 5}, "id": f"p&{number}"}).status_code == 202
        assert post(operator, {"command": "resume", "id": f"r{number}"}).status_code == 202
    pauses = ["p&2", "p&1", "p&0"]
    assert listed(operator, "?command=pause&limit=1") == pauses
    assert listed(operator, "?command=pause,resume&state=queued&state=failed&limit=4") == [
        *("r2", "p&2", "r1", "p&1", "r0", "p&0")
    ]
    assert listed(operator, "?q=MINUTES%205&source=api&issuedBy=operator&limit=2") == pauses
    assert listed(operator, "?q=p%261") == ["p&1"]
    assert listed(operator, "?outcome=succeeded") == []
    assert listed(operator, "?from=2026-01-01&to=2026-01-02") == []
    queued_at = operator.get(f"{COMMANDS}/r1").json()["queuedAt"]
    assert "r1" in listed(operator, f"?from={queued_at}&to={queued_at}&limit=1")


@pytest.mark.parametrize(
    ("query", "path", "told"),
    [
        ("?command=paus", "command", "did you mean 'pause'"),
        ("?state=done", "state", "known are queued"),
        ("?outcome=queued", "outcome", "known are succeeded"),
        ("?from=noon", "from", "milliseconds since 1970"),
        ("?from=2&to=1", "from", "not after `to`"),
        ("?issuer=ada", "issuer", "there are command, state, outcome, source, issuedBy, from, to, q, before, limit"),
    ],
)
def test_a_filter_that_is_none_is_refused_where_it_is_wrong(operator: Client, query: str, path: str, told: str) -> None:
    (field,) = error_of(operator.get(COMMANDS + query), 422)["fields"]
    assert field["path"] == path
    assert told in field["message"]


def test_one_identity_sees_nothing_of_anothers(operator: Client) -> None:
    other = services.create_identity()
    client = signed_in(other, Role.ADMIN)
    assert post(operator, {"command": "pause", "id": "mine"}).status_code == 202
    an_alert(Identity.objects.exclude(pk=other.pk).get(), 1)
    assert client.get(COMMANDS).json()["results"] == []
    assert client.get(ALERTS).json()["results"] == []
    error_of(client.get(f"{COMMANDS}/mine"), 404)


def test_an_engine_that_was_never_there_is_offline_with_the_saved_version(operator: Client) -> None:
    status = operator.get(STATUS).json()
    assert (status["type"], status["state"], status["savedSettingsVersion"]) == ("status", "offline", 1)
    saved_at = int(UserSettings.objects.get().updated_at.timestamp() * 1000)
    assert status["drift"] == [{"what": "settingsVersion", "desired": 1, "actual": 0, "since": saved_at}]


@pytest.mark.parametrize("damaged", [[], "text", {"perseus_profile": [1]}, {"perseus_profile": {"trading_mode": {}}}])
def test_the_status_needs_no_valid_settings(operator: Client, damaged: Any) -> None:
    UserSettings.objects.update(settings=damaged, version=3)
    assert operator.get(STATUS).json()["savedSettingsVersion"] == 3
    assert operator.get("/").status_code == 200


def an_alert(identity: Identity, minute: int) -> str:
    row = Alert.objects.create(
        id=uuid.uuid4(),
        identity=identity,
        exchange="simulated",
        symbol="BTC-USD",
        timeframe="1m",
        open_time=minute * 60_000,
        kind="crossover",
        mode="scalper-macdv",
        settings_version=1,
        first_bar=1,
        indicators={"macdv": 1.5},
    )
    return str(row.id)


def test_alerts_come_newest_first_page_by_page(operator: Client, identity: Identity) -> None:
    stored = [an_alert(identity, minute) for minute in range(5)]
    seen: list[str] = []
    query = "?limit=2"
    while query:
        page = operator.get(ALERTS + query).json()
        seen += [alert["id"] for alert in page["results"]]
        query = page["next"]
    assert seen == stored[::-1]


@pytest.mark.parametrize("query", ["?limit=0", "?limit=201", "?limit=many", "?offset=-1", f"?offset={10**30}"])
def test_a_page_that_is_none_is_refused(operator: Client, query: str) -> None:
    error_of(operator.get(ALERTS + query), 422)


@pytest.mark.parametrize("query", ["?before=unknown", "?before=", f"?before={10**400}", "?limit=0"])
def test_a_place_in_the_history_that_is_none_is_refused(operator: Client, query: str) -> None:
    error_of(operator.get(COMMANDS + query), 422)


@pytest.fixture
def no_redis(settings: Settings) -> Iterator[None]:
    """Let neither the product nor Django's cache reach Redis."""
    nowhere = "redis://127.0.0.1:1"
    settings.REDIS_URL = nowhere
    settings.CACHES = {"default": settings.CACHES["default"] | {"LOCATION": nowhere}}
    shared_client.cache_clear()
    yield
    shared_client.cache_clear()


@pytest.mark.usefixtures("no_redis")
@pytest.mark.parametrize("path", [STATUS, COMMANDS, f"{COMMANDS}/any"])
def test_without_redis_the_answer_says_so_and_the_settings_still_answer(operator: Client, path: str) -> None:
    assert "Redis" in error_of(operator.get(path), 503)["message"]
    assert error_of(post(operator, {"command": "pause"}), 503)["error"] == "unavailable"
    assert operator.get("/api/v1/settings").status_code == 200
    assert operator.get(ALERTS).status_code == 200
    assert "Redis" in operator.get("/").content.decode()


@pytest.fixture
async def connections_closed() -> AsyncIterator[None]:
    """Leave no connection open in the thread where an async client's views run: the database could not be dropped."""
    yield
    await database_sync_to_async(connections.close_all)()


@pytest.mark.usefixtures("connections_closed")
@pytest.mark.django_db(transaction=True)
async def test_who_waits_gets_the_result_as_soon_as_it_is_there(redis_server: str) -> None:
    client, identity = await an_operator()
    redis = connect_async(redis_server)
    try:
        leader = await a_leader(redis, identity.sub)
        asking = asyncio.create_task(
            client.post(f"{COMMANDS}?wait=20", {"command": "pause", "id": "p"}, content_type="application/json")
        )
        await leader.queue.complete(await leader.take(), CommandEnd(DONE))
        response = await asking
    finally:
        await redis.aclose()
    assert response.status_code == 200
    assert response.json() | {"timestamp": 0} == DONE.body("p") | {"timestamp": 0}
    again = await client.post(f"{COMMANDS}?wait=20", {"command": "pause", "id": "p"}, content_type="application/json")
    assert (again.status_code, again.json()["outcome"]) == (200, "succeeded")


@pytest.mark.usefixtures("connections_closed")
@pytest.mark.django_db(transaction=True)
async def test_who_has_waited_long_enough_gets_the_state(redis_server: str) -> None:
    client, _ = await an_operator()
    response = await client.post(
        f"{COMMANDS}?wait=0.1", {"command": "pause", "id": "p"}, content_type="application/json"
    )
    assert (response.status_code, response.json()) == (202, {"id": "p", "state": "queued"})


async def an_operator() -> tuple[AsyncClient, Identity]:
    def make() -> tuple[AsyncClient, Identity]:
        identity = services.create_identity()
        client = AsyncClient()
        client.force_login(a_login(identity, Role.OPERATOR))
        return client, identity

    made: tuple[AsyncClient, Identity] = await database_sync_to_async(make)()
    return made
