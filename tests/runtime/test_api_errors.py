"""What went wrong lately, over HTTP."""

from typing import Any

import pytest
from django.test import Client
from redis import Redis

from runtime.bus.calls import run
from runtime.bus.commands import ERRORS_LENGTH, EVENTS_LENGTH
from runtime.bus.connections import connect
from runtime.bus.keys import Keys
from runtime.bus.leader_calls import emit
from runtime.protocol.answers import error_body
from settingsapp import services
from settingsapp.accounts import Role
from settingsapp.models import Identity
from tests.settingsapp.logins import a_login

pytestmark = [pytest.mark.stores, pytest.mark.django_db]

ERRORS = "/api/v1/runtime/errors"


@pytest.fixture
def identity() -> Identity:
    return services.create_identity()


@pytest.fixture
def viewer(identity: Identity) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(a_login(identity, Role.VIEWER))
    return client


def tell(identity: Identity, *errors: tuple[str, str]) -> None:
    """Let an engine tell of errors: level and message."""
    with connect() as redis:
        for level, message in errors:
            run(redis, emit(identity.sub, "1", error_body(level, "binance", message)))


def results(client: Client, query: str = "") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get(ERRORS + query).json()["results"]
    return found


def test_they_come_newest_first_page_by_page_and_of_one_level(viewer: Client, identity: Identity) -> None:
    assert viewer.get(ERRORS).json() == {"results": [], "next": None}
    tell(identity, *(("warning" if number % 2 else "error", f"no {number}") for number in range(7)))
    seen, query = [], "?limit=2"
    while query:
        page = viewer.get(ERRORS + query).json()
        seen += [error["message"] for error in page["results"]]
        query = page["next"]
    assert seen == [f"no {number}" for number in range(6, -1, -1)]
    page = viewer.get(f"{ERRORS}?level=warning&limit=2").json()
    assert [error["message"] for error in page["results"]] == ["no 5", "no 3"]
    assert [error["message"] for error in results(viewer, page["next"])] == ["no 1"]
    first = results(viewer)[0]
    assert (first["type"], first["level"], first["origin"]) == ("error", "error", "binance")
    assert first["timestamp"] > 0


def test_other_events_do_not_push_them_out(viewer: Client, identity: Identity) -> None:
    tell(identity, ("error", "the one that matters"))
    with connect() as redis:
        for _ in range(50):
            run(redis, emit(identity.sub, "1", {"type": "alert", "symbol": "BTC-USD"}))
        redis.xtrim(Keys(identity.sub).events, maxlen=10)
        assert redis.xlen(Keys(identity.sub).events) < EVENTS_LENGTH
    assert [error["message"] for error in results(viewer)] == ["the one that matters"]


def test_only_so_many_are_kept(viewer: Client, identity: Identity) -> None:
    tell(identity, *(("error", f"no {number}") for number in range(ERRORS_LENGTH + 20)))
    with connect() as redis:
        assert redis.xlen(Keys(identity.sub).errors) == ERRORS_LENGTH
    assert results(viewer, "?limit=1")[0]["message"] == f"no {ERRORS_LENGTH + 19}"


def test_a_clock_that_was_set_back_loses_none(viewer: Client, identity: Identity, redis_server: str) -> None:
    tell(identity, ("error", "before"))
    with Redis.from_url(redis_server) as redis:
        redis.xadd(Keys(identity.sub).errors, {"message": '{"type":"error","message":"ahead"}'}, id="99999999999999-0")
    tell(identity, ("error", "after"))
    assert [error["message"] for error in results(viewer)] == ["after", "ahead", "before"]


def test_another_identity_sees_none_of_them(viewer: Client) -> None:
    tell(services.create_identity(), ("error", "somebody else's"))
    assert results(viewer) == []


@pytest.mark.parametrize("query", ["?level=bad", "?before=now", "?before=", "?limit=0", "?limit=999"])
def test_what_makes_no_sense_is_refused(viewer: Client, query: str) -> None:
    answer = viewer.get(ERRORS + query)
    assert answer.status_code == 422
    assert answer.json()["fields"]


def test_nobody_sees_them_without_signing_in() -> None:
    assert Client().get(ERRORS).status_code == 401
