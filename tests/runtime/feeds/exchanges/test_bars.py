"""When a bar is closed, decided without any connection."""

import random
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.feeds.exchanges.bars import BASE_MS, LiveBars, Row, Trade, TradedBars

NOON = 1_750_000_020_000 - 1_750_000_020_000 % BASE_MS
GRACE, CONFIRM = 3.0, 8.0


def row(minute: int, close: float = 100.0, volume: float = 1.0) -> Row:
    return Row(NOON + minute * BASE_MS, 100.0, max(100.0, close), min(100.0, close), close, volume)


@pytest.fixture
def bars() -> LiveBars:
    live = LiveBars(GRACE, CONFIRM)
    live.follow("BTC", 0.0)
    live.follow("ETH", 0.0)
    return live


def end_of(minute: int) -> int:
    return row(minute).end


def test_a_bar_is_closed_with_its_last_values_once_the_next_one_begins(bars: LiveBars) -> None:
    assert bars.hear("BTC", [row(0, 101)], 1.0) == []
    assert bars.hear("BTC", [row(0, 102, 2.0)], 2.0) == []
    assert bars.hear("BTC", [row(0, 103, 3.0), row(1)], 61.0) == [row(0, 103, 3.0)]
    assert bars.hear("BTC", [row(0, 104, 4.0), row(1, 99)], 62.0) == []


def test_what_a_stream_begins_with_is_history_but_for_the_bar_that_grows(bars: LiveBars) -> None:
    assert bars.hear("BTC", [row(-2), row(-1), row(0)], 1.0) == []
    assert bars.hear("BTC", [row(1)], 61.0) == [row(0)]


def test_a_silent_connection_closes_nothing_however_long_it_takes(bars: LiveBars) -> None:
    bars.hear("BTC", [row(0)], 1.0)
    for at in (61.0, 120.0, 600.0):
        assert bars.over(end_of(0) + 600_000, at, vouched=True) == []


def test_another_symbol_on_the_same_connection_vouches_for_it_after_a_moment(bars: LiveBars) -> None:
    bars.hear("BTC", [row(0)], 1.0)
    bars.hear("ETH", [row(1)], 61.0)
    assert bars.over(end_of(0), 61.0, vouched=True) == []
    assert bars.over(end_of(0), 61.0 + GRACE, vouched=False) == []
    assert bars.over(end_of(0), 61.0 + GRACE, vouched=True) == [("BTC", row(0))]
    assert bars.over(end_of(0), 70.0, vouched=True) == []
    assert bars.hear("BTC", [row(0, 105)], 71.0) == []


def test_a_bar_that_is_over_by_the_clock_alone_is_asked_for_until_it_is_settled(bars: LiveBars) -> None:
    bars.hear("BTC", [row(0)], 1.0)
    bars.over(end_of(0), 61.0, vouched=True)
    assert bars.doubtful(61.0 + CONFIRM - 0.1) == []
    assert bars.doubtful(61.0 + CONFIRM) == [("BTC", NOON)]
    assert bars.settle("BTC", NOON)
    assert not bars.settle("BTC", NOON)
    assert bars.doubtful(100.0) == []


def test_a_bar_that_was_not_heard_from_its_beginning_is_asked_for_instead_of_given_out(bars: LiveBars) -> None:
    subscribed = NOON + 20_000
    bars.hear("BTC", [row(0)], 1.0, whole_from=subscribed)
    assert not bars.is_whole("BTC")
    bars.hear("ETH", [row(1)], 61.0, whole_from=subscribed)
    assert bars.over(end_of(0), 62.0, vouched=True) == []
    assert bars.over(end_of(0), 62.0 + GRACE, vouched=True) == []
    assert bars.doubtful(62.0 + CONFIRM) == [("BTC", NOON)]
    assert bars.hear("BTC", [row(1)], 75.0, whole_from=subscribed) == []
    assert bars.hear("BTC", [row(2)], 125.0, whole_from=subscribed) == [row(1)]


def test_of_a_symbol_that_is_forgotten_nothing_is_told(bars: LiveBars) -> None:
    bars.hear("BTC", [row(0)], 1.0)
    bars.forget("BTC")
    assert bars.hear("BTC", [row(1)], 61.0) == []
    assert not bars.settle("BTC", NOON)
    assert bars.symbols() == ("ETH",)


trades = st.lists(
    st.tuples(st.integers(0, 5 * BASE_MS), st.integers(1, 10_000), st.integers(1, 1_000)), min_size=1, max_size=60
)


def _made_of(told: Sequence[Trade], start: int) -> Row:
    inside = [trade for trade in told if start <= trade.at < start + BASE_MS]
    prices = [trade.price for trade in inside]
    volume = sum(round(trade.size * 1_000) for trade in inside) / 1_000
    return Row(start, prices[0], max(prices), min(prices), prices[-1], volume)


@given(trades, st.integers(1, 10), st.integers(0, 2**32))
def test_bars_of_trades_hold_each_trade_once_however_they_come_in(
    drawn: list[tuple[int, int, int]], chunk: int, seed: int
) -> None:
    ordered = sorted(drawn)
    told = [Trade(str(n), NOON + at, price / 100, size / 1_000) for n, (at, price, size) in enumerate(ordered)]
    made, chance = TradedBars(), random.Random(seed)
    seen: dict[int, Row] = {}
    for end in range(chunk, len(told) + chunk, chunk):
        again = chance.randint(0, min(end, 50))
        for bar in made.add(told[max(0, end - chunk - again) : end]):
            seen[bar.open_time] = bar
    assert seen == {start: _made_of(told, start) for start in {t.at - t.at % BASE_MS for t in told}}


def test_a_bar_is_whole_if_it_began_after_the_first_trade_that_was_heard() -> None:
    made = TradedBars()
    made.add([Trade("1", NOON, 1.0, 1.0), Trade("2", NOON + BASE_MS, 1.0, 1.0)])
    made.add([Trade("3", NOON + 2 * BASE_MS, 1.0, 1.0)])
    assert NOON < made.whole_from <= NOON + BASE_MS
