"""A desk for each test, and how much of each fault is wanted."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from settingsapp.services import create_identity
from tests.faults.desk import Desk, services_on
from tests.faults.extent import FULL, SHORT, Extent
from tests.own_redis import OwnRedis


@pytest.fixture(scope="session")
def extent(request: pytest.FixtureRequest) -> Extent:
    """The numbers of this run: pytest's `--full` or not."""
    return FULL if request.config.getoption("--full") else SHORT


@pytest.fixture
def desk(transactional_db: None, settings: Any) -> Iterator[Desk]:
    """An identity that watches two symbols, on a Redis server of its own. No engine runs yet."""
    from settingsapp.models import UserSettings

    row = UserSettings.objects.get(identity=create_identity())
    row.settings |= {"symbols": ["BTC-USD", "ETH-USD"], "position_symbols": ["BTC-USD", "ETH-USD"]}
    row.save()
    with tempfile.TemporaryDirectory(prefix="lv-", ignore_cleanup_errors=True) as place:
        server = OwnRedis(Path(place))
        server.start()
        opened = Desk(row.identity.sub, server, Path(place))
        try:
            with services_on(server.url, settings):
                yield opened
        finally:
            opened.close()
            server.kill()
