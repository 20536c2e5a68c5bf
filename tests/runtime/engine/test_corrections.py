from dataclasses import replace

from runtime.engine.candles import MINUTE_MS
from runtime.engine.corrections import Replacement
from tests.runtime.engine.walks import START, candle, feed_all, key_of, market_of, walk

MINUTE = key_of("1m")


def test_a_bar_that_the_exchange_no_longer_lists_was_not_traded() -> None:
    candles = walk("1m", 50)
    market = market_of("1m")
    feed_all(market, candles)
    assert market.replace(MINUTE, [c for c in candles if c != candles[20]]) == Replacement(missing=0, changed=1)
    held = market.candles(MINUTE)
    assert held[20].synthetic
    assert held[20].close == candles[19].close
    assert len(held) == 50


def test_bars_at_the_end_that_stay_without_trades_are_kept() -> None:
    market = market_of("1m")
    feed_all(market, walk("1m", 50))
    market.fill(MINUTE, START + 50 * MINUTE_MS, START + 53 * MINUTE_MS, ())
    assert market.replace(MINUTE, [candle(START + 49 * MINUTE_MS, 500.0)]) == Replacement(missing=0, changed=1)
    assert [c.close for c in market.candles(MINUTE)[-3:]] == [500.0] * 3
    assert market.feed(candle(START + 53 * MINUTE_MS, 500.0)).gap is None


def test_what_lies_outside_of_the_bars_held_is_passed_over() -> None:
    candles = walk("1m", 120)
    market = market_of("1m", warmup_bars=50)
    feed_all(market, candles[:110])
    assert market.replace(MINUTE, candles) == Replacement(missing=0, changed=0)
    assert market.candles(MINUTE) == tuple(candles[60:110])


def test_a_mended_series_starts_from_the_oldest_bar_held() -> None:
    candles = walk("1m", 120)
    market = market_of("1m", warmup_bars=50)
    feed_all(market, candles)
    market.replace(MINUTE, [replace(candles[100], close=candles[100].low)])
    assert market.first_bar(MINUTE) == candles[70].open_time
    assert market.ready(MINUTE)


def test_a_young_instrument_stays_ready_when_it_is_mended() -> None:
    candles = walk("1m", 40)
    market = market_of("1m")
    market.load(MINUTE, candles, since_listing=True)
    market.replace(MINUTE, [replace(candles[10], close=candles[10].low)])
    assert market.ready(MINUTE)


def test_a_series_without_bars_is_loaded() -> None:
    market = market_of("1m")
    assert market.replace(MINUTE, walk("1m", 40)) == Replacement(missing=40, changed=0)
    assert len(market.candles(MINUTE)) == 40
    assert market.replace(MINUTE, ()) == Replacement(missing=0, changed=0)
