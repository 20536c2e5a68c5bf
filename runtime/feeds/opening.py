"""Which feed speaks for which exchange."""

from collections.abc import Sequence
from pathlib import Path

from runtime.engine.ports.clock import Clock
from runtime.engine.ports.feeds import Feed
from runtime.feeds.exchanges.feed import ExchangeFeed
from runtime.feeds.recorded import RecordedFeed
from runtime.feeds.recordings import read_recordings
from runtime.feeds.simulated import SimulatedFeed, Sleep
from settingsapp.schema.exchange_names import EXCHANGE_NAMES
from settingsapp.schema.vocabulary import SIMULATED


class LiveFeeds:
    """Opens feeds by exchange name. With files in `play` the simulated exchange plays them."""

    def __init__(self, clock: Clock, sleep: Sleep, play: Sequence[Path] = (), speed: float = 1.0) -> None:
        """Reads the files. Raises RecordingError for one that can't be played, ValueError for a bad speed."""
        if not 0 < speed <= 1e9:
            raise ValueError(f"speed is {speed:g}; it says how many times faster than real time, from above 0 on")
        self._clock = clock
        self._sleep = sleep
        self._speed = speed
        self._recordings = read_recordings(play)

    @property
    def playing(self) -> Sequence[str]:
        """Exchanges that play a recording: they run whatever the document says of them."""
        return (SIMULATED,) if self._recordings else ()

    def open(self, exchange: str) -> Feed | None:
        """Return a feed; None where there is no connection to that exchange."""
        if exchange != SIMULATED:
            return ExchangeFeed(exchange, self._clock, self._sleep) if exchange in EXCHANGE_NAMES else None
        if self._recordings:
            return RecordedFeed(self._recordings, self._clock, self._sleep, self._speed)
        return SimulatedFeed(self._clock, self._sleep)
