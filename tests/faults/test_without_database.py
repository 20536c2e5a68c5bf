"""The database is away: whoever has a page open, or a shell, can still pause the engine."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from websockets.sync.client import ClientConnection

from settingsapp.accounts import Role
from settingsapp.models import Identity
from tests.faults.browser import PASSWORD, Browser
from tests.faults.databases import a_database_to_take_away
from tests.faults.desk import Desk
from tests.faults.extent import Extent
from tests.settingsapp.logins import a_login

pytestmark = [pytest.mark.stores, pytest.mark.django_db(transaction=True)]

PAUSE_SECONDS = 2.0
"""From the button to the result, though nothing of the database answers."""


@pytest.mark.parametrize("how", ["vanish", "hang"])
def test_an_open_page_and_a_shell_pause_the_engine_while_the_database_is_away(
    desk: Desk, extent: Extent, how: str, record_property: Callable[[str, object], None]
) -> None:
    olga = a_login(Identity.objects.get(sub=desk.sub), Role.OPERATOR, "olga")
    # The tests' own quick way of hashing is unknown to a real server.
    olga.password = PBKDF2PasswordHasher().encode(PASSWORD, "salt")
    olga.save()
    with a_database_to_take_away(desk.directory) as database:
        desk.leading_engine(DATABASE_URL=database.url)
        browser = Browser(desk.web(DATABASE_URL=database.url))
        browser.sign_in("olga")
        with browser.live() as live:
            assert told(live, "snapshot")["role"] == "operator"
            getattr(database, how)()
            keep_reading(live, extent.outage_seconds)

            begun = time.monotonic()
            status, result = browser.command("pause")
            assert (status, result["message"]) == (200, "paused"), (result, desk.logs)
            paused_after = time.monotonic() - begun
            assert paused_after < PAUSE_SECONDS
            assert status_with(live, "paused")["desired"]["paused"] is True
            assert desk.intent()["paused"] == "1"
            assert browser.command("resume")[1]["success"]

            record_property("from the button to the result, s", round(paused_after, 2))
            for sub, said in ((), "name the identity with --sub"), (("--sub", "nobody"), "an identity nobody"):
                refused = desk.manage("sendcommand", "pause", *sub, DATABASE_URL=database.url)
                assert refused.returncode != 0
                assert said in refused.stderr
                if how == "hang":
                    break
            named = desk.manage("sendcommand", "pause", "--sub", desk.sub, "--wait", "10", DATABASE_URL=database.url)
            assert named.returncode == 0, named.stderr
            assert "succeeded: paused" in named.stdout
            assert "the database" in named.stderr
            assert f"sending to the identity {desk.sub}" in named.stderr

            # The page that lost its connection meanwhile comes back.
            with browser.live() as again:
                snapshot = told(again, "snapshot")
                assert snapshot["status"]["state"] == "paused"
                assert snapshot["alerts"] is None

            database.come_back()
            desk.wait_until(lambda: browser.request("GET", "/readyz")[0] == 200, 60.0, "everything ready again")
            # It heard all that was said meanwhile.
            status_with(live, "paused")
        with browser.live() as back:
            # The simulated market may have raised one meanwhile.
            assert isinstance(told(back, "snapshot")["alerts"], list)


def told(live: ClientConnection, kind: str) -> dict[str, Any]:
    """The next message of that kind."""
    deadline = time.monotonic() + 30
    while True:
        message: dict[str, Any] = json.loads(live.recv(timeout=max(0.0, deadline - time.monotonic())))
        if message["type"] == kind:
            return message


def status_with(live: ClientConnection, state: str) -> dict[str, Any]:
    while (status := told(live, "status"))["state"] != state:
        pass
    return status


def keep_reading(live: ClientConnection, seconds: float) -> None:
    """Stay on the page, as somebody does who watches it."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        assert told(live, "status")["state"] == "running"
