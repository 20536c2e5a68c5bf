from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.bus.connections import RedisUnavailableError
from runtime.bus.live import BEGINNING, LiveReader, StreamEnds, is_after, look, parse_place
from tests.runtime.live.fake_engine import FakeEngine

pytestmark = pytest.mark.stores

NOBODY = "redis://127.0.0.1:1"
places = st.tuples(st.integers(0, 2**48), st.integers(0, 50)).map(lambda pair: f"{pair[0]}-{pair[1]}")


def in_order(ids: list[str]) -> list[str]:
    return sorted(ids, key=lambda entry: parse_place(entry) or (0, 0))


streams = st.lists(places, unique=True, max_size=30).map(in_order)


@pytest.fixture
async def engine(redis_server: str, sub: str) -> AsyncIterator[FakeEngine]:
    async with FakeEngine(redis_server, sub) as engine:
        yield engine


@pytest.fixture
async def reader(redis_server: str) -> AsyncIterator[LiveReader]:
    reader = LiveReader()
    yield reader
    await reader.close()


async def test_statuses_come_with_redis_own_time(engine: FakeEngine, reader: LiveReader) -> None:
    await engine.beat()
    statuses = await reader.statuses((engine.sub, "nobody"))
    said = statuses.last[engine.sub]
    assert said is not None
    assert said["engine"] == {"id": "engine-1", "host": "desk-7"}
    assert 0 <= statuses.now_ms - said["timestamp"] < 2_000
    assert statuses.last["nobody"] is None


async def test_a_status_that_is_no_json_counts_as_none(engine: FakeEngine, reader: LiveReader) -> None:
    await engine.redis.set(f"livermore:status:{engine.sub}", "{nonsense")
    assert (await reader.statuses((engine.sub,))).last[engine.sub] is None


async def test_events_after_a_place_come_in_order(engine: FakeEngine, reader: LiveReader) -> None:
    ids = [await engine.result(f"c{number}") for number in range(5)]
    continuation = await reader.continuation(engine.sub, ids[1])
    assert [event.seq for event in continuation.events] == ids[2:]
    assert [event.body["commandId"] for event in continuation.events] == ["c2", "c3", "c4"]
    assert (continuation.last, continuation.gap) == (ids[-1], False)


async def test_from_the_last_event_nothing_is_missing_and_nothing_follows(
    engine: FakeEngine, reader: LiveReader
) -> None:
    last = await engine.result("c")
    continuation = await reader.continuation(engine.sub, last)
    assert (continuation.gap, continuation.events) == (False, ())


async def test_the_beginning_of_a_stream_that_lost_nothing_is_no_gap(engine: FakeEngine, reader: LiveReader) -> None:
    assert not (await reader.continuation(engine.sub, BEGINNING)).gap
    await engine.result("c")
    continuation = await reader.continuation(engine.sub, BEGINNING)
    assert not continuation.gap
    assert len(continuation.events) == 1


@pytest.mark.parametrize("nonsense", ["", "abc", "1", "1-", "-1", "1-2-3", "+1-1", "99999999999999999999-0", "$"])
async def test_what_is_no_place_is_a_gap(engine: FakeEngine, reader: LiveReader, nonsense: str) -> None:
    await engine.result("c")
    assert (await reader.continuation(engine.sub, nonsense)).gap


async def test_a_place_from_the_future_is_a_gap(engine: FakeEngine, reader: LiveReader) -> None:
    last = await engine.result("c")
    assert (await reader.continuation(engine.sub, f"{int(last.split('-')[0]) + 1}-0")).gap


async def test_a_trimmed_place_is_a_gap_and_a_kept_one_is_none(engine: FakeEngine, reader: LiveReader) -> None:
    ids = [await engine.tell({"type": "ack", "commandId": str(number)}, limit=3) for number in range(6)]
    assert (await reader.continuation(engine.sub, ids[0])).gap
    assert (await reader.continuation(engine.sub, BEGINNING)).gap
    assert not (await reader.continuation(engine.sub, ids[3])).gap


async def test_a_place_from_before_the_stream_was_lost_is_a_gap(engine: FakeEngine, reader: LiveReader) -> None:
    before = await engine.result("c")
    await engine.redis.delete(f"livermore:events:{engine.sub}")
    assert (await reader.continuation(engine.sub, before)).gap
    await engine.result("d")
    assert (await reader.continuation(engine.sub, before)).gap


async def test_recent_errors_are_the_newest_first_and_nothing_else(engine: FakeEngine, reader: LiveReader) -> None:
    for number in range(4):
        await engine.tell({"type": "error", "level": "error", "origin": "feed", "message": f"no {number}"})
        await engine.tell({"type": "progress", "commandId": "c", "done": 1, "total": 2, "message": 'an "error" or so'})
    errors = await reader.recent_errors(engine.sub, 3)
    assert [error["message"] for error in errors] == ["no 3", "no 2", "no 1"]
    assert all(error["seq"] for error in errors)


async def test_one_look_tells_it_all_to_callers_without_a_loop(engine: FakeEngine) -> None:
    await engine.beat()
    await engine.tell({"type": "error", "level": "error", "origin": "feed", "message": "no"})
    seen = look(engine.sub, errors=5)
    assert seen.status is not None
    unasked = look(engine.sub)
    assert (unasked.status, unasked.errors) == (seen.status, [])
    assert [error["message"] for error in seen.errors] == ["no"]
    nothing = look("nobody", errors=5)
    assert (nothing.status, nothing.errors) == (None, [])


async def test_without_redis_the_error_is_named_at_once() -> None:
    reader = LiveReader(NOBODY)
    with pytest.raises(RedisUnavailableError):
        await reader.statuses(("x",))
    with pytest.raises(RedisUnavailableError):
        await reader.continuation("x", BEGINNING)
    with pytest.raises(RedisUnavailableError):
        look("x", url=NOBODY)
    await reader.close()


@given(streams, places, st.integers(0, 30))
def test_no_gap_means_that_every_later_event_is_kept(ids: list[str], since: str, cut: int) -> None:
    ids = [entry for entry in ids if entry != BEGINNING]
    kept = ids[cut:]
    ends = StreamEnds(ids[-1] if ids else BEGINNING, kept[0] if kept else None, trimmed=len(kept) < len(ids))
    if not ends.has_gap_after(since):
        assert [entry for entry in ids if is_after(entry, since)] == [entry for entry in kept if is_after(entry, since)]
    for entry in kept:
        assert not ends.has_gap_after(entry)
