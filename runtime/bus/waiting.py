"""Hearing what comes back for commands: one subscription a process, however many wait.

A subscription for each waiter would need a connection each, and two hundred waiting callers would find none left.
"""

import queue
import threading
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from typing import Any, TypeAlias

from runtime.bus.connections import RedisUnavailableError, connect, redis_errors_named
from runtime.bus.keys import RESPONSES
from settingsapp.schema import strict_json

LISTEN_SECONDS = 2.0
RETRY_SECONDS = 0.2

Answers: TypeAlias = "queue.SimpleQueue[Mapping[str, Any]]"


class ResponseListener:
    """Listens in a thread of its own from the first waiter on; safe to use from any thread."""

    def __init__(self, url: str | None = None) -> None:
        self._redis = connect(url)
        self._lock = threading.Lock()
        self._waiting: dict[tuple[str, str], set[Answers]] = defaultdict(set)
        self._subscribed = threading.Event()
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    @contextmanager
    def answers_to(self, sub: str, command_id: str) -> Iterator[Answers]:
        """Give the queue into which everything goes that is published about a command from now on.

        Raises RedisUnavailableError where nothing could be heard. What is published while the line is down later on is
        for the caller to look up in the command's record.
        """
        answers: Answers = queue.SimpleQueue()
        with self._lock:
            self._waiting[sub, command_id].add(answers)
            if self._thread is None:
                self._thread = threading.Thread(target=self._listen, name="responses", daemon=True)
                self._thread.start()
        try:
            if not self._subscribed.wait(LISTEN_SECONDS):
                with redis_errors_named():
                    self._redis.ping()
            yield answers
        finally:
            with self._lock:
                self._waiting[sub, command_id].discard(answers)
                if not self._waiting[sub, command_id]:
                    del self._waiting[sub, command_id]

    def close(self) -> None:
        """Stop listening."""
        self._stopped.set()
        if self._thread is not None:
            # It sleeps until something is published: nobody's response wakes it.
            with suppress(RedisUnavailableError), redis_errors_named():
                self._redis.publish(f"{RESPONSES}:", b"")
            self._thread.join(LISTEN_SECONDS * 2)
        self._redis.close()

    def _listen(self) -> None:
        while not self._stopped.is_set():
            try:
                with redis_errors_named(), self._redis.pubsub() as channel:
                    channel.psubscribe(f"{RESPONSES}:*")
                    while not self._stopped.is_set():
                        heard = channel.get_message(timeout=LISTEN_SECONDS)
                        if heard is not None:
                            self._hear(heard)
            except RedisUnavailableError:
                # Waiters look into the record meanwhile, and hear from there what is wrong.
                self._subscribed.clear()
                self._stopped.wait(RETRY_SECONDS)

    def _hear(self, heard: Mapping[str, Any]) -> None:
        if heard["type"] == "psubscribe":
            self._subscribed.set()
        if heard["type"] != "pmessage":
            return
        sub = heard["channel"].decode().removeprefix(f"{RESPONSES}:")
        with self._lock:
            if not any(waiting_sub == sub for waiting_sub, _ in self._waiting):
                return
        try:
            message = strict_json.decode_object(heard["data"])
        except strict_json.MalformedJsonError:
            # Not of our making: anybody can publish there.
            return
        with self._lock:
            for answers in self._waiting.get((sub, str(message.get("commandId"))), ()):
                answers.put(message)


@cache
def listener() -> ResponseListener:
    """Return this process's listener."""
    return ResponseListener()
