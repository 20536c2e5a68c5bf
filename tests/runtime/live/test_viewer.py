import asyncio

import pytest

from runtime.bus.live import Event
from runtime.live.viewer import FellBehindError, Told, Viewer


def event(seq: str) -> Event:
    return Event(seq, {})


async def test_events_come_in_order_and_before_the_status() -> None:
    viewer = Viewer("s")
    viewer.put_status("status")
    viewer.put_event(event("1-0"), "one")
    viewer.put_event(event("2-0"), "two")
    assert [await viewer.next() for _ in range(3)] == [Told("1-0", "one"), Told("2-0", "two"), Told(None, "status")]


async def test_only_the_newest_status_waits() -> None:
    viewer = Viewer("s", queue_length=2)
    for number in range(100):
        viewer.put_status(str(number))
    assert await viewer.next() == Told(None, "99")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(viewer.next(), 0.01)


async def test_one_event_too_many_ends_the_viewer_and_frees_what_it_held() -> None:
    viewer = Viewer("s", queue_length=2)
    for seq in ("1-0", "2-0", "3-0"):
        viewer.put_event(event(seq), "text")
    assert viewer.fell_behind
    with pytest.raises(FellBehindError):
        await viewer.next()


async def test_a_viewer_that_waits_is_woken_to_be_told_that_it_fell_behind() -> None:
    viewer = Viewer("s")
    waiting = asyncio.create_task(viewer.next())
    await asyncio.sleep(0)
    viewer.give_up()
    with pytest.raises(FellBehindError):
        await waiting
