import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connections
from django.test import Client
from django.utils import timezone

from livermore.asgi import application
from runtime.live import consumer, hub
from runtime.live.consumer import RuntimeConsumer
from runtime.models import Alert
from settingsapp import tokens
from settingsapp.accounts import Role
from settingsapp.models import Identity, Membership, UserSettings
from tests.runtime.live.fake_engine import FakeEngine

pytestmark = [pytest.mark.stores, pytest.mark.django_db(transaction=True)]

ORIGIN = "http://localhost:8000"


@pytest.fixture
def user(sub: str, transactional_db: None) -> User:
    identity = Identity.objects.create(sub=sub)
    UserSettings.objects.create(identity=identity, version=42, settings={}, updated_at=timezone.now())
    user = User.objects.create_superuser("trader", password="correct horse battery")
    Membership.objects.create(user=user, identity=identity)
    return user


@pytest.fixture
def cookie(user: User) -> str:
    browser = Client()
    browser.force_login(user)
    return f"{settings.SESSION_COOKIE_NAME}={browser.cookies[settings.SESSION_COOKIE_NAME].value}"


class Browser:
    """One websocket of a browser's."""

    def __init__(
        self,
        cookie: str = "",
        query: str = "",
        origin: str = ORIGIN,
        path: str = "/ws/runtime/",
        headers: Sequence[tuple[bytes, bytes]] = (),
    ) -> None:
        own = [(b"origin", origin.encode()), (b"host", b"localhost:8000"), (b"cookie", cookie.encode())]
        self.socket = WebsocketCommunicator(application, path + query, [*own, *headers])

    async def connect(self) -> tuple[bool, int | None]:
        return await self.socket.connect(timeout=5)  # type: ignore[no-any-return]

    async def next(self) -> dict[str, Any]:
        return json.loads(await self.socket.receive_from(timeout=5))  # type: ignore[no-any-return]

    async def next_such(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        async with asyncio.timeout(8):
            while True:
                message = await self.next()
                if wanted(message):
                    return message

    async def closed_with(self) -> int:
        async with asyncio.timeout(8):
            while True:
                output = await self.socket.receive_output(timeout=5)
                if output["type"] == "websocket.close":
                    return int(output["code"])

    async def leave(self) -> None:
        await self.socket.disconnect()


Open = Callable[..., "asyncio.Future[Browser]"]


@pytest.fixture
async def opened(cookie: str) -> AsyncIterator[Callable[..., Any]]:
    browsers: list[Browser] = []

    async def open_one(query: str = "") -> Browser:
        browser = Browser(cookie, query)
        browsers.append(browser)
        assert (await browser.connect())[0]
        return browser

    yield open_one
    for browser in browsers:
        await browser.leave()
    # Before the database is emptied, the hub must have stopped reading it.
    await hub.current().close()
    # The test client keeps the consumers' thread from closing its connections, which would keep the database in use.
    await sync_to_async(connections.close_all)()


def is_event(message: dict[str, Any]) -> bool:
    return message["type"] not in ("snapshot", "status")


async def test_the_first_message_is_a_snapshot_of_everything(opened: Open, engine: FakeEngine) -> None:
    await engine.beat()
    await engine.tell({"type": "error", "level": "error", "origin": "feeds", "message": "lost"})
    last = await engine.result("c")
    snapshot = await (await opened()).next()
    assert snapshot["type"] == "snapshot"
    assert (snapshot["seq"], snapshot["sub"], snapshot["role"]) == (last, engine.sub, "admin")
    assert snapshot["status"]["state"] == "running"
    assert snapshot["status"]["savedSettingsVersion"] == 42
    assert [error["message"] for error in snapshot["errors"]] == ["lost"]
    assert (snapshot["alerts"], "gap" in snapshot) == ([], False)


async def test_the_snapshot_has_the_last_twenty_alerts_newest_first(
    opened: Open, engine: FakeEngine, user: User
) -> None:
    def store() -> list[str]:
        rows = [
            Alert.objects.create(
                id=uuid.uuid4(),
                identity=Identity.objects.get(sub=engine.sub),
                exchange="simulated",
                symbol="BTC-USD",
                timeframe="1m",
                open_time=number * 60_000,
                kind="crossover",
                mode="scalper-macdv",
                settings_version=1,
                first_bar=1,
                indicators={"macdv": 1.5},
            )
            for number in range(25)
        ]
        return [str(row.id) for row in rows]

    stored = await sync_to_async(store)()
    snapshot = await (await opened()).next()
    assert [alert["id"] for alert in snapshot["alerts"]] == stored[:4:-1]
    assert snapshot["alerts"][0]["indicators"] == {"macdv": 1.5}


async def test_status_and_events_follow_the_snapshot(opened: Open, engine: FakeEngine) -> None:
    browser = await opened()
    await browser.next()
    told = [await engine.result(f"c{number}") for number in range(3)]
    assert [(await browser.next_such(is_event))["seq"] for _ in told] == told
    await engine.beat()
    status = await browser.next_such(lambda message: message["type"] == "status" and message["state"] == "running")
    assert status["seq"] == told[-1]


async def test_a_page_that_comes_back_gets_every_event_since_in_order_and_once(
    opened: Open, engine: FakeEngine
) -> None:
    first = await opened()
    seq = (await first.next())["seq"]
    told = []
    for round_number in range(4):
        await first.leave()
        told = [await engine.result(f"{round_number}-{number}") for number in range(20)]
        telling = asyncio.create_task(tell_slowly(engine, 20))
        first = await opened(f"?since={seq}")
        snapshot = await first.next()
        assert "gap" not in snapshot
        told += await telling
        heard = [(await first.next_such(is_event))["seq"] for _ in told]
        assert heard == told
        seq = heard[-1]


async def tell_slowly(engine: FakeEngine, count: int) -> list[str]:
    told = []
    for number in range(count):
        told.append(await engine.result(f"meanwhile-{number}"))
        await asyncio.sleep(0.002)
    return told


@pytest.mark.parametrize("since", ["nonsense", "", "99999999999999-0", "1-0"])
async def test_a_place_that_cannot_be_resumed_gets_a_snapshot_that_says_so(
    opened: Open, engine: FakeEngine, since: str
) -> None:
    await engine.result("c")
    snapshot = await (await opened(f"?since={since}")).next()
    assert (snapshot["type"], snapshot["gap"]) == ("snapshot", True)


async def test_nobody_signed_in_is_told_to_sign_in(redis_server: str, transactional_db: None) -> None:
    browser = Browser()
    await browser.connect()
    assert await browser.closed_with() == consumer.SIGNED_OUT


async def test_an_api_token_opens_no_socket_so_that_none_outlives_its_revocation(user: User) -> None:
    made = await sync_to_async(tokens.make)(user, "night watch", Role.VIEWER, timezone.now())
    browser = Browser(headers=[(b"authorization", f"Bearer {made.secret}".encode())])
    await browser.connect()
    assert await browser.closed_with() == consumer.SIGNED_OUT


async def test_a_login_without_identity_is_told_so(opened: Open, user: User) -> None:
    await sync_to_async(Membership.objects.all().delete)()
    assert await (await opened()).closed_with() == consumer.NO_IDENTITY


async def test_a_login_without_a_role_sees_nothing_either(opened: Open, user: User) -> None:
    await sync_to_async(User.objects.update)(is_superuser=False)
    await sync_to_async(user.groups.clear)()
    assert await (await opened()).closed_with() == consumer.NO_IDENTITY


async def test_the_page_of_another_site_is_refused(cookie: str) -> None:
    accepted, _ = await Browser(cookie, origin="https://evil.example").connect()
    assert not accepted


async def test_an_unknown_address_is_refused(cookie: str) -> None:
    accepted, _ = await Browser(cookie, path="/ws/elsewhere/").connect()
    assert not accepted


async def test_one_identity_never_hears_another(opened: Open, redis_server: str, sub: str) -> None:
    browser = await opened("?sub=somebody-else")
    assert (await browser.next())["sub"] == sub
    async with FakeEngine(redis_server, "somebody-else") as other, FakeEngine(redis_server, sub) as own:
        await other.result("theirs")
        await own.result("ours")
        assert (await browser.next_such(is_event))["commandId"] == "ours"


async def test_what_the_browser_says_is_ignored_and_too_much_of_it_ends_the_connection(
    opened: Open, engine: FakeEngine
) -> None:
    browser = await opened()
    await browser.next()
    await browser.socket.send_to(text_data='{"command": "pause"}')
    await browser.socket.send_to(bytes_data=b"\xff\x00")
    await engine.result("c")
    assert (await browser.next_such(is_event))["commandId"] == "c"
    await browser.socket.send_to(text_data="x" * 5_000)
    assert await browser.closed_with() == consumer.TOO_LONG


@pytest.mark.parametrize("how", ["deactivated", "signed out", "another password"])
async def test_who_may_no_longer_watch_is_cut_off(
    opened: Open, engine: FakeEngine, user: User, cookie: str, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(RuntimeConsumer, "check_seconds", 0.05)
    browser = await opened()
    await browser.next()

    def cut() -> None:
        if how == "deactivated":
            User.objects.update(is_active=False)
        elif how == "signed out":
            visitor = Client(headers={"cookie": cookie})
            visitor.cookies.load(cookie)
            visitor.logout()
        else:
            user.set_password("another one entirely")
            user.save()

    await sync_to_async(cut)()
    assert await browser.closed_with() == consumer.SIGNED_OUT


async def test_a_socket_that_does_not_take_what_it_is_sent_is_dropped_and_can_resume(
    opened: Open, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    stuck, closed = asyncio.Event(), asyncio.Event()
    send, close = RuntimeConsumer.send, RuntimeConsumer.close

    async def slow_send(self: RuntimeConsumer, *args: Any, **kwargs: Any) -> None:
        if '"commandId"' in kwargs["text_data"] and not closed.is_set():
            await stuck.wait()
        await send(self, *args, **kwargs)

    async def noted_close(self: RuntimeConsumer, *args: Any, **kwargs: Any) -> None:
        closed.set()
        await close(self, *args, **kwargs)

    monkeypatch.setattr(RuntimeConsumer, "send", slow_send)
    monkeypatch.setattr(RuntimeConsumer, "close", noted_close)
    monkeypatch.setattr(hub.current(), "_queue_length", 5)
    browser = await opened()
    seq = (await browser.next())["seq"]
    told = [await engine.result(f"c{number}") for number in range(10)]
    waiting = hub.current()._watches[engine.sub]
    async with asyncio.timeout(5):
        while waiting.viewers:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    stuck.set()
    assert await browser.closed_with() == consumer.FELL_BEHIND
    back = await opened(f"?since={seq}")
    assert [(await back.next_such(is_event))["seq"] for _ in told] == told


async def test_without_redis_the_snapshot_says_so_and_the_page_is_sent_to_try_later(
    opened: Open, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub.current(), "_url", "redis://127.0.0.1:1")
    browser = await opened("?since=5-0")
    snapshot = await browser.next()
    assert (snapshot["status"]["state"], snapshot["seq"]) == ("offline", "5-0")
    assert "can't reach Redis" in snapshot["status"]["trouble"]
    assert await browser.closed_with() == consumer.TRY_LATER
