from collections.abc import Sequence
from pathlib import Path

import pytest

from runtime.engine.candles import DURATION_MS, Candle, SeriesKey
from runtime.engine.market import Bar, Market
from runtime.engine.modes import MODES, ModeContext
from runtime.engine.ports.feeds import UnknownInstrumentError
from runtime.engine.replaying import FIRST_VERSION, Replay
from runtime.feeds.recorded import RecordedFeed
from runtime.feeds.recordings import Recording, read_recording
from settingsapp.schema.document import default_document
from settingsapp.schema.vocabulary import Mode
from tests.runtime.engine.walks import feed_all, key_of, market_of, walk
from tests.runtime.fake_clock import FakeClock

FIVE_MINUTES = DURATION_MS["5m"]


def recording(candles: Sequence[Candle], symbol: str = "BTC-USD") -> Recording:
    key = key_of(candles[0].series.timeframe, symbol)
    renamed = [Candle(key, c.open_time, c.open, c.high, c.low, c.close, c.volume) for c in candles]
    return Recording(Path("test"), key, renamed)


def feed_of(*recordings: Recording, clock: FakeClock, speed: float = 1.0, warmup_bars: int = 10) -> RecordedFeed:
    return RecordedFeed(recordings, clock, clock.sleep, speed, warmup_bars)


async def played(feed: RecordedFeed) -> list[Candle]:
    return [candle async for batch in feed.closed() for candle in batch]


async def test_the_first_candles_are_history_and_the_rest_plays() -> None:
    candles = walk("5m", 25)
    feed = feed_of(recording(candles), clock=FakeClock(), speed=100)
    assert await feed.warmup("BTC-USD", "5m", 750) == candles[:10]
    await feed.subscribe(["BTC-USD"])
    assert await played(feed) == candles[10:]
    assert await feed.warmup("BTC-USD", "5m", 3) == candles[-3:]


async def test_it_keeps_its_pace_however_long_its_candles_take_to_handle() -> None:
    clock = FakeClock()
    feed = feed_of(recording(walk("5m", 22)), clock=clock, speed=300)
    await feed.subscribe(["BTC-USD"])
    begun = clock.now_ms()
    arrivals = []
    async for _ in feed.closed():
        arrivals.append(clock.now_ms() - begun)
        clock.suspend(0.4)
    assert arrivals == [1_000 * (i + 1) for i in range(12)]


async def test_what_came_late_is_caught_up_with() -> None:
    clock = FakeClock()
    feed = feed_of(recording(walk("5m", 22)), clock=clock, speed=300)
    await feed.subscribe(["BTC-USD"])
    begun = clock.now_ms()
    arrivals = []
    async for _ in feed.closed():
        arrivals.append(clock.now_ms() - begun)
        if len(arrivals) == 1:
            clock.suspend(5.5)
    assert arrivals[1:] == [6_500] * 5 + [7_000, 8_000, 9_000, 10_000, 11_000, 12_000]


async def test_a_silence_is_played_too_but_not_for_hours() -> None:
    candles = walk("5m", 100)
    clock = FakeClock()
    feed = feed_of(recording([*candles[:11], candles[13], candles[80]]), clock=clock, speed=300)
    await feed.subscribe(["BTC-USD"])
    begun = clock.now_ms()
    assert [clock.now_ms() - begun async for _ in feed.closed()] == [1_000, 4_000, 16_000]


async def test_a_symbol_stands_still_while_it_is_not_subscribed() -> None:
    clock = FakeClock()
    first, second = walk("5m", 15), walk("5m", 15, seed=2)
    feed = feed_of(recording(first), recording(second, "ETH-USD"), clock=clock, speed=300)
    await feed.subscribe(["ETH-USD"])
    seen = []
    async for batch in feed.closed():
        seen.append([candle.series.symbol for candle in batch])
        if len(seen) == 2:
            await feed.unsubscribe(["ETH-USD", "SOL-USD"])
            await feed.subscribe(["BTC-USD"])
            clock.suspend(0.5)
        if len(seen) == 4:
            await feed.subscribe(["ETH-USD"])
    assert seen[:4] == [["ETH-USD"], ["ETH-USD"], ["BTC-USD"], ["BTC-USD"]]
    assert sorted(symbol for batch in seen for symbol in batch) == ["BTC-USD"] * 5 + ["ETH-USD"] * 5


async def test_what_is_due_comes_together_oldest_first_and_once_a_symbol() -> None:
    clock = FakeClock()
    first, second = walk("5m", 13), walk("5m", 13, seed=2)
    feed = feed_of(recording(first), recording(second, "ETH-USD"), clock=clock, speed=300)
    await feed.subscribe(["ETH-USD"])
    clock.suspend(0.5)
    await feed.subscribe(["BTC-USD"])
    clock.suspend(10)
    batches = [[candle.series.symbol for candle in batch] async for batch in feed.closed()]
    assert batches == [["ETH-USD", "BTC-USD"]] * 3


async def test_what_is_due_at_one_moment_comes_as_one_batch() -> None:
    clock = FakeClock()
    feed = feed_of(recording(walk("5m", 12)), recording(walk("5m", 12), "ETH-USD"), clock=clock, speed=300)
    await feed.subscribe(["BTC-USD", "ETH-USD"])
    assert [len(batch) async for batch in feed.closed()] == [2, 2]


