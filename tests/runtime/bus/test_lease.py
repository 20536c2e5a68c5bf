"""One leads, and the fencing token shows which."""

import asyncio
from typing import Any

import pytest

from runtime.bus import leader_calls, lease
from runtime.bus.calls import Call, arun
from runtime.bus.connections import AsyncRedis
from runtime.bus.keys import Keys
from runtime.bus.market_cache import RedisMarketCache
from runtime.engine.candles import Candle, SeriesKey
from runtime.engine.ports.availability import LeaseLostError
from runtime.engine.ports.commands import CommandEnd, Intent
from runtime.protocol.answers import Outcome, Result
from tests.runtime.bus.leading import Leader

pytestmark = pytest.mark.stores

HERE = lease.Candidate("e1", "host-1", "slot-1")
ELSEWHERE = lease.Candidate("e2", "host-2", "slot-2")
ALONE = lease.Candidate("e3", "host-3", "")


async def acquire(redis: AsyncRedis, sub: str, who: lease.Candidate, ttl_ms: int = 60_000) -> lease.Acquisition:
    return await arun(redis, lease.acquire(sub, who, ttl_ms))


async def test_the_first_gets_it_and_another_host_has_to_wait(redis: AsyncRedis, sub: str) -> None:
    first = await acquire(redis, sub, HERE)
    second = await acquire(redis, sub, ELSEWHERE)
    assert first.token is not None
    assert second.token is None
    assert 0 < second.remaining_ms <= 60_000
    held = await redis.hgetall(Keys(sub).lease)
    assert held[b"engine"] == b"e1"
    assert held[b"host"] == b"host-1"


async def test_a_child_restarted_by_its_supervisor_takes_over_at_once(redis: AsyncRedis, sub: str) -> None:
    first = await acquire(redis, sub, HERE)
    again = await acquire(redis, sub, lease.Candidate("e9", "host-1", "slot-1"))
    assert first.token is not None
    assert again.token is not None
    assert int(again.token) > int(first.token)


@pytest.mark.parametrize("who", [ALONE, lease.Candidate("e4", "host-4", "")])
async def test_engines_without_a_supervisor_never_take_over_from_each_other(
    redis: AsyncRedis, sub: str, who: lease.Candidate
) -> None:
    assert (await acquire(redis, sub, ALONE)).token is not None
    assert (await acquire(redis, sub, who)).token is None
    assert (await acquire(redis, sub, HERE)).token is None


async def test_another_host_takes_over_after_the_lease_has_run_out_and_not_before(redis: AsyncRedis, sub: str) -> None:
    assert (await acquire(redis, sub, HERE, ttl_ms=150)).token is not None
    async with asyncio.timeout(10):
        while (other := await acquire(redis, sub, ELSEWHERE)).token is None:
            assert other.remaining_ms <= 150
    assert other.token is not None
    held = await redis.hgetall(Keys(sub).lease)
    assert held[b"engine"] == b"e2"


async def test_of_many_that_try_at_once_one_gets_it(redis: AsyncRedis, sub: str) -> None:
    everyone = [lease.Candidate(f"e{i}", f"host-{i}", f"slot-{i}") for i in range(20)]
    acquired = await asyncio.gather(*(acquire(redis, sub, who) for who in everyone))
    assert sum(one.token is not None for one in acquired) == 1


async def test_a_renewed_lease_lasts_and_a_replaced_engine_cannot_renew(redis: AsyncRedis, sub: str) -> None:
    first = await acquire(redis, sub, HERE, ttl_ms=5_000)
    assert first.token is not None
    held, now_ms = await arun(redis, lease.renew(sub, first.token, HERE, 60_000))
    assert held
    assert now_ms >= first.now_ms
    assert await redis.pttl(Keys(sub).lease) > 5_000
    second = await acquire(redis, sub, lease.Candidate("e9", "host-1", "slot-1"))
    assert second.token is not None
    assert (await arun(redis, lease.renew(sub, first.token, HERE, 60_000)))[0] is False
    assert (await arun(redis, lease.renew(sub, second.token, HERE, 60_000)))[0] is True


