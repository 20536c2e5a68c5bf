import asyncio
import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from runtime.bus.connections import RedisUnavailableError
from runtime.live.hub import Hub
from runtime.live.viewer import FellBehindError
from runtime.protocol.status import EngineState
from tests.own_redis import OwnRedis
from tests.runtime.live.conftest import SAVED, SAVED_AT, SavedVersions, eventually, next_such
from tests.runtime.live.fake_engine import FakeEngine

pytestmark = pytest.mark.stores

MakeHub = Callable[..., Hub]


def is_status(state: str) -> Callable[[dict[str, Any]], bool]:
    return lambda message: message["type"] == "status" and message["state"] == state


async def test_what_the_engine_says_reaches_every_viewer_at_once(make_hub: MakeHub, engine: FakeEngine) -> None:
    hub = make_hub()
    viewers = [await hub.join(engine.sub) for _ in range(20)]
    for viewer in viewers:
        await next_such(viewer, is_status("offline"))
    engine.state = EngineState.PAUSED
    began = time.monotonic()
    await engine.beat()
    for viewer in viewers:
        assert (await next_such(viewer, is_status("paused")))["savedSettingsVersion"] == SAVED
    assert time.monotonic() - began < 1


async def test_who_comes_while_the_engine_runs_is_never_told_that_it_is_offline(
    make_hub: MakeHub, engine: FakeEngine
) -> None:
    await engine.beat()
    hub = make_hub(tick_seconds=0.05)
    viewer = await hub.join(engine.sub)
    assert (await hub.status(engine.sub))["state"] == "running"
    assert json.loads((await viewer.next()).text)["state"] == "running"


async def test_a_silent_engine_is_offline_within_five_seconds_with_its_last_values(
    make_hub: MakeHub, engine: FakeEngine
) -> None:
    viewer = await make_hub().join(engine.sub)
    await engine.beat()
    said = await next_such(viewer, is_status("running"))
    began = time.monotonic()
    seen = await next_such(viewer, is_status("offline"))
    assert 2.5 < time.monotonic() - began < 5
    assert seen["lastSeenAt"] == said["timestamp"]
    assert seen["mode"] == "scalper-macdv"


async def test_an_engine_that_never_spoke_is_offline_and_its_status_is_complete(make_hub: MakeHub, sub: str) -> None:
    hub = make_hub()
    seen = await next_such(await hub.join(sub), is_status("offline"))
    assert (seen["lastSeenAt"], seen["exchanges"]) == (None, [])


async def test_a_save_in_another_process_shows_within_two_seconds(
    make_hub: MakeHub, engine: FakeEngine, saved_versions: SavedVersions
) -> None:
    viewer = await make_hub(tick_seconds=1.0).join(engine.sub)
    await next_such(viewer, lambda message: message["savedSettingsVersion"] == SAVED)
    saved_versions.now[engine.sub] = SAVED + 1
    began = time.monotonic()
    told = await next_such(viewer, lambda message: message["savedSettingsVersion"] == SAVED + 1)
    (difference,) = told["drift"]
    assert (difference["what"], difference["desired"], difference["since"]) == ("settingsVersion", SAVED + 1, SAVED_AT)
    assert time.monotonic() - began < 2.2


async def test_the_database_is_asked_once_for_all_who_watch(
    make_hub: MakeHub, engine: FakeEngine, saved_versions: SavedVersions
) -> None:
    hub = make_hub(tick_seconds=0.5)
    viewers = [await hub.join(engine.sub) for _ in range(50)]
    began = time.monotonic()
    await next_such(viewers[0], lambda message: message["savedSettingsVersion"] == SAVED)
    assert saved_versions.reads <= 2 + (time.monotonic() - began) / 0.5


async def test_events_reach_a_viewer_in_order_each_once(make_hub: MakeHub, engine: FakeEngine) -> None:
    viewer = await make_hub().join(engine.sub)
    told = [await engine.result(f"c{number}") for number in range(300)]
    heard = [(await next_such(viewer, lambda message: message["type"] == "result"))["seq"] for _ in told]
    assert heard == told


async def test_a_viewer_that_does_not_read_is_dropped_and_the_others_are_not_held_up(
    make_hub: MakeHub, engine: FakeEngine
) -> None:
    hub = make_hub(queue_length=10)
    slow, quick = await hub.join(engine.sub), await hub.join(engine.sub)
    for number in range(12):
        await engine.result(f"c{number}")
        await next_such(quick, lambda message: message["type"] == "result")
    with pytest.raises(FellBehindError):
        await slow.next()