async def test_longer_candles_are_known_once_they_have_closed() -> None:
    candles = walk("5m", 40)
    feed = feed_of(recording(candles), clock=FakeClock(), speed=1e6, warmup_bars=11)
    assert [c.open_time for c in await feed.warmup("BTC-USD", "15m", 750)] == [c.open_time for c in candles[:9:3]]
    assert await feed.warmup("BTC-USD", "1h", 750) == []
    await feed.subscribe(["BTC-USD"])
    await played(feed)
    (hour, *_) = await feed.warmup("BTC-USD", "1h", 750)
    assert (hour.open, hour.close) == (candles[0].open, candles[11].close)


async def test_history_ends_where_the_play_stands() -> None:
    candles = walk("5m", 40)
    feed = feed_of(recording(candles), clock=FakeClock())
    since = candles[3].open_time
    assert await feed.history("BTC-USD", "5m", since, since + 10**9) == candles[3:10]
    assert await feed.history("BTC-USD", "5m", since, since + FIVE_MINUTES) == candles[3:4]


async def test_the_status_tells_how_far_it_is_and_when_it_has_ended() -> None:
    feed = feed_of(recording(walk("5m", 25)), clock=FakeClock(), speed=600)
    assert feed.status().state == "connected"
    assert feed.status().message == "0 of 15 recorded candles played, at 600 times real time"
    await feed.subscribe(["BTC-USD"])
    await played(feed)
    assert feed.status().state == "ended"
    assert feed.status().message.startswith("15 of 15")
    await feed.subscribe(["BTC-USD"])
    assert await played(feed) == []


async def test_a_recording_that_is_shorter_than_the_warmup_ends_at_once() -> None:
    feed = feed_of(recording(walk("5m", 5)), clock=FakeClock())
    await feed.subscribe(["BTC-USD"])
    assert await played(feed) == []
    assert feed.status().state == "ended"


async def test_only_what_was_recorded_exists() -> None:
    feed = feed_of(recording(walk("5m", 25)), clock=FakeClock())
    assert feed.symbols() == ("BTC-USD",)
    assert feed.timeframes == ("5m", "15m", "1h", "4h", "1d")
    await feed.check("BTC-USD")
    with pytest.raises(UnknownInstrumentError, match="the recording has no ETH-USD; it has BTC-USD"):
        await feed.check("ETH-USD")


async def test_closing_ends_the_play_of_everything() -> None:
    clock = FakeClock()
    feed = feed_of(recording(walk("5m", 25)), clock=clock, speed=300)
    await feed.subscribe(["BTC-USD"])
    await feed.close()
    waiting = feed.closed()
    clock_before = clock.now_ms()
    await feed.subscribe(["BTC-USD"])
    assert (await anext(waiting))[0].open_time > 0
    assert clock.now_ms() - clock_before == 1_000


async def alerts_of_a_play(source: Recording) -> list[dict[str, object]]:
    """Do what an engine does with a feed, and return the alerts."""
    clock = FakeClock()
    feed = RecordedFeed([source], clock, clock.sleep, speed=5_000)
    market = Market()
    symbol = source.key.symbol
    market.track(feed.exchange, symbol, feed.timeframes)

    for timeframe in feed.timeframes:
        market.load(SeriesKey(feed.exchange, symbol, timeframe), await feed.warmup(symbol, timeframe, 750))
    await feed.subscribe([symbol])
    run = MODES[Mode.SCALPER_MACDV].start()
    context = ModeContext(Mode.SCALPER_MACDV, FIRST_VERSION, default_document("somebody"), {})
    found: list[dict[str, object]] = []

    def tell(bars: Sequence[Bar]) -> None:
        found.extend(alert.body() for bar in bars for alert in run.alerts(bar, context))

    async for (candle,) in feed.closed():
        step = market.feed(candle)
        if (gap := step.gap) is not None:
            missing = await feed.history(symbol, gap.key.timeframe, gap.since, gap.until)
            tell(market.fill(gap.key, gap.since, gap.until, missing).bars)
            step = market.feed(candle)
        tell(step.bars)
    return found


@pytest.mark.parametrize("missing", [0.0, 0.3])
async def test_a_play_and_a_replay_of_one_recording_alert_alike(missing: float) -> None:
    source = recording(walk("5m", 4_000, seed=11, missing=missing, volatility=0.01), "ETH-BTC")
    replay = Replay(source.candles, source.timeframes, MODES[Mode.SCALPER_MACDV].start(), default_document("somebody"))
    expected = [alert.body() for alert in replay.alerts()]
    assert {"crossover", "momentum-shift", "level"} <= {body["kind"] for body in expected}
    assert {"5m", "15m"} <= {body["timeframe"] for body in expected}
    assert await alerts_of_a_play(source) == expected


async def test_the_longer_bars_of_a_play_are_those_of_the_market() -> None:
    source = recording(walk("5m", 500, missing=0.4))
    clock = FakeClock()
    feed = feed_of(source, clock=clock, speed=1e6)
    market = market_of(*feed.timeframes)
    feed_all(market, source.candles)
    await feed.subscribe(["BTC-USD"])
    await played(feed)
    for timeframe in feed.timeframes:
        traded = [c for c in market.candles(key_of(timeframe)) if not c.synthetic]
        assert await feed.warmup("BTC-USD", timeframe, 10_000) == traded


def test_a_real_recording_replays_to_the_same_alerts_every_time() -> None:
    from tests.runtime.recorded_candles import recorded_file

    source = read_recording(recorded_file("ADA_BTC-5m.csv.gz"))
    ids = []
    for _ in range(2):
        run = MODES[Mode.SCALPER_MACDV].start()
        ids.append([a.id for a in Replay(source.candles, source.timeframes, run, default_document("x")).alerts()])
    assert ids[0] == ids[1]
    assert len(set(ids[0])) == len(ids[0]) > 100
