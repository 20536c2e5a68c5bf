import pytest

from runtime.engine.aggregate import aggregate
from runtime.engine.candles import MINUTE_MS, Candle, SeriesKey
from runtime.engine.market import Gap, Market, Step
from settingsapp.schema.vocabulary import SIMULATED, TIMEFRAMES
from tests.runtime.engine.walks import START, bars_of, candle, feed_all, key_of, market_of, walk

MINUTE = key_of("1m")


def minute(index: int, close: float = 100.0) -> Candle:
    return candle(START + index * MINUTE_MS, close)


def test_a_candle_completes_every_bar_that_ends_with_it_base_first() -> None:
    market = market_of(*TIMEFRAMES)
    feed_all(market, [minute(i) for i in range(59)])
    step = market.feed(minute(59))
    assert [bar.candle.series.timeframe for bar in step.bars] == ["1m", "5m", "15m", "1h"]
    assert [bar.base for bar in step.bars] == [True, False, False, False]
    assert {bar.candle.close_time for bar in step.bars} == {START + 60 * MINUTE_MS}


def test_a_higher_bar_is_made_of_what_was_traded_beneath_it() -> None:
    market = market_of("1m", "5m")
    parts = [
        Candle(MINUTE, START + MINUTE_MS, 10, 12, 9, 11, 1.5),
        Candle(MINUTE, START + 2 * MINUTE_MS, 11, 15, 11, 14, 2.0),
        Candle(MINUTE, START + 4 * MINUTE_MS, 14, 14, 8, 13, 0.5),
    ]
    feed_all(market, [minute(-1, 50.0), minute(0, 50.0)])
    bars = bars_of(feed_all(market, parts), "5m")
    assert [bar.candle for bar in bars] == [Candle(key_of("5m"), START, 50, 51, 8, 13, 5.0)]


def test_a_bar_that_only_begins_with_silence_opens_where_it_was_first_traded() -> None:
    market = market_of("1m", "5m")
    feed_all(market, [minute(i, 50.0) for i in range(5)])
    bars = bars_of(feed_all(market, [minute(7, 70.0), minute(9, 71.0)]), "5m")
    assert [bar.candle for bar in bars] == [Candle(key_of("5m"), START + 5 * MINUTE_MS, 70, 72, 69, 71, 2.0)]


def test_a_candle_that_does_not_follow_is_not_applied_and_names_the_gap() -> None:
    market = market_of("1m", "5m")
    market.feed(minute(0))
    step = market.feed(minute(3))
    assert step == Step(gap=Gap(MINUTE, START + MINUTE_MS, START + 3 * MINUTE_MS))
    assert market.candles(MINUTE) == (minute(0),)
    assert list(market.stale) == [MINUTE]
    assert market.feed(minute(3)) == step


def test_a_filled_gap_ends_the_staleness_and_completes_bars_with_what_was_not_traded() -> None:
    market = market_of("1m", "5m")
    market.feed(minute(0))
    market.feed(minute(7))
    step = market.fill(MINUTE, START + MINUTE_MS, START + 7 * MINUTE_MS, [minute(2, 101.0)])
    assert [(b.candle.series.timeframe, b.candle.synthetic) for b in step.bars] == [
        ("1m", True),
        ("1m", False),
        ("1m", True),
        ("1m", True),
        ("5m", False),
        ("1m", True),
        ("1m", True),
    ]
    assert step.bars[2].candle == Candle(MINUTE, START + 3 * MINUTE_MS, 101, 101, 101, 101, 0.0, synthetic=True)
    assert list(market.stale) == []
    assert len(market.feed(minute(7)).bars) == 1


def test_a_bar_in_which_nothing_was_traded_is_synthetic_on_every_timeframe() -> None:
    market = market_of("1m", "5m")
    feed_all(market, [minute(i) for i in range(5)])
    bars = bars_of(feed_all(market, [minute(11)]), "5m")
    assert [(bar.candle.synthetic, bar.candle.close) for bar in bars] == [(True, 100.0)]


def test_filling_passes_over_what_is_held_and_what_lies_outside() -> None:
    market = market_of("1m")
    feed_all(market, [minute(0), minute(1)])
    step = market.fill(MINUTE, START, START + 3 * MINUTE_MS, [minute(1, 7.0), minute(2, 8.0), minute(5, 9.0)])
    assert [bar.candle for bar in step.bars] == [minute(2, 8.0)]


def test_a_gap_that_begins_after_the_end_of_the_series_is_refused() -> None:
    market = market_of("1m", "5m")
    market.feed(minute(0))
    with pytest.raises(ValueError, match="the gap begins at"):
        market.fill(MINUTE, START + 2 * MINUTE_MS, START + 3 * MINUTE_MS, ())
    with pytest.raises(ValueError, match="only the base series"):
        market.fill(key_of("5m"), START, START, ())


