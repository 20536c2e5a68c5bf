import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from runtime.live.hub import Hub
from runtime.live.viewer import Viewer
from runtime.protocol.observed import SavedVersion
from tests.own_redis import OwnRedis
from tests.runtime.live.fake_engine import FakeEngine

SAVED = 7
SAVED_AT = 1_772_971_200_000


class SavedVersions:
    """Stands for the database: the versions that are saved."""

    def __init__(self) -> None:
        self.now: dict[str, int] = {}
        self.reads = 0

    def __call__(self, subs: Collection[str]) -> Mapping[str, SavedVersion]:
        self.reads += 1
        return {sub: SavedVersion(self.now.get(sub, SAVED), SAVED_AT) for sub in subs}


@pytest.fixture
def saved_versions() -> SavedVersions:
    return SavedVersions()


def saved_presentations(subs: Collection[str]) -> Mapping[str, dict[str, Any]]:
    return {sub: {"publicName": sub} for sub in subs}


@pytest.fixture
async def engine(redis_server: str, sub: str) -> AsyncIterator[FakeEngine]:
    async with FakeEngine(redis_server, sub) as engine:
        yield engine


@pytest.fixture
async def make_hub(saved_versions: SavedVersions) -> AsyncIterator[Callable[..., Hub]]:
    hubs: list[Hub] = []

    def make(**arguments: Any) -> Hub:
        given: dict[str, Any] = {
            "saved_versions": saved_versions,
            "saved_presentations": saved_presentations,
            "tick_seconds": 0.2,
        } | arguments
        hubs.append(Hub(**given))
        return hubs[-1]

    yield make
    for hub in hubs:
        await hub.close()


@pytest.fixture
def own_redis() -> Iterator[OwnRedis]:
    # A short path: a socket's has to fit into 107 bytes.
    with TemporaryDirectory(prefix="lm-") as directory:
        server = OwnRedis(Path(directory))
        server.start()
        yield server
        server.kill()


async def next_such(viewer: Viewer, wanted: Callable[[dict[str, Any]], bool], patience: float = 8) -> dict[str, Any]:
    """Return the next message that a viewer is told and that is wanted."""
    async with asyncio.timeout(patience):
        while True:
            message: dict[str, Any] = json.loads((await viewer.next()).text)
            if wanted(message):
                return message


async def eventually(holds: Callable[[], Awaitable[bool]], patience: float = 8) -> None:
    async with asyncio.timeout(patience):
        while not await holds():  # noqa: ASYNC110
            await asyncio.sleep(0.02)
