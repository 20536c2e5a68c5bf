"""Blocking work beside the event loop, with a deadline that holds whatever the work does."""

import asyncio
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class BusyError(Exception):
    """Too much earlier work is still at it, long after its deadline."""


class Beside:
    """Runs work in threads that nobody waits for: neither past the deadline nor when the program ends."""

    def __init__(self, name: str, most: int = 3) -> None:
        self._name = name
        self._most = most
        self._running: set[threading.Thread] = set()

    async def run(self, work: Callable[[], T], seconds: float) -> T:
        """Return what the work returns, or raise what it raises. Raises TimeoutError, BusyError.

        What has passed its deadline goes on unheard until it ends by itself.
        """
        self._running = {thread for thread in self._running if thread.is_alive()}
        if len(self._running) >= self._most:
            raise BusyError(f"{len(self._running)} earlier attempts are still waiting for an answer")
        loop = asyncio.get_running_loop()
        ended: asyncio.Future[T] = loop.create_future()

        def settle(result: T | None, error: BaseException | None) -> None:
            if ended.done():
                return
            if error is not None:
                ended.set_exception(error)
            else:
                ended.set_result(result)  # type: ignore[arg-type]

        def carry_out() -> None:
            result, error = None, None
            try:
                result = work()
            except BaseException as caught:
                error = caught
            try:
                loop.call_soon_threadsafe(settle, result, error)
            except RuntimeError:
                # The loop has ended meanwhile: nobody is left to hear it.
                return

        thread = threading.Thread(target=carry_out, name=self._name, daemon=True)
        self._running.add(thread)
        thread.start()
        return await asyncio.wait_for(ended, seconds)