def test_a_candle_that_was_seen_already_or_is_older_changes_nothing() -> None:
    market = market_of("1m")
    feed_all(market, [minute(i) for i in range(3)])
    assert market.feed(minute(2, 500.0)) == Step()
    assert market.feed(minute(0, 500.0)) == Step()
    assert market.candles(MINUTE) == (minute(0), minute(1), minute(2))


def test_a_candle_of_a_symbol_that_is_not_tracked_any_more_changes_nothing() -> None:
    market = market_of("1m")
    market.forget("simulated:BTC-USD")
    market.forget("simulated:BTC-USD")
    assert market.feed(minute(0)) == Step()
    assert market.tracked == ()


def test_a_candle_of_another_timeframe_or_between_two_bars_is_refused() -> None:
    market = market_of("1m", "5m")
    with pytest.raises(ValueError, match="one of simulated:BTC-USD:1m is expected"):
        market.feed(candle(START, 1.0, "5m"))
    with pytest.raises(ValueError, match="not the open time"):
        market.feed(candle(START + 1, 1.0))
    with pytest.raises(ValueError, match="comes after"):
        market.load(MINUTE, [minute(1), minute(1)])


def test_a_series_that_is_not_tracked_is_told_by_name() -> None:
    with pytest.raises(KeyError, match="simulated:ETH-USD:1m is not tracked"):
        market_of("1m").reading(key_of("1m", "ETH-USD"))
    with pytest.raises(ValueError, match="at least one timeframe"):
        Market().track(SIMULATED, "BTC-USD", ())


def test_loading_fills_gaps_and_says_nothing() -> None:
    market = market_of("1m")
    market.load(MINUTE, [minute(0), minute(3)])
    assert [c.synthetic for c in market.candles(MINUTE)] == [False, True, True, False]
    assert market.first_bar(MINUTE) == START


def test_a_silence_of_years_costs_no_more_than_one_of_days_and_reads_the_same() -> None:
    history = walk("1m", 800, seed=6)
    years_later = candle(history[-1].open_time + 3_000_000 * MINUTE_MS, 130.0)
    days_later = candle(history[-1].open_time + 7_000 * MINUTE_MS, 130.0)
    readings = []
    for late in (years_later, days_later):
        market = market_of("1m")
        market.load(MINUTE, [*history, late])
        assert market.candles(MINUTE)[-1] == late
        reading = market.reading(MINUTE)
        assert reading is not None
        readings.append(reading)
    far, near = readings
    for name, value in far.as_dict().items():
        if isinstance(value, float):
            assert value == pytest.approx(near.as_dict()[name], rel=1e-12), name


def test_a_series_is_ready_once_it_has_its_warmup() -> None:
    market = market_of("1m", "5m", warmup_bars=100)
    market.load(MINUTE, walk("1m", 99))
    assert not market.ready(MINUTE)
    assert market.warmup() == (0, 2)
    (bar,) = market.feed(walk("1m", 100)[-1]).bars[:1]
    assert bar.ready
    assert market.ready(MINUTE)
    assert market.warmup() == (1, 2)
    assert not market.ready(key_of("5m"))
    assert not market.ready(key_of("1m", "ETH-USD"))


def test_a_young_instrument_is_ready_with_all_bars_since_its_listing() -> None:
    market = market_of("1d")
    assert not market.ready(key_of("1d"))
    market.load(key_of("1d"), walk("1d", 40), since_listing=True)
    assert market.ready(key_of("1d"))
    market.load(key_of("1d"), (), since_listing=True)
    assert not market.ready(key_of("1d"))


def test_a_stale_series_is_not_ready_until_its_symbol_goes_on() -> None:
    market = market_of("1m", "5m", warmup_bars=10)
    feed_all(market, walk("1m", 60))
    market.mark_stale(MINUTE)
    market.mark_stale(key_of("5m"))
    assert list(market.stale) == [MINUTE, key_of("5m")]
    assert not market.ready(MINUTE)
    market.load(MINUTE, walk("1m", 60))
    assert market.ready(MINUTE)
    market.mark_stale(MINUTE)
    bars = market.feed(minute(60)).bars
    assert all(bar.ready for bar in bars)
    assert list(market.stale) == []


