"""The whole way of a command: sent by a service, carried out by a real engine, heard by its sender."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
from channels.db import database_sync_to_async

from runtime import services
from runtime.bus.connections import AsyncRedis
from runtime.bus.keys import Keys
from runtime.bus.leader_queue import LeaderQueue
from runtime.engine.loop import Rhythm
from runtime.engine.ports.commands import CommandEnd, QueuedCommand
from runtime.engine_process import EngineProcess, Timing
from runtime.models import EngineRecord
from runtime.protocol.answers import CommandState
from runtime.protocol.commands import InvalidCommandError
from runtime.services import Order, QueueFullError, Sent, UnknownCommandError
from settingsapp.models import UserSettings
from settingsapp.services import create_identity

pytestmark = [pytest.mark.stores, pytest.mark.django_db(transaction=True)]

TIMING = Timing(lease=2.0, renew=0.2, standby=0.05, rhythm=Rhythm(status=0.05, settings=0.1, retry=0.05))


@pytest.fixture
async def identity() -> str:
    """An identity that watches one symbol, which is quickly loaded."""

    def create() -> str:
        row = UserSettings.objects.get(identity=create_identity())
        row.settings |= {"symbols": ["BTC-USD"], "position_symbols": ["BTC-USD"]}
        row.save()
        return row.identity.sub

    created: str = await database_sync_to_async(create)()
    return created


@asynccontextmanager
async def an_engine(sub: str, slot: str = "a") -> AsyncIterator[EngineProcess]:
    """An engine process that runs meanwhile, and is stopped in order."""
    process = EngineProcess(sub, slot, timing=TIMING)
    task = asyncio.create_task(process.run())
    try:
        yield process
    finally:
        process.stop()
        async with asyncio.timeout(20):
            await task


@asynccontextmanager
async def a_doomed_engine(sub: str, slot: str = "a") -> AsyncIterator[None]:
    """An engine that is gone in the end without a word, as after kill -9."""
    task = asyncio.create_task(EngineProcess(sub, slot, timing=TIMING).run())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


class Heard:
    """Every message of one channel."""

    def __init__(self, redis: AsyncRedis, channel: str) -> None:
        self._channel = channel
        self._pubsub = redis.pubsub()
        self.messages: list[dict[str, Any]] = []

    async def __aenter__(self) -> "Heard":
        await self._pubsub.subscribe(self._channel)
        await self._pubsub.get_message(timeout=5)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._pubsub.aclose()

    async def until(self, holds: Callable[[dict[str, Any]], object], patience: float = 30.0) -> dict[str, Any]:
        """Wait for a message of which it holds."""
        async with asyncio.timeout(patience):
            while True:
                heard = await self._pubsub.get_message(timeout=1.0)
                if heard is None or heard["type"] != "message":
                    continue
                self.messages.append(json.loads(heard["data"]))
                if holds(self.messages[-1]):
                    return self.messages[-1]


async def ask(sub: str, command: str, payload: Mapping[str, Any] | None = None, **more: Any) -> Mapping[str, Any]:
    """Send a command as page, API and shell do, and return its result."""
    _, result = await asyncio.to_thread(
        services.send_and_wait,
        sub,
        Order(command, payload, **more),
        source="admin",
        issued_by="ada",
        seconds=30,
    )
    assert result is not None
    return result


async def test_from_the_sender_to_the_engine_and_back(redis: AsyncRedis, identity: str) -> None:
    told: list[Mapping[str, Any]] = []
    async with an_engine(identity), Heard(redis, Keys(identity).status) as statuses:
        await statuses.until(lambda status: status["state"] == "running")
        sent, result = await asyncio.to_thread(
            services.send_and_wait,
            identity,
            Order("force-backfill", {"symbol": "BTC-USD", "timeframes": ["1h"]}),
            source="shell",
            issued_by="ada",
            seconds=30,
            tell=told.append,
        )
        again = await asyncio.to_thread(
            services.send_and_wait,
            identity,
            Order("force-backfill", {"symbol": "BTC-USD"}, id=sent.id),
            source="shell",
            issued_by="ada",
            seconds=30,
        )
    assert result is not None
    assert result["success"] is True
    assert [message["type"] for message in told] == ["ack", "progress", "progress"]
    assert again == (Sent(sent.id, CommandState.SUCCEEDED, repeated=True), result)
    history = services.command_history(identity)
    assert [(record.id, record.state, record.issued_by) for record in history] == [
        (sent.id, CommandState.SUCCEEDED, "ada")
    ]
    assert services.find_command(identity, sent.id) == history[0]


async def test_paused_and_killed_it_comes_back_paused_in_its_mode_and_never_shows_anything_else(
    redis: AsyncRedis, identity: str
) -> None:
    async with Heard(redis, Keys(identity).status) as statuses:
        async with a_doomed_engine(identity):
            await statuses.until(lambda status: status["state"] == "running")
            assert (await ask(identity, "switch-mode", {"mode": "position-monitor"}))["success"]
            assert (await ask(identity, "pause"))["message"] == "paused"
            await statuses.until(lambda status: status["state"] == "paused")
        statuses.messages.clear()
        async with a_doomed_engine(identity):
            await statuses.until(lambda status: status["warmup"]["done"] == status["warmup"]["total"] > 0)
            await statuses.until(lambda _: len(statuses.messages) > 10)
            seen = {(s["state"], s["desired"]["paused"]) for s in statuses.messages}
            assert seen == {("paused", True)}
            assert {s["mode"] for s in statuses.messages} <= {"", "position-monitor"}
            assert (await ask(identity, "pause"))["message"] == "already paused"
            assert (await ask(identity, "resume"))["success"]


async def test_a_time_boxed_pause_ends_at_its_time_whoever_leads_by_then(redis: AsyncRedis, identity: str) -> None:
    async with Heard(redis, Keys(identity).status) as statuses:
        async with a_doomed_engine(identity):
            await statuses.until(lambda status: status["state"] == "running")
            until = (await ask(identity, "pause", {"minutes": 0.05}))["data"]["pausedUntil"]
            await statuses.until(lambda status: status["desired"]["pausedUntil"] == until)
        statuses.messages.clear()
        async with a_doomed_engine(identity):
            resumed = await statuses.until(lambda status: status["state"] == "running")
    assert {s["state"] for s in statuses.messages if s["timestamp"] < until} <= {"paused"}
    assert resumed["timestamp"] >= until
    assert resumed["desired"] == {"paused": False, "pausedUntil": None, "mode": "scalper-macdv"}


async def test_a_saved_version_that_cannot_be_applied_drifts_and_harms_nothing(
    redis: AsyncRedis, identity: str
) -> None:
    async with Heard(redis, Keys(identity).status) as statuses, an_engine(identity):
        assert (await statuses.until(lambda status: status["settingsVersion"] == 1))["state"] != "paused"
        rows = UserSettings.objects.filter(identity__sub=identity)
        before = (await rows.aget()).settings
        await rows.aupdate(version=2, settings={"symbols": 7})
        first = await statuses.until(lambda status: status["drift"])
        (told,) = first["drift"]
        assert told == {"what": "settingsVersion", "desired": 2, "actual": 1, "since": told["since"]}
        assert 0 <= first["timestamp"] - told["since"] < 2_000
        result = await ask(identity, "reload-settings")
        assert result["outcome"] == "failed"
        assert "symbols" in result["message"]
        later = await statuses.until(lambda status: status["timestamp"] > first["timestamp"] + 300)
        assert later["drift"] == [told]
        assert "symbols" in later["settingsProblem"]
        await rows.aupdate(settings=before)
        await statuses.until(lambda status: status["settingsVersion"] == 2 and status["drift"] == [])


async def test_the_copy_in_the_database_brings_a_lost_intent_back(redis: AsyncRedis, identity: str) -> None:
    keys = Keys(identity)

    async def mirrored() -> bool:
        record = await EngineRecord.objects.aget(identity__sub=identity)
        return record.paused is True

    async with Heard(redis, keys.status) as statuses:
        async with a_doomed_engine(identity):
            await statuses.until(lambda status: status["state"] == "running")
            assert (await ask(identity, "pause"))["success"]
            async with asyncio.timeout(20):
                while not await mirrored():
                    await statuses.until(lambda _: True)
        await redis.delete(keys.intent)
        statuses.messages.clear()
        async with an_engine(identity):
            await statuses.until(lambda status: status["settingsVersion"] == 1)
            # It is written back between one status and the next.
            told = len(statuses.messages)
            await statuses.until(lambda _: len(statuses.messages) > told + 1)
            assert (await redis.hgetall(keys.intent))[b"paused"] == b"1"
            assert {status["state"] for status in statuses.messages} == {"paused"}


async def test_a_standby_is_silent_and_leads_at_once_when_the_leader_has_stopped(
    redis: AsyncRedis, identity: str
) -> None:
    async with Heard(redis, Keys(identity).status) as statuses, an_engine(identity, "host-a") as leader:
        first = await statuses.until(lambda status: status["state"] == "running")
        async with an_engine(identity, "host-b"):
            await statuses.until(lambda _: len(statuses.messages) > 5)
            assert {status["engine"]["id"] for status in statuses.messages} == {first["engine"]["id"]}
            leader.stop()
            await statuses.until(lambda status: status["state"] == "stopping")
            second = await statuses.until(lambda status: status["engine"]["id"] != first["engine"]["id"])
            assert (await ask(identity, "status"))["data"]["engine"]["id"] == second["engine"]["id"]


async def test_a_batch_is_carried_out_undone_and_undone_no_further(redis: AsyncRedis, identity: str) -> None:
    async with an_engine(identity), Heard(redis, Keys(identity).status) as statuses:
        await statuses.until(lambda status: status["state"] == "running")
        batch = {
            "commands": [
                {"command": "switch-mode", "payload": {"mode": "position-monitor"}},
                {"command": "remove-symbol", "payload": {"symbol": "BTC-USD"}},
                {"command": "pause"},
            ]
        }
        done = await ask(identity, "batch", batch, id="b1")
        members = [(await asyncio.to_thread(services.find_command, identity, r["id"])) for r in done["data"]["results"]]
        await statuses.until(lambda status: status["state"] == "paused" and status["mode"] == "position-monitor")
        undone = await ask(identity, "rollback")
        await statuses.until(lambda status: (status["mode"], status["settingsVersion"]) == ("scalper-macdv", 3))
        await statuses.until(lambda status: status["state"] in ("running", "warming"))
        again = await ask(identity, "rollback", {"commandId": "b1"})
        nothing = await ask(identity, "rollback")
    assert done["message"] == "3 of 3 succeeded"
    assert [(m.command, m.state, m.batch_id, m.issued_by) for m in members if m] == [
        (name, CommandState.SUCCEEDED, "b1", "ada") for name in ("switch-mode", "remove-symbol", "pause")
    ]
    assert undone["success"], undone
    assert undone["data"]["commandId"] == "b1"
    assert again["message"].startswith("already undone: batch (b1)")
    assert nothing["outcome"] == "refused"


async def test_an_engine_that_dies_within_a_batch_leaves_the_rest_to_the_next(
    redis: AsyncRedis, identity: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands = [{"command": "remove-symbol", "payload": {"symbol": "BTC-USD"}}, *[{"command": "status"}] * 5]
    responses = Heard(redis, Keys(identity).responses)
    async with Heard(redis, Keys(identity).status) as statuses, responses:
        real = LeaderQueue.complete

        async def dies_before_the_third_end(queue: LeaderQueue, queued: QueuedCommand, end: CommandEnd) -> int:
            if sum(message["type"] == "result" for message in responses.messages) == 2:
                await asyncio.Event().wait()
            return await real(queue, queued, end)

        monkeypatch.setattr(LeaderQueue, "complete", dies_before_the_third_end)
        async with a_doomed_engine(identity):
            await statuses.until(lambda status: status["state"] == "running")
            order = Order("batch", {"commands": commands}, id="b1")
            await asyncio.to_thread(services.send, identity, order, source="admin", issued_by="ada")
            for _ in range(2):
                await responses.until(lambda message: message["type"] == "result")
        monkeypatch.setattr(LeaderQueue, "complete", real)
        async with a_doomed_engine(identity):
            ended = await responses.until(lambda message: message.get("commandId") == "b1" and "outcome" in message)
    assert ended["message"] == "6 of 6 succeeded"
    results = [message["commandId"] for message in responses.messages if message["type"] == "result"]
    assert len(results) == len(set(results)) == 7
    versions = await UserSettings.objects.values_list("version", flat=True).aget(identity__sub=identity)
    assert versions == 2


@pytest.mark.parametrize(
    ("order", "paths"),
    [
        (Order("explode"), ["command"]),
        (Order("pause", {"minutes": -1}), ["payload.minutes"]),
        (
            Order("pause", {"minutes": -1}, id="", priority=10, expires_in_ms=0),
            ["id", "priority", "expiresInMs", "payload.minutes"],
        ),
        (Order("status", id="x" * 129), ["id"]),
    ],
)
def test_a_wrong_order_is_not_sent_and_every_problem_is_named(order: Order, paths: list[str], sub: str) -> None:
    with pytest.raises(InvalidCommandError) as caught:
        services.send(sub, order, source="admin", issued_by="ada")
    assert [problem.path for problem in caught.value.problems] == paths
    assert services.command_history(sub) == []


def test_without_an_engine_a_command_waits_and_its_sender_hears_that_it_has_not_ended(sub: str) -> None:
    sent, result = services.send_and_wait(sub, Order("status"), source="admin", issued_by="ada", seconds=0.2)
    assert result is None
    assert sent.state is CommandState.QUEUED
    again = services.send(sub, Order("status", id=sent.id), source="admin", issued_by="ada")
    assert again == Sent(sent.id, CommandState.QUEUED, repeated=True)


def test_an_expiry_counts_by_redis_clock_from_the_sending(sub: str) -> None:
    sent = services.send(sub, Order("status", expires_in_ms=60_000), source="admin", issued_by="ada")
    record = services.find_command(sub, sent.id)
    assert record is not None
    assert record.state is CommandState.QUEUED


def test_a_full_queue_is_an_error_that_says_what_to_do(sub: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runtime.bus.commands.submit.__kwdefaults__", {"from_channel": False, "limit": 1})
    services.send(sub, Order("status"), source="admin", issued_by="ada")
    with pytest.raises(QueueFullError, match="commands are waiting already; try again when some have ended"):
        services.send(sub, Order("status"), source="admin", issued_by="ada")
    assert services.send(sub, Order("pause"), source="admin", issued_by="ada").state is CommandState.QUEUED


def test_the_history_is_paged_newest_first(sub: str) -> None:
    sent = [services.send(sub, Order("status", id=f"c{n}"), source="admin", issued_by="ada").id for n in range(5)]
    newest = services.command_history(sub, limit=2)
    assert [record.id for record in newest] == sent[:2:-1]
    older = services.command_history(sub, before=newest[-1].id)
    assert [record.id for record in older] == sent[2::-1]
    with pytest.raises(UnknownCommandError):
        services.command_history(sub, before="never sent")
    assert services.find_command(sub, "unknown") is None
