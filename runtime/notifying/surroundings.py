"""What telling people reaches outside itself."""

import asyncio
import os
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol, cast

from runtime.engine.candles import Candle, SeriesKey
from runtime.engine.market import Market
from runtime.engine.ports.clock import Clock
from runtime.engine.ports.settings import LoadedSettings
from runtime.notifying import planning
from runtime.notifying.addresses import Address
from runtime.notifying.pictures import Pictures
from runtime.notifying.post import Attempt, Letter, hand_in
from runtime.persistence.sendings import SendingKey, Unsent
from runtime.protocol.alerts import Alert
from runtime.protocol.delivery import Sending
from settingsapp.schema.vocabulary import Timeframe

SECONDS_PER_ATTEMPT: Final = 45.0


class Sendings(Protocol):
    """See runtime.persistence.sendings.KeptSendings."""

    async def resume(self, begun_at: int, now_ms: int) -> tuple[Sequence[Unsent], int]: ...

    async def begin(self, keys: Sequence[SendingKey], now_ms: int) -> frozenset[SendingKey]: ...

    async def note(self, sendings: Mapping[SendingKey, Sending]) -> frozenset[SendingKey]: ...


HandIn = Callable[[Address, Letter], Attempt]


@dataclass(frozen=True)
class Surroundings:
    """What a notifier reaches outside itself."""

    clock: Clock
    settings: Callable[[], LoadedSettings | None]
    """The settings in force; None before the engine has any."""
    market: Market
    sendings: Sendings
    leads: Callable[[], Awaitable[bool]]
    """Asks Redis whether this engine leads. Raises SourceUnavailableError."""
    announce: Callable[[dict[str, Any]], Awaitable[None]]
    """Puts a message among the events. Raises SourceUnavailableError, LeaseLostError."""
    pictures: Pictures
    read: Callable[[str], str | None] = os.environ.get
    """Returns the value of an environment variable."""
    hand_in: HandIn = hand_in
    jitter: Callable[[], float] = random.random
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    page: str = ""
    """Where the live page is; empty where that isn't known."""
    seconds_per_attempt: float = SECONDS_PER_ATTEMPT
    gather_ms: int = planning.GATHER_MS

    def held(self, alert: Alert) -> Sequence[Candle]:
        """Return the candles of an alert's series as they are now; none where nobody watches it any more."""
        try:
            return self.market.candles(SeriesKey(alert.exchange, alert.symbol, cast("Timeframe", alert.timeframe)))
        except KeyError:
            return ()
