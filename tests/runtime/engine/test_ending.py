import asyncio

from runtime.engine.ending import end


async def test_a_task_that_swallows_a_cancellation_is_ended_all_the_same() -> None:
    async def deaf_once() -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            await asyncio.sleep(60)

    async def listening() -> None:
        await asyncio.sleep(60)

    tasks = [asyncio.create_task(deaf_once()), asyncio.create_task(listening())]
    await asyncio.sleep(0)
    await asyncio.wait_for(end(tasks), 5)
    assert all(task.cancelled() for task in tasks)


async def test_what_a_task_raised_stays_in_it() -> None:
    async def failing() -> None:
        raise ValueError("kept")

    task = asyncio.create_task(failing())
    await asyncio.sleep(0)
    await end([task])
    assert str(task.exception()) == "kept"


async def test_there_may_be_nothing_to_end() -> None:
    await end([])
