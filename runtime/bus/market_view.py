"""The caches of candles and indicators as those read them who are not the engine.

The keys carry no identity: whoever asks for a series has checked that it is the asker's.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

from runtime.bus import keys as names
from runtime.bus.connections import client, redis_errors_named
from runtime.bus.market_cache import unpacked
from runtime.engine.candles import Candle, SeriesKey

_AT_ONCE: Final = 1_000
"""So many values in one request: more would hold up everybody else on the server."""


def read_indicators(keys: Sequence[SeriesKey]) -> list[Mapping[str, Any] | None]:
    """Return each series' values after its last bar, with that bar's `openTime`; None where nothing is cached.

    Raises RedisUnavailableError.
    """
    found: list[Mapping[str, Any] | None] = []
    with redis_errors_named():
        for first in range(0, len(keys), _AT_ONCE):
            wanted = [names.indicators(*key) for key in keys[first : first + _AT_ONCE]]
            values = cast("list[bytes | None]", client().mget(wanted))
            found += [None if value is None else json.loads(value) for value in values]
    return found


def read_candles(key: SeriesKey) -> list[Candle]:
    """Return what is cached of a series, oldest first. Raises RedisUnavailableError."""
    with redis_errors_named():
        stored = cast("dict[bytes, bytes]", client().hgetall(names.candles(*key)))
    return [unpacked(key, open_time, stored[field]) for open_time, field in sorted((int(f), f) for f in stored)]
