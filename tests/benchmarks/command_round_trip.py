"""How long a command takes from its sender to the engine and back, against Redis's own round trip.

Both are measured in the same run, alternating, on the same server: one side sends from this thread, the other answers
in a thread of its own. The floor is XADD, XREADGROUP, PUBLISH + XACK, and a subscriber, with the plain client on open
connections; a command's sender connects and subscribes for each, as page, API and shell do.
"""

import asyncio
import statistics
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import redis

from runtime import services
from runtime.bus import lease
from runtime.bus.calls import arun
from runtime.bus.connections import connect_async
from runtime.bus.keys import Keys
from runtime.bus.leader_queue import LeaderQueue
from runtime.engine.executor import Ending, Executor
from runtime.engine.market import Market
from runtime.engine.ports.commands import QueuedCommand
from runtime.engine.state import State
from runtime.protocol.answers import Outcome, Result
from runtime.protocol.payloads import CommandName
from runtime.services import Order

ANSWER_SECONDS = 10.0


@dataclass(frozen=True)
class RoundTrips:
    """Medians in ms of so many round trips each."""

    rounds: int
    floor_ms: float
    command_ms: float

    @property
    def ratio(self) -> float:
        """How many of Redis's own round trips one command takes."""
        return self.command_ms / self.floor_ms

    def lines(self) -> list[str]:
        """Return a Markdown table."""
        return [
            "| round trip | p50, ms | ratio |",
            "| --- | ---: | ---: |",
            f"| XADD, XREADGROUP, PUBLISH + XACK, subscriber | {self.floor_ms:.3f} | 1.0 |",
            f"| command: sent, acknowledged, carried out, result heard | {self.command_ms:.3f} | {self.ratio:.1f} |",
        ]


def measure(url: str, rounds: int) -> RoundTrips:
    """Measure both, alternating. Raises RedisUnavailableError, RuntimeError where an answer is missing."""
    sub = str(uuid.uuid4())
    with _answering_engine(url, sub), _raw_round_trip(url, f"benchmark:{sub}") as raw:
        floor: list[float] = []
        command: list[float] = []
        for turn in range(rounds + max(3, rounds // 10)):
            pair = _timed(raw), _timed(lambda: _command(sub))
            # The first turns connect and load scripts.
            if turn >= max(3, rounds // 10):
                floor.append(pair[0])
                command.append(pair[1])
    return RoundTrips(rounds, statistics.median(floor) * 1000, statistics.median(command) * 1000)


def _timed(work: Callable[[], None]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def _command(sub: str) -> None:
    order = Order(CommandName.STATUS)
    _, result = services.send_and_wait(sub, order, source="benchmark", issued_by="", seconds=ANSWER_SECONDS)
    if result is None or not result["success"]:
        raise RuntimeError(f"the engine did not answer as it should: {result}")


@contextmanager
def _answering_engine(url: str, sub: str) -> Iterator[None]:
    """The engine's own queue and executor, on an event loop in a thread, answering every command at once."""
    ready, stop = threading.Event(), threading.Event()
    thread = threading.Thread(target=lambda: asyncio.run(_answer(url, sub, ready, stop)), daemon=True)
    thread.start()
    if not ready.wait(ANSWER_SECONDS):
        raise RuntimeError("the engine did not start")
    try:
        yield
    finally:
        stop.set()
        thread.join(ANSWER_SECONDS)
        with redis.Redis.from_url(url) as client:
            keys = Keys(sub)
            client.delete(keys.commands, keys.events, keys.lease, keys.fence, keys.history)
            for key in client.scan_iter(match=keys.command("*"), count=1_000):
                client.delete(key)


async def _answer(url: str, sub: str, ready: threading.Event, stop: threading.Event) -> None:
    client = connect_async(url)
    acquired = await arun(client, lease.acquire(sub, lease.Candidate("benchmark", "here", ""), 600_000))
    assert acquired.token is not None

    async def done(queued: QueuedCommand) -> Ending:
        return Ending(Result(Outcome.SUCCEEDED, "done"))

    async def tell_nobody() -> None:
        return None

    state = State("benchmark", "here", acquired.now_ms, Market(), lambda name: False)
    queue = LeaderQueue(client, sub, acquired.token, "benchmark")
    executor = Executor(state, queue, dict.fromkeys(CommandName, done), tell_nobody)
    running = asyncio.create_task(executor.run())
    ready.set()
    await asyncio.to_thread(stop.wait)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await client.aclose()


@contextmanager
def _raw_round_trip(url: str, name: str) -> Iterator[Callable[[], None]]:
    """What Redis itself needs for the same way, there and back."""
    stop = threading.Event()
    with redis.Redis.from_url(url) as sender, redis.Redis.from_url(url) as receiver:
        sender.xgroup_create(name, "engine", mkstream=True)

        def answer() -> None:
            while not stop.is_set():
                found = receiver.execute_command(
                    *("XREADGROUP", "GROUP", "engine", "leader", "COUNT", 1, "BLOCK", 100, "STREAMS", name, ">")
                )
                if found:
                    entries = next(iter(found.values())) if isinstance(found, dict) else found[0][1]
                    entry = entries[0][0] if not isinstance(entries[0][0], list | tuple) else entries[0][0][0]
                    pipeline = receiver.pipeline(transaction=False)
                    pipeline.publish(f"{name}:answers", "done")
                    pipeline.xack(name, "engine", entry)
                    pipeline.execute()

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()

        # Connected and subscribed once: the floor is the way alone.
        answers = sender.pubsub()
        answers.subscribe(f"{name}:answers")
        answers.get_message(timeout=ANSWER_SECONDS)

        def once() -> None:
            sender.xadd(name, {"message": "x"})
            if answers.get_message(timeout=ANSWER_SECONDS) is None:
                raise RuntimeError("Redis's own round trip got no answer")

        try:
            yield once
        finally:
            stop.set()
            thread.join(ANSWER_SECONDS)
            answers.close()
            sender.delete(name)
