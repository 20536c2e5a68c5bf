"""Requests to Redis as data, so that each is written once and run by synchronous and asynchronous callers alike."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Generic, TypeVar

from redis.exceptions import NoScriptError

from runtime.bus.connections import AsyncRedis, SyncRedis, redis_errors_named

T = TypeVar("T")
Argument = str | int | float | bytes


@dataclass(frozen=True)
class Script:
    """A Lua script with the digest by which a server knows it."""

    source: str
    digest: str


@cache
def script(name: str) -> Script:
    """Return the script of that name from runtime/bus/lua, with the shared prelude before it."""
    folder = files("runtime.bus") / "lua"
    source = f"{(folder / 'prelude.lua').read_text()}\n{(folder / f'{name}.lua').read_text()}"
    return Script(source, hashlib.sha1(source.encode(), usedforsecurity=False).hexdigest())


@dataclass(frozen=True)
class Call(Generic[T]):
    """One request and how its answer is read. `script` is None for a plain Redis command."""

    arguments: tuple[Argument, ...]
    parse: Callable[[Any], T]
    script: Script | None = None

    @property
    def by_digest(self) -> tuple[Argument, ...]:
        return ("EVALSHA", self.script.digest, *self.arguments) if self.script else self.arguments

    @property
    def by_source(self) -> tuple[Argument, ...]:
        return ("EVAL", self.script.source, *self.arguments) if self.script else self.arguments


def script_call(name: str, keys: Sequence[str], arguments: Sequence[Argument], parse: Callable[[Any], T]) -> Call[T]:
    """Build a call of one of our scripts."""
    return Call((len(keys), *keys, *arguments), parse, script(name))


def run(redis: SyncRedis, call: Call[T]) -> T:
    """Run a call. Raises RedisUnavailableError."""
    with redis_errors_named():
        try:
            answer = redis.execute_command(*call.by_digest)
        except NoScriptError:
            answer = redis.execute_command(*call.by_source)
    return call.parse(answer)


async def arun(redis: AsyncRedis, call: Call[T]) -> T:
    """Run a call. Raises RedisUnavailableError."""
    with redis_errors_named():
        try:
            answer = await redis.execute_command(*call.by_digest)
        except NoScriptError:
            answer = await redis.execute_command(*call.by_source)
    return call.parse(answer)


def run_all(redis: SyncRedis, calls: Sequence[Call[T]]) -> list[T]:
    """Run independent calls in one round trip, their answers in the same order. Raises RedisUnavailableError."""
    if not calls:
        return []
    with redis_errors_named():
        pipeline = redis.pipeline(transaction=False)
        for call in calls:
            pipeline.execute_command(*call.by_digest)
        answers = pipeline.execute(raise_on_error=False)
    found = []
    for call, answer in zip(calls, answers, strict=True):
        if isinstance(answer, NoScriptError):
            found.append(run(redis, call))
        else:
            found.append(_parsed(call, answer))
    return found


async def arun_all(redis: AsyncRedis, calls: Sequence[Call[T]]) -> list[T]:
    """Run independent calls in one round trip, their answers in the same order. Raises RedisUnavailableError."""
    if not calls:
        return []
    with redis_errors_named():
        pipeline = redis.pipeline(transaction=False)
        for call in calls:
            pipeline.execute_command(*call.by_digest)
        answers = await pipeline.execute(raise_on_error=False)
    found = []
    for call, answer in zip(calls, answers, strict=True):
        if isinstance(answer, NoScriptError):
            found.append(await arun(redis, call))
        else:
            found.append(_parsed(call, answer))
    return found


def _parsed(call: Call[T], answer: Any) -> T:
    if isinstance(answer, Exception):
        with redis_errors_named():
            raise answer
    return call.parse(answer)


def text(answer: bytes | str) -> str:
    """Read a reply that is a text."""
    return answer.decode() if isinstance(answer, bytes) else answer
