"""Beside the engine: the instruments of the enabled exchanges are read again from time to time."""

import asyncio
import logging
import time
from typing import Final

from django import db

from settingsapp import services
from settingsapp.identities import UnknownIdentityError
from settingsapp.schema.effective import enabled_exchanges
from settingsapp.schema.validation import InvalidSettingsError
from symbols import refreshing

log = logging.getLogger(__name__)

EVERY_SECONDS: Final = 60.0


async def keep_catalogue(sub: str, every: float = EVERY_SECONDS) -> None:
    """Look for what is due for as long as the process lives. Several engines may: each exchange has one reader."""
    while True:
        try:
            await asyncio.to_thread(_begin_what_is_due, sub)
        except (db.Error, UnknownIdentityError, InvalidSettingsError) as error:
            log.warning("the catalogue of instruments can't be looked after now: %s", error)
        except Exception:
            log.exception("looking after the catalogue of instruments failed; it goes on")
        await asyncio.sleep(every)


def _begin_what_is_due(sub: str) -> None:
    try:
        now_ms = int(time.time() * 1000)
        enabled = enabled_exchanges(services.read(sub).document)
        # The reading goes on by itself, so that an engine that ends does not wait for an exchange.
        refreshing.refresh_in_background([one for one in enabled if refreshing.is_due(one, now_ms)], now_ms)
    finally:
        db.connections.close_all()