def test_the_order_in_which_histories_are_loaded_does_not_matter() -> None:
    minutes = walk("1m", 1_000, seed=9)
    whole = market_of("1m", "5m", "15m")
    feed_all(whole, minutes)
    five = whole.candles(key_of("5m"))
    for order in (("1m", "5m"), ("5m", "1m")):
        market = market_of("1m", "5m", "15m")
        # The 5m history was read two bars earlier than the 1m history.
        histories = {"1m": minutes[:993], "5m": five[:-3]}
        for timeframe in order:
            market.load(key_of("1m" if timeframe == "1m" else "5m"), histories[timeframe])
        feed_all(market, minutes[993:])
        assert market.candles(key_of("5m")) == five
        assert market.reading(key_of("5m")) == whole.reading(key_of("5m"))
        assert list(market.stale) == []


def test_a_higher_series_that_lacks_a_bar_is_stale_until_it_is_loaded() -> None:
    minutes = walk("1m", 100, seed=9)
    whole = market_of("1m", "5m")
    feed_all(whole, minutes)
    market = market_of("1m", "5m")
    market.load(key_of("5m"), whole.candles(key_of("5m"))[:4])
    # What is known of the minutes begins after the fifth 5m bar has begun.
    feed_all(market, minutes[22:])
    assert list(market.stale) == [key_of("5m")]
    assert not market.ready(key_of("5m"))
    market.load(key_of("5m"), whole.candles(key_of("5m"))[:18])
    assert list(market.stale) == []
    assert market.candles(key_of("5m")) == whole.candles(key_of("5m"))


@pytest.mark.parametrize("order", [("1m", "5m"), ("5m", "1m")])
def test_a_silence_longer_than_what_is_held_leaves_no_hole_in_higher_series(order: tuple[str, str]) -> None:
    minutes = walk("1m", 60)
    late = candle(minutes[-1].open_time + 3_000_003 * MINUTE_MS, 130.0)
    five = list(aggregate(minutes, "5m", late.close_time))
    market = market_of("1m", "5m", warmup_bars=50)
    for timeframe in order:
        market.load(*((MINUTE, [*minutes, late]) if timeframe == "1m" else (key_of("5m"), five)))
    assert list(market.stale) == []
    # Two more minutes complete the 5m bar in which the late trade was.
    bars = bars_of(feed_all(market, [candle(late.close_time, 131.0), candle(late.close_time + MINUTE_MS, 132.0)]), "5m")
    assert [(b.candle.open, b.candle.close) for b in bars] == [(130.0, 132.0)]
    before, last = market.candles(key_of("5m"))[-2:]
    assert (before.synthetic, before.close) == (True, minutes[-1].close)
    assert before.close_time == last.open_time


def test_a_higher_series_begins_with_a_bar_that_was_traded() -> None:
    market = market_of("1m", "5m", "15m")
    feed_all(market, [minute(1), minute(21), minute(22), minute(45)])
    assert market.candles(key_of("5m"))[0].open_time == START + 20 * MINUTE_MS
    # The silence before is known all the same, so that the bar made of it is whole.
    assert market.candles(key_of("15m"))[0].open_time == START + 15 * MINUTE_MS


def test_a_reset_series_warms_up_again_and_its_neighbours_stay() -> None:
    market = market_of("1m", "5m", warmup_bars=20)
    feed_all(market, walk("1m", 200))
    market.reset([MINUTE, key_of("1m", "ETH-USD")])
    assert market.candles(MINUTE) == ()
    assert market.reading(MINUTE) is None
    assert market.last_bar(MINUTE) is None
    assert market.ready(key_of("5m"))
    market.load(MINUTE, walk("1m", 200))
    assert market.ready(MINUTE)
    assert list(market.stale) == []


def test_tracking_again_keeps_the_series_that_are_still_wanted() -> None:
    market = market_of("1m", "5m")
    feed_all(market, walk("1m", 60))
    before = market.candles(key_of("5m"))
    market.track(SIMULATED, "BTC-USD", ("5m", "1h"))
    assert market.series_of("simulated:BTC-USD") == (key_of("5m"), key_of("1h"))
    assert market.candles(key_of("5m")) == before
    assert market.series_of("simulated:ETH-USD") == ()


def test_a_base_far_beneath_the_next_timeframe_still_makes_its_bars() -> None:
    market = market_of("1m", "1d", warmup_bars=10)
    days = bars_of(feed_all(market, walk("1m", 2 * 1_440)), "1d")
    assert len(days) == 2


def test_an_exchange_without_minutes_has_another_base() -> None:
    market = market_of("15m", "1h", "1d")
    bars = feed_all(market, walk("15m", 96))
    assert [len(bars_of(bars, t)) for t in ("15m", "1h", "1d")] == [96, 24, 1]
    assert market.first_bar(SeriesKey(SIMULATED, "BTC-USD", "1d")) == START
