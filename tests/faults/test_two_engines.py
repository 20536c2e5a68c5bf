"""Two engines for one identity: one leads, and one that was stopped and continued has nothing to say any more."""

import json
import time
from collections.abc import Callable

import pytest
from django.db import connection

from runtime.bus.calls import script
from tests.faults.desk import LONG_ENOUGH_MS, Desk, Heard, database_url
from tests.faults.proxy import Proxy
from tests.running import a_free_port

pytestmark = [pytest.mark.stores, pytest.mark.django_db(transaction=True)]

TAKEOVER_SECONDS = 20.0
"""Between hosts, which can't vouch for each other's death."""
LISTENED_SECONDS = 3.0
"""So long an engine that was continued is listened to: its status would come each second, a command's end sooner."""


def test_a_leader_that_was_stopped_is_replaced_and_does_nothing_when_it_is_continued(
    desk: Desk, record_property: Callable[[str, object], None]
) -> None:
    # It is stopped with its hands full: an effect done whose end nobody has heard of, and a queue behind it. What it
    # was about to say arrives when it is continued.
    wire = str(desk.directory / "wire.sock")
    with Proxy(wire, str(desk.server.socket)) as proxy:
        first = desk.leading_engine(slot="host a", REDIS_URL=f"unix://{wire}")
        old = desk.leader()
        desk.engine(slot="host b")
        # It hears the channel, too, before the first one is stopped.
        desk.wait_until(lambda: _listeners(desk) == 2, 30.0, "both engines on the channel")
        assert desk.ask("status")["success"]
        proxy.hold_at(script("complete").digest.encode())
        edits = [
            desk.send(f"{what}-symbol", {"symbol": symbol}, expires_in_ms=LONG_ENOUGH_MS)
            for symbol in ("SOL-USD", "XRP-USD", "ADA-USD")
            for what in ("add", "remove")
        ]
        assert proxy.held.wait(30), desk.logs
        first.freeze()
        stopped = time.monotonic()
        assert desk.versions_by_command() == {edits[0]: 1}
        published = [f"published {number}" for number in range(10)]
        for command_id in published:
            _publish(desk, command_id)
        desk.wait_until(lambda: desk.leader() not in ("", old), TAKEOVER_SECONDS, "another leader")
        record_property("taken over after, s", round(time.monotonic() - stopped, 1))
        assert time.monotonic() - stopped < TAKEOVER_SECONDS
        new = desk.leader()
        desk.wait_until_drained(30.0)

        with desk.hearing_responses() as responses, desk.hearing_statuses() as statuses:
            place = len(desk.events())
            proxy.release()
            first.thaw()
            late = [desk.send("status", id=f"late {number}") for number in range(5)]
            for command_id in published:
                # Heard by both; the one that was stopped has those from before in its ears still.
                _publish(desk, command_id)
            desk.wait_until_drained(30.0)
            _listen(LISTENED_SECONDS, statuses)
            said_later = desk.events()[place:]

    assert first.lives
    assert {status["engine"]["id"] for status in statuses.messages} == {new}
    acknowledged_by = {m["engine"] for m in (*responses.messages, *said_later) if m["type"] == "ack"}
    assert acknowledged_by == {new}
    assert {m["commandId"] for m in (*responses.messages, *said_later) if m["type"] == "result"} == set(late)
    assert "lost the lease and stands by" in first.log.read_text()
    results = desk.assert_each_ended_once([*edits, *published, *late])
    assert {result["outcome"] for result in results.values()} == {"succeeded"}
    assert desk.versions_by_command() == dict.fromkeys(edits, 1)


def test_a_leader_that_stopped_within_a_transaction_does_not_keep_its_locks(desk: Desk) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite can't take a lock from a process that lives; set DATABASE_URL to PostgreSQL")
    server = ("127.0.0.1", int(connection.settings_dict["PORT"] or 5432))
    port = a_free_port()
    url = database_url().replace(f":{server[1]}/", f":{port}/")
    with Proxy(("127.0.0.1", port), server) as proxy:
        desk.leading_engine(slot="host a", DATABASE_URL=url)
        desk.engine(slot="host b")
        proxy.hold_at(b'UPDATE "settingsapp_usersettings"')
        sent = desk.send("add-symbol", {"symbol": "SOL-USD"}, expires_in_ms=LONG_ENOUGH_MS)
        assert proxy.held.wait(30), desk.logs
        desk.engines[0].freeze()
        desk.wait_until_drained(TAKEOVER_SECONDS + 20.0)
        proxy.release()
        desk.engines[0].thaw()
        desk.wait_until(lambda: "stands by" in desk.engines[0].log.read_text(), 30.0, "the old one standing by")
    results = desk.assert_each_ended_once([sent])
    assert results[sent]["outcome"] == "succeeded"
    assert desk.versions_by_command() == {sent: 1}


def _listeners(desk: Desk) -> int:
    return int(desk.redis.pubsub_numsub(desk.keys.commands)[0][1])


def _publish(desk: Desk, command_id: str) -> None:
    message = {"id": command_id, "command": "clear-cache", "payload": {"scope": "tickers"}, "source": "admin"}
    expires = {"timestamp": 1, "expiresAt": int(time.time() * 1000) + LONG_ENOUGH_MS}
    desk.redis.publish(desk.keys.commands, json.dumps(message | expires))


def _listen(seconds: float, statuses: Heard) -> None:
    """Wait while the leader says its status so many times."""
    said = len(statuses.messages)
    deadline = time.monotonic() + seconds * 4
    while len(statuses.messages) < said + seconds and time.monotonic() < deadline:
        time.sleep(0.05)
