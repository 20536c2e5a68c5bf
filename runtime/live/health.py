"""For machines that watch this one: does the process live, and can it do its work?"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final

from channels.db import database_sync_to_async
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache

from runtime.bus.connections import RedisUnavailableError
from runtime.bus.live import LiveReader
from runtime.live import saved
from runtime.protocol.status import OFFLINE_AFTER_MS

PATIENCE_SECONDS: Final = 2.0

Check = dict[str, Any]


@never_cache
async def healthz(request: HttpRequest) -> HttpResponse:
    """`/healthz`: answers while the process lives, whatever else is down."""
    return JsonResponse({"alive": True})


@never_cache
async def readyz(request: HttpRequest) -> HttpResponse:
    """`/readyz`: database, Redis and engine by name; 200 when all are well, else 503. Tells no secrets."""
    database, redis, engine = await asyncio.gather(_checked(_database), _checked(_redis), _checked(_engines))
    checks = {"database": database, "redis": redis, "engine": engine}
    ready = all(check["ok"] for check in checks.values())
    return JsonResponse({"ready": ready, "checks": checks}, status=200 if ready else 503)


async def _checked(check: Callable[[], Awaitable[Check]]) -> Check:
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await check()
    except TimeoutError:
        return {"ok": False, "problem": f"no answer within {PATIENCE_SECONDS:g} s"}
    except Exception as error:
        # The error's text could hold a host or a user name; its kind is enough here, the log has the rest.
        return {"ok": False, "problem": f"does not answer ({type(error).__name__})"}


async def _database() -> Check:
    def select() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")

    await database_sync_to_async(select, thread_sensitive=False)()
    return {"ok": True}


async def _redis() -> Check:
    reader = LiveReader()
    try:
        await reader.ping()
    finally:
        await reader.close()
    return {"ok": True}


async def _engines() -> Check:
    subs = await database_sync_to_async(saved.all_subs, thread_sensitive=False)()
    reader = LiveReader()
    try:
        statuses = await reader.statuses(subs)
    except RedisUnavailableError:
        return {"ok": False, "problem": "can't be heard: Redis does not answer"}
    finally:
        await reader.close()
    if not subs:
        return {"ok": False, "problem": "there is no identity yet: start manage.py up"}
    silent = {}
    for sub, message in statuses.last.items():
        said_at = (message or {}).get("timestamp")
        if said_at is None:
            silent[sub] = "has never reported"
        elif statuses.now_ms - said_at > OFFLINE_AFTER_MS:
            silent[sub] = f"last heard {(statuses.now_ms - said_at) / 1000:.0f} s ago"
    if not silent:
        return {"ok": True}
    if len(subs) == 1:
        return {"ok": False, "problem": next(iter(silent.values()))}
    return {"ok": False, "problem": f"{len(silent)} of {len(subs)} are silent", "silent": silent}
