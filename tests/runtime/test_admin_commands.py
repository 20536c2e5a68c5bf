"""The history of commands in the admin, as the server paints it: it needs no script."""

import html
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from pytest_django import Settings

from runtime import services
from runtime.admin_commands import whole
from runtime.bus.connections import SyncRedis, connect
from runtime.bus.connections import client as shared_client
from runtime.bus.keys import Keys
from runtime.live.presentation import presentation_of
from runtime.protocol.answers import CommandState
from runtime.protocol.records import CommandRecord
from runtime.services import Order
from settingsapp.accounts import Role
from settingsapp.models import Identity, UserSettings
from settingsapp.services import create_identity
from tests.settingsapp.logins import a_login

pytestmark = [pytest.mark.stores, pytest.mark.django_db]

PAGE = "/admin/commands/"
QUEUED = 1_772_996_709_000
"""2026-03-08 19:05:09 UTC."""
ODD = "a/../<b>?x=1&y#z"


@pytest.fixture
def identity(db: None) -> Identity:
    return create_identity()


@pytest.fixture
def viewer(identity: Identity) -> Client:
    return signed_in(identity, Role.VIEWER)


@pytest.fixture
def redis() -> Iterator[SyncRedis]:
    with connect() as client:
        yield client


def signed_in(identity: Identity | None, role: Role | None) -> Client:
    client = Client()
    client.force_login(a_login(identity, role))
    return client


def sent(identity: Identity, command: str, command_id: str, payload: Mapping[str, Any] | None = None) -> None:
    services.send(identity.sub, Order(command, payload, id=command_id), source="shell", issued_by="ada")


def seen(client: Client, query: str = "", status: int = 200, path: str = PAGE) -> str:
    """A page's text, with what its times tell on hover, as a reader has it."""
    response = client.get(path + query)
    assert response.status_code == status, response.content
    return response.content.decode()


def rows(page: str) -> list[str]:
    """The ids of the commands that a page lists."""
    return [html.unescape(found) for found in re.findall(r'href="/admin/commands/record/\?id=([^"]*)"', page)]


