"""The instruments are looked after beside the engine."""

import asyncio
import contextlib

import pytest
from channels.db import database_sync_to_async
from django.db import connections

from runtime.catalogue_keeping import keep_catalogue
from settingsapp import services
from symbols import catalogue

pytestmark = [pytest.mark.stores, pytest.mark.django_db(transaction=True)]


async def test_a_fresh_installation_gets_to_know_its_exchanges_by_itself() -> None:
    identity = await database_sync_to_async(services.create_identity)()
    keeping = asyncio.create_task(keep_catalogue(identity.sub, every=0.05))
    async with asyncio.timeout(20):
        while await database_sync_to_async(catalogue.count_active)("simulated") != 30:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    keeping.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await keeping
    await database_sync_to_async(connections.close_all)()


async def test_trouble_is_told_and_ends_nothing(caplog: pytest.LogCaptureFixture) -> None:
    keeping = asyncio.create_task(keep_catalogue("nobody", every=0.01))
    async with asyncio.timeout(20):
        while caplog.text.count("can't be looked after now") < 2:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    assert not keeping.done()
    keeping.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await keeping
