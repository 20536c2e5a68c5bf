"""The pictures of alerts: each drawn once for all channels, in a thread of its own."""

import asyncio
import logging
import os
from collections import OrderedDict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from runtime.engine.candles import Candle
from runtime.notifying.beside import Beside, BusyError
from runtime.notifying.chart import draw
from runtime.protocol.alerts import Alert

log = logging.getLogger(__name__)

KEPT: Final = 32
PATIENCE_SECONDS: Final = 8.0
"""The first one takes longest: the library is loaded for it."""

Draw = Callable[[Alert, Sequence[Candle], str, Callable[[float], str]], bytes | None]


class Pictures:
    """Draws the chart of an alert. `directory`: where the library may keep what it found out about fonts."""

    def __init__(self, directory: Path, drawing: Draw = draw, patience: float = PATIENCE_SECONDS) -> None:
        self._directory = directory
        self._draw = drawing
        self._patience = patience
        self._beside = Beside("chart", most=2)
        self._turn = asyncio.Lock()
        self._drawn: OrderedDict[str, bytes | None] = OrderedDict()

    async def of(
        self, alert: Alert, candles: Sequence[Candle], title: str, clock: Callable[[float], str]
    ) -> bytes | None:
        """Return an alert's picture; None where it can't be drawn: an alert goes without rather than not at all."""
        key = str(alert.id)
        async with self._turn:
            if key not in self._drawn:
                self._drawn[key] = await self._attempt(alert, candles, title, clock)
                while len(self._drawn) > KEPT:
                    self._drawn.popitem(last=False)
            return self._drawn[key]

    async def _attempt(
        self, alert: Alert, candles: Sequence[Candle], title: str, clock: Callable[[float], str]
    ) -> bytes | None:
        if not candles:
            return None
        # The library would write into the home directory, and nothing is written outside of the data directory.
        os.environ.setdefault("MPLCONFIGDIR", str(self._directory))
        try:
            return await self._beside.run(lambda: self._draw(alert, candles, title, clock), self._patience)
        except (TimeoutError, BusyError):
            log.warning("the chart of %s took too long; its alert goes without", alert.symbol)
        except Exception:
            log.exception("the chart of %s could not be drawn; its alert goes without", alert.symbol)
        return None
