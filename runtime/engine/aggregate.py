"""Higher candles out of lower ones."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from runtime.engine.candles import DURATION_MS, Candle, SeriesKey
from settingsapp.schema.vocabulary import Timeframe


def bucket_start(open_time: int, timeframe: Timeframe) -> int:
    """Return the open time of the bar of `timeframe` that holds the moment `open_time`, ms UTC."""
    return open_time - open_time % DURATION_MS[timeframe]


def merge(key: SeriesKey, open_time: int, parts: Sequence[Candle]) -> Candle:
    """Return the candle of `key` that consists of `parts`, which are in order and at least one.

    Only observed parts count, as an exchange would see it; without any the bar is synthetic itself.
    """
    observed = [part for part in parts if not part.synthetic]
    if not observed:
        return flat(key, open_time, parts[-1].close)
    return Candle(
        key,
        open_time,
        observed[0].open,
        max([part.high for part in observed]),
        min([part.low for part in observed]),
        observed[-1].close,
        sum([part.volume for part in observed]),
    )


def flat(key: SeriesKey, open_time: int, price: float) -> Candle:
    """Return the synthetic candle of a bar without trades."""
    return Candle(key, open_time, price, price, price, price, 0.0, synthetic=True)


def aggregate(candles: Iterable[Candle], timeframe: Timeframe, until: int) -> Iterator[Candle]:
    """Yield the candles of `timeframe` that were complete at `until`, ms UTC; buckets without candles are absent.

    `candles` are one lower series in order. A first bucket that begins before its first candle is left out:
    what was traded in it earlier is unknown.
    """
    duration = DURATION_MS[timeframe]
    begun: int | None = None
    for start, group in groupby(candles, lambda candle: bucket_start(candle.open_time, timeframe)):
        parts = list(group)
        if begun is None:
            begun = parts[0].open_time
        if begun <= start and start + duration <= until:
            yield merge(parts[0].series._replace(timeframe=timeframe), start, parts)