async def test_a_lease_that_ran_out_while_nobody_else_wanted_it_is_made_again(redis: AsyncRedis, sub: str) -> None:
    first = await acquire(redis, sub, HERE)
    assert first.token is not None
    await redis.delete(Keys(sub).lease)
    assert (await arun(redis, lease.renew(sub, first.token, HERE, 60_000)))[0] is True
    assert (await acquire(redis, sub, ELSEWHERE)).token is None


async def test_released_it_is_free_at_once_but_only_by_its_holder(redis: AsyncRedis, sub: str) -> None:
    first = await acquire(redis, sub, HERE)
    assert first.token is not None
    assert await arun(redis, lease.release(sub, str(int(first.token) - 1))) is False
    assert (await acquire(redis, sub, ELSEWHERE)).token is None
    assert await arun(redis, lease.release(sub, first.token)) is True
    second = await acquire(redis, sub, ELSEWHERE)
    assert second.token is not None
    assert int(second.token) > int(first.token)


async def test_tokens_rise_even_when_redis_has_forgotten_the_last_one(own_redis: AsyncRedis, sub: str) -> None:
    tokens = []
    for _ in range(3):
        acquired = await acquire(own_redis, sub, HERE)
        assert acquired.token is not None
        tokens.append(int(acquired.token))
        await own_redis.flushall()
        # The clock's next millisecond.
        while (await own_redis.time())[1] // 1000 == acquired.now_ms % 1000:
            continue
    assert tokens == sorted(set(tokens))


async def test_after_redis_lost_everything_the_leader_goes_on_and_a_replaced_one_finds_out(
    own_redis: AsyncRedis, sub: str
) -> None:
    old = await acquire(own_redis, sub, HERE)
    new = await acquire(own_redis, sub, lease.Candidate("e9", "host-1", "slot-1"))
    assert old.token is not None
    assert new.token is not None
    await own_redis.flushall()
    assert (await arun(own_redis, lease.renew(sub, new.token, HERE, 60_000)))[0] is True
    assert (await arun(own_redis, lease.renew(sub, old.token, HERE, 60_000)))[0] is False


def _every_call(sub: str, token: str) -> dict[str, Call[Any]]:
    result, intent = Result(Outcome.SUCCEEDED), Intent(True, None)
    return {
        "admit": leader_calls.admit(sub, token, "1-1", "c1", "{}", engine_id="e", ttl_ms=1, deadline=None),
        "start": leader_calls.start(sub, token, "c1"),
        "complete": leader_calls.complete(sub, token, "1-1", "c1", "{}", CommandEnd(result, intent)),
        "discard": leader_calls.discard(sub, token, "1-1"),
        "emit": leader_calls.emit(sub, token, {"type": "error"}),
        "status": leader_calls.status(sub, token, {"type": "status"}),
        "store intent": leader_calls.store_intent(sub, token, intent, restore=False),
        "restore intent": leader_calls.store_intent(sub, token, intent, restore=True),
    }


@pytest.mark.parametrize("name", list(_every_call("", "0")))
async def test_nothing_that_a_replaced_leader_does_has_any_effect(leader: Leader, name: str) -> None:
    await leader.replaced_by()
    before = {key async for key in leader.redis.scan_iter(match=f"*{leader.sub}*", count=1000)}
    with pytest.raises(LeaseLostError, match="another engine leads this identity now"):
        await arun(leader.redis, _every_call(leader.sub, leader.token)[name])
    assert {key async for key in leader.redis.scan_iter(match=f"*{leader.sub}*", count=1000)} == before


async def test_the_caches_of_a_replaced_leader_are_not_written(leader: Leader) -> None:
    await leader.replaced_by()
    series = SeriesKey("simulated", f"X-{leader.sub[:8].upper()}", "1m")
    cache = RedisMarketCache(leader.redis, leader.sub, leader.token)
    with pytest.raises(LeaseLostError):
        await cache.write([Candle(series, 0, 1, 1, 1, 1, 1)], {})
    assert await cache.candles(series) == []


async def test_a_replaced_leader_receives_nothing_that_it_could_act_on(leader: Leader) -> None:
    await leader.send()
    await leader.replaced_by()
    with pytest.raises(LeaseLostError):
        await leader.receive()