def words(page: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", page)).split())


def test_every_role_may_read_it_and_finds_it_in_the_admins_list_and_from_the_status_page(identity: Identity) -> None:
    for role in Role:
        client = signed_in(identity, role)
        assert seen(client)
    for page in ("/", "/admin/", "/admin/runtime/", PAGE):
        assert f'<a href="{PAGE}"' in client.get(page).content.decode()


@pytest.mark.parametrize("path", [PAGE, f"{PAGE}record/?id=c1"])
def test_who_has_no_role_or_no_identity_or_is_not_signed_in_reads_nothing(identity: Identity, path: str) -> None:
    sent(identity, "pause", "c1")
    assert Client().get(path).status_code == 302
    assert signed_in(identity, None).get(path).status_code == 403
    lost = signed_in(None, Role.ADMIN)
    assert "no identity" in words(seen(lost, status=403, path=path))
    assert PAGE not in lost.get("/admin/login/").content.decode()


def test_a_row_tells_who_wanted_what_when_and_what_became_of_it(
    viewer: Client, identity: Identity, redis: SyncRedis
) -> None:
    row = UserSettings.objects.get()
    row.settings["perseus_profile"] |= {"timezone": "Asia/Kolkata", "date_format": "DD.MM.YYYY"}
    row.save()
    sent(identity, "force-backfill", "c1", {"symbol": "BTC-USD", "timeframes": ["1h"]})
    times = {"queuedAt": 0, "acknowledgedAt": 20, "startedAt": 100, "finishedAt": 2_600}
    record = Keys(identity.sub).command("c1")
    redis.hset(record, mapping={"state": "failed", "text": "1h: <lost>"})
    redis.hset(record, mapping={name: QUEUED + after for name, after in times.items()})
    page = seen(viewer)
    told = words(page)
    assert "times in Asia/Kolkata" in told
    assert 'force-backfill symbol: BTC-USD, timeframes: ["1h"] ada shell 09.03.2026 00:35:09 UTC+5:30' in told
    assert "00:35:09 00:35:09 00:35:11 2.5 s Failed 1h: <lost>" in told
    assert page.count('title="09.03.2026 00:35:11 UTC+5:30"') == 1
    assert 'class="state state-bad"' in page
    assert "<lost>" not in page


def test_what_has_not_happened_yet_has_no_time(viewer: Client, identity: Identity) -> None:
    sent(identity, "pause", "c1")
    page = seen(viewer)
    assert page.count("<time ") == 1
    assert "Queued" in words(page.partition("<tbody>")[2])


def test_filter_and_search_narrow_the_list_and_stay_in_the_form(viewer: Client, identity: Identity) -> None:
    sent(identity, "pause", "c1", {"minutes": 5})
    sent(identity, "resume", "c2")
    sent(identity, "pause", "c3")
    assert rows(seen(viewer)) == ["c3", "c2", "c1"]
    page = seen(viewer, "?q=MINUTES&command=pause&state=queued&state=failed&issuedBy=ada&source=&from=&to=&outcome=")
    assert rows(page) == ["c1"]
    assert 'name="q" id="wanted-q" value="MINUTES"' in page
    assert re.findall(r'name="(?:command|state)" value="([^"]+)" checked', page) == ["queued", "failed", "pause"]
    assert "<details open>" in page
    assert rows(seen(viewer, "?from=2026-01-01T00:00&to=2026-01-02")) == []
    page = seen(viewer, f"?from={QUEUED}")
    assert 'value="2026-03-08T19:05:09"' in page
    assert rows(page) == ["c3", "c2", "c1"]


def test_a_page_holds_fifty_and_the_next_keeps_the_filter(viewer: Client, identity: Identity) -> None:
    for number in range(53):
        sent(identity, "pause", f"p{number}")
        sent(identity, "resume", f"r{number}")
    page = seen(viewer, "?command=pause")
    assert rows(page) == [f"p{number}" for number in range(52, 2, -1)]
    (older,) = re.findall(r'href="([^"]+)" rel="next"', page)
    page = seen(viewer, html.unescape(older))
    assert rows(page) == ["p2", "p1", "p0"]
    assert 'rel="next"' not in page
    assert ">Newest</a>" in page


def test_where_nothing_is_found_it_says_why(
    viewer: Client, identity: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "No command was sent in the last seven days." in words(seen(viewer))
    for number in range(3):
        sent(identity, "resume", f"r{number}")
    assert "No command of the last seven days is like that." in words(seen(viewer, "?q=nothing"))
    assert "There are no older commands" in words(seen(viewer, "?before=r0"))
    monkeypatch.setattr("runtime.services.search_history.__kwdefaults__", {"before": None, "limit": 50, "most": 2})
    page = seen(viewer, "?command=pause")
    assert "None of the 2 commands that were looked at is like that; there are older ones." in words(page)
    assert ">Look further back</a>" in page


def test_a_filter_that_is_none_is_told_beside_its_field_and_kept(viewer: Client, identity: Identity) -> None:
    sent(identity, "pause", "c1")
    wrong = {
        "q": ("x" * 201, 'id="wanted-q-error"', "at most 200 characters"),
        "from": ("yesterday", 'id="wanted-from-error"', "a time: milliseconds since 1970"),
        "to": ("2026-02-30", 'id="wanted-to-error"', "a time: milliseconds since 1970"),
        "command": ("paus", 'value="paus" checked', "did you mean 'pause'?"),
        "state": ("done", 'value="done" checked', "known are queued"),
        "outcome": ("ended", 'name="outcome" value="ended"', "outcome: 'ended' is not an outcome"),
        "source": ("y" * 33, 'id="wanted-source-error"', "1 to 32 characters"),
        "issuedBy": ("z" * 151, 'id="wanted-by-error"', "1 to 150 characters"),
    }
    page = seen(viewer, "?" + urlencode({name: value for name, (value, _, _) in wrong.items()}), status=422)
    assert "Nothing was looked for: please correct what is marked below." in words(page)
    for value, field, told in wrong.values():
        assert f'value="{value}"' in page
        assert field in page
        assert told in words(page)
    assert rows(page) == []
    assert "a time that is not after `to`" in words(seen(viewer, "?from=2026-03-09&to=2026-03-08", status=422))
    gone = words(seen(viewer, "?before=gone", status=422))
    assert "The place from which the list was to go on is gone: no command gone in the last seven days." in gone


def test_a_command_has_a_page_with_all_that_is_known_of_it_whatever_its_id(
    viewer: Client, identity: Identity, redis: SyncRedis
) -> None:
    sent(identity, "pause", ODD, {"minutes": 5})
    redis.hset(Keys(identity.sub).command(ODD), mapping={"state": "succeeded", "data": '{"pausedUntil": 7}'})
    (address,) = re.findall(r'href="(/admin/commands/record/\?id=[^"]*)"', seen(viewer))
    page = seen(viewer, path=html.unescape(address))
    told = words(page)
    assert f"Id {ODD}" in told
    assert "<b>" not in page
    assert 'Payload { "minutes": 5.0 } Outcome Succeeded' in told
    assert 'Data { "pausedUntil": 7 }' in told


def test_what_a_record_says_beyond_what_the_page_knows_is_listed_by_its_name() -> None:
    class Later(CommandRecord):
        def body(self) -> dict[str, Any]:
            return super().body() | {"batchId": "b1", "attempts": 2, "nothing": None}

    record = Later("c1", "pause", {}, "api", "ada", CommandState.QUEUED, QUEUED)
    assert whole(record, presentation_of({}))["extras"] == [("batchId", "b1"), ("attempts", "2")]


def test_a_command_that_nobody_knows_is_not_found_and_anothers_neither(viewer: Client) -> None:
    other = create_identity()
    sent(other, "pause", "theirs")
    assert "theirs" not in seen(viewer)
    for query in ("?id=theirs", "?id=", ""):
        told = words(seen(viewer, query, status=404, path=f"{PAGE}record/"))
        assert "No command of the last seven days has this id." in told


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
def test_without_redis_it_says_so_and_what_was_asked_for_is_kept(viewer: Client) -> None:
    page = seen(viewer, "?q=pause", status=503)
    assert re.search("The history can't be read: .*Redis.* does not answer", words(page))
    assert 'value="pause"' in page
    assert "No command" not in words(page)
    assert "can't be read" in words(seen(viewer, "?id=c1", status=503, path=f"{PAGE}record/"))


def test_it_brings_no_inline_script_or_style(viewer: Client, identity: Identity) -> None:
    sent(identity, "pause", "c1")
    for page in (seen(viewer), seen(viewer, "?id=c1", path=f"{PAGE}record/")):
        assert "<style" not in page
        assert " style=" not in page
        assert re.findall(r"<script(?![^>]*\bsrc=)[^>]*>", page) == []


def test_a_batch_is_listed_by_what_it_holds(viewer: Client, identity: Identity) -> None:
    commands = [{"command": "pause"}, {"command": "switch-mode", "payload": {"mode": "position-monitor"}}]
    sent(identity, "batch", "b1", {"commands": commands})
    assert "batch pause, switch-mode ada" in words(seen(viewer))
