"""Ending tasks for certain."""

import asyncio
from collections.abc import Iterable
from typing import Any

AGAIN_SECONDS = 1.0


async def end(tasks: Iterable["asyncio.Future[Any]"], again: float = AGAIN_SECONDS) -> None:
    """Cancel tasks until they are done, every `again` seconds; what they raised stays in them.

    Once is not enough: until Python 3.12 `asyncio.wait_for`, which the Redis client sends with, swallows a
    cancellation that arrives in the same moment as its result, and the task goes on as if nothing had happened.
    """
    pending = set(tasks)
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=again)
