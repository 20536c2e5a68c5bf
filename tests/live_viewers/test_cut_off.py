"""Whoever may no longer watch, or only as somebody else, loses their sockets within 30 s, in every web process."""

import asyncio
import urllib.request
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import Group, User
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from runtime.live.consumer import FELL_BEHIND, NO_IDENTITY, SIGNED_OUT
from settingsapp.accounts import Role
from settingsapp.models import Identity, Membership
from settingsapp.services import create_identity
from tests.live_viewers.watching import cookie_of
from tests.settingsapp.logins import a_login
from tests.web_program import WebProgram, a_web_program

pytestmark = [pytest.mark.stores, pytest.mark.django_db(transaction=True)]

WITHIN_SECONDS = 30.0


@dataclass(frozen=True)
class Watching:
    """A login whose page is open in two web processes."""

    user: User
    cookie: str
    sockets: tuple[ClientConnection, ...]


def sign_out(who: Watching, web: WebProgram) -> None:
    token = "t" * 32
    request = urllib.request.Request(
        f"{web.base_url}/logout/", b"", {"Cookie": f"{who.cookie}; csrftoken={token}", "X-CSRFToken": token}
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert answer.url.endswith("/login/")


def disable(who: Watching, web: WebProgram) -> None:
    User.objects.filter(pk=who.user.pk).update(is_active=False)


def change_password(who: Watching, web: WebProgram) -> None:
    who.user.set_password("another one entirely")
    who.user.save()


def change_role(who: Watching, web: WebProgram) -> None:
    who.user.groups.set([Group.objects.get(name=Role.OPERATOR.value)])


def take_role(who: Watching, web: WebProgram) -> None:
    who.user.groups.clear()


def change_identity(who: Watching, web: WebProgram) -> None:
    Membership.objects.filter(user=who.user).update(identity=Identity.objects.exclude(memberships__user=who.user).get())


def do_nothing(who: Watching, web: WebProgram) -> None:
    return


WAYS: Mapping[Callable[[Watching, WebProgram], None], int | None] = {
    sign_out: SIGNED_OUT,
    disable: SIGNED_OUT,
    change_password: SIGNED_OUT,
    # These begin afresh as what they are now.
    change_role: FELL_BEHIND,
    change_identity: FELL_BEHIND,
    take_role: NO_IDENTITY,
    do_nothing: None,
}


def in_a_thread(work: Callable[..., Any]) -> Callable[..., Awaitable[Any]]:
    return sync_to_async(work)


async def closed_with(socket: ClientConnection) -> int | None:
    """Return the code with which a socket is closed; None where it is still open when the time is over."""
    try:
        async with asyncio.timeout(WITHIN_SECONDS):
            async for _ in socket:
                pass
    except TimeoutError:
        return None
    except ConnectionClosed:
        pass
    return socket.close_code


async def open_everywhere(user: User, webs: tuple[WebProgram, ...]) -> Watching:
    cookie = await in_a_thread(cookie_of)(user)
    sockets = []
    for web in webs:
        headers = {"Cookie": cookie}
        socket = await connect(web.socket_url, additional_headers=headers, origin=web.base_url)  # type: ignore[arg-type]
        assert '"snapshot"' in str(await socket.recv())
        sockets.append(socket)
    return Watching(user, cookie, tuple(sockets))


async def test_every_way_of_losing_ones_seat_closes_the_sockets_in_all_web_processes() -> None:
    def logins() -> list[User]:
        identity, _ = create_identity(), create_identity()
        return [a_login(identity, Role.VIEWER, way.__name__) for way in WAYS]

    users = await in_a_thread(logins)()
    with a_web_program() as one, a_web_program() as other:
        watching = [await open_everywhere(user, (one, other)) for user in users]
        for way, who in zip(WAYS, watching, strict=True):
            await in_a_thread(way)(who, one)
        changed = [(way, socket) for way, who in zip(WAYS, watching, strict=True) for socket in who.sockets]
        waited_for = [(way, socket) for way, socket in changed if WAYS[way] is not None]
        codes = await asyncio.gather(*(closed_with(socket) for _, socket in waited_for))
        assert [(way.__name__, code) for (way, _), code in zip(waited_for, codes, strict=True)] == [
            (way.__name__, WAYS[way]) for way, _ in waited_for
        ]
        for way, socket in changed:
            if WAYS[way] is None:
                assert socket.close_code is None, "who has changed nothing watches on"
                await socket.close()
