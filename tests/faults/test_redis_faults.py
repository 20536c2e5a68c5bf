"""Redis is killed, emptied, or takes no writes."""

import threading
import time
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from runtime import services
from runtime.bus.connections import RedisUnavailableError
from runtime.services import Order
from settingsapp.accounts import Role
from settingsapp.models import Identity
from tests.faults.desk import LONG_ENOUGH_MS, Desk
from tests.faults.extent import Extent
from tests.settingsapp.logins import a_login

pytestmark = [pytest.mark.stores, pytest.mark.django_db(transaction=True)]

WORKING_SECONDS = 10.0
RESTORED_SECONDS = 5.0
ERROR_SECONDS = 2.0


def test_redis_killed_while_commands_are_sent_loses_none_that_was_accepted(
    desk: Desk, extent: Extent, record_property: Callable[[str, object], None]
) -> None:
    desk.leading_engine()
    accepted: list[str] = []
    refused: list[str] = []
    back = threading.Event()

    def send_all() -> None:
        for number in range(extent.sends):
            command, payload = (("status", {}), ("clear-cache", {"scope": "tickers"}))[number % 2]
            order = Order(command, payload, id=f"sent {number}", expires_in_ms=LONG_ENOUGH_MS)
            try:
                accepted.append(services.send(desk.sub, order, source="test", issued_by="ada").id)
            except RedisUnavailableError:
                refused.append(f"sent {number}")
                # Refusals come quickly: some are to be sent once it is there again, however long that takes.
                if len(refused) >= extent.sends // 4:
                    back.wait(60)

    sender = threading.Thread(target=send_all)
    sender.start()
    desk.wait_until(lambda: len(accepted) >= extent.sends // 2, 60.0, "half of them sent")
    desk.server.kill()
    desk.server.start()
    back.set()
    restarted = time.monotonic()
    assert desk.ask("status", seconds=WORKING_SECONDS)["success"]
    record_property("working again after, s", round(time.monotonic() - restarted, 1))
    assert time.monotonic() - restarted < WORKING_SECONDS
    sender.join(60)
    assert len(accepted) > extent.sends // 2
    desk.wait_until_drained(60.0)
    desk.assert_each_ended_once(accepted)
    # Who was told of an error knows nothing: such a command may have come through, but then once, too.
    through = [command_id for command_id in refused if desk.record(command_id) is not None]
    desk.assert_each_ended_once(through)


@pytest.mark.parametrize("paused", [True, False])
def test_an_emptied_redis_has_stream_group_and_intent_again(desk: Desk, paused: bool) -> None:
    desk.leading_engine()
    if paused:
        assert desk.ask("pause")["success"]
    else:
        assert desk.ask("switch-mode", {"mode": "position-monitor"})["success"]
    before = desk.intent()
    desk.redis.flushall()
    emptied = time.monotonic()

    def restored() -> bool:
        groups: list[Any] = desk.redis.xinfo_groups(desk.keys.commands) if desk.redis.exists(desk.keys.commands) else []
        return bool(groups) and desk.intent() == before

    desk.wait_until(restored, RESTORED_SECONDS, "stream, group and intent")
    assert desk.ask("status", seconds=RESTORED_SECONDS)["data"]["desired"]["paused"] is paused
    assert time.monotonic() - emptied < RESTORED_SECONDS + 1.0
    assert desk.status()["state"] == ("paused" if paused else "running")
    assert desk.status()["mode"] == ("scalper-macdv" if paused else "position-monitor")


def test_a_redis_that_takes_no_writes_is_an_error_to_every_sender_at_once_and_works_again_afterwards(
    desk: Desk,
) -> None:
    desk.leading_engine()
    browser = Client(raise_request_exception=False)
    browser.force_login(a_login(Identity.objects.get(sub=desk.sub), Role.ADMIN))
    # A replica of nobody: it answers, but it takes no writes.
    desk.redis.replicaof("127.0.0.1", "1")
    for attempt in (desk.send, desk.ask):
        begun = time.monotonic()
        with pytest.raises(RedisUnavailableError, match="read only"):
            attempt("pause")
        assert time.monotonic() - begun < ERROR_SECONDS
    for query in ("", "?wait=20"):
        begun = time.monotonic()
        response: Any = browser.post(f"/api/v1/runtime/commands{query}", '{"command": "pause"}', "application/json")
        assert response.status_code == 503, response.content
        assert response.json()["error"] == "unavailable"
        assert time.monotonic() - begun < ERROR_SECONDS
    begun = time.monotonic()
    with pytest.raises(CommandError, match="read only"):
        call_command("sendcommand", "pause", sub=desk.sub, wait=20.0, stdout=StringIO())
    assert time.monotonic() - begun < ERROR_SECONDS
    desk.redis.replicaof("NO", "ONE")
    assert desk.ask("pause", seconds=WORKING_SECONDS)["message"] == "paused"