async def test_identities_that_join_while_others_are_followed_hear_only_their_own(
    make_hub: MakeHub, redis_server: str, sub: str
) -> None:
    hub = make_hub()
    async with FakeEngine(redis_server, sub) as one, FakeEngine(redis_server, f"{sub}-two") as two:
        first = await hub.join(one.sub)
        await one.result("a")
        await next_such(first, lambda message: message.get("commandId") == "a")
        second = await hub.join(two.sub)
        began = time.monotonic()
        await two.result("b")
        await next_such(second, lambda message: message.get("commandId") == "b")
        # Not after the two seconds for which the reader would have gone on waiting for the first one alone.
        assert time.monotonic() - began < 1
        await one.result("c")
        heard = await next_such(first, lambda message: message["type"] == "result")
        assert heard["commandId"] == "c"


async def test_the_hub_stops_when_nobody_watches_and_starts_again(make_hub: MakeHub, engine: FakeEngine) -> None:
    hub = make_hub(linger_seconds=0.1)
    viewer = await hub.join(engine.sub)
    await engine.beat()
    await next_such(viewer, is_status("running"))
    hub.leave(viewer)

    async def stopped() -> bool:
        await asyncio.sleep(0)
        return hub._ears is None

    await eventually(stopped)
    again = await hub.join(engine.sub)
    await engine.beat()
    await next_such(again, is_status("running"))


async def test_events_during_a_restart_of_redis_are_not_lost(make_hub: MakeHub, own_redis: OwnRedis, sub: str) -> None:
    viewer = await make_hub(url=own_redis.url).join(sub)
    async with FakeEngine(own_redis.url, sub) as engine:
        await engine.result("before")
        await next_such(viewer, lambda message: message.get("commandId") == "before")
    own_redis.kill()
    own_redis.start()
    async with FakeEngine(own_redis.url, sub) as engine:
        told = [await engine.result(f"after {number}") for number in range(3)]
        heard = [(await next_such(viewer, lambda message: message["type"] == "result"))["seq"] for _ in told]
        assert heard == told
        await engine.beat()
        await next_such(viewer, is_status("running"))


@pytest.mark.parametrize("how", ["kill", "freeze"])
async def test_without_redis_the_page_is_told_so_within_five_seconds(
    make_hub: MakeHub, own_redis: OwnRedis, sub: str, how: str
) -> None:
    viewer = await make_hub(url=own_redis.url, tick_seconds=1.0).join(sub)
    engine = FakeEngine(own_redis.url, sub)
    await engine.beat()
    await next_such(viewer, is_status("running"))
    getattr(own_redis, how)()
    began = time.monotonic()
    seen = await next_such(viewer, is_status("offline"))
    assert time.monotonic() - began < 5
    assert "can't reach Redis" in seen["trouble"]
    own_redis.thaw() if how == "freeze" else own_redis.start()
    await next_such(viewer, lambda message: "trouble" not in message)
    await engine.beat()
    await next_such(viewer, is_status("running"))
    await engine.redis.aclose()


async def test_viewers_of_a_redis_that_forgot_are_sent_back_for_a_fresh_start(
    make_hub: MakeHub, own_redis: OwnRedis, sub: str
) -> None:
    viewer = await make_hub(url=own_redis.url).join(sub)
    engine = FakeEngine(own_redis.url, sub)
    await engine.result("before")
    await next_such(viewer, lambda message: message.get("commandId") == "before")
    own_redis.kill()
    own_redis.forget()
    own_redis.start()
    with pytest.raises(FellBehindError):
        await next_such(viewer, lambda message: message["type"] == "result")
    await engine.redis.aclose()


async def test_joining_without_redis_is_an_error_by_name(make_hub: MakeHub, sub: str) -> None:
    with pytest.raises(RedisUnavailableError):
        await make_hub(url="redis://127.0.0.1:1").join(sub)


async def test_a_status_from_a_future_that_redis_has_forgotten_is_replaced(
    make_hub: MakeHub, engine: FakeEngine
) -> None:
    viewer = await make_hub().join(engine.sub)
    name = f"livermore:status:{engine.sub}"
    body = engine.status().body() | {"timestamp": await engine.now_ms() + 3_600_000}
    for attempt in range(40):
        # The channel keeps nothing: what was published before the hub had subscribed is gone, as a real one's would be
        # until the next second.
        await engine.redis.publish(name, json.dumps(body))
        try:
            await next_such(viewer, is_status("running"), patience=0.2)
            break
        except TimeoutError:
            assert attempt < 39, "the status was never told"
    engine.state = EngineState.PAUSED
    await engine.beat()
    await next_such(viewer, is_status("paused"))
