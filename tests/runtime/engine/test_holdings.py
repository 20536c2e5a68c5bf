import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.engine.holdings import (
    MONEY,
    NOTHING_HELD,
    Balance,
    Holding,
    Holdings,
    Instrument,
    LeftOut,
    added_up,
    holdings,
    mapped,
)

AMOUNTS = st.floats(min_value=0, max_value=1e6)
COSTS = st.none() | st.floats(min_value=1e-6, max_value=1e6)
BALANCES = st.builds(Balance, st.sampled_from(["BTC", "ETH", "USD", "EUR"]), AMOUNTS, COSTS)


def read(
    *balances: Balance, prices: dict[str, float], at_least: float = 1.0, before: Holdings = NOTHING_HELD
) -> Holdings:
    held = added_up(balances)
    return holdings(held, mapped(held, [Instrument("BTC-USD", "BTC", "USD")]), prices, at_least, before)


def test_several_accounts_of_a_currency_are_one_position() -> None:
    found = read(Balance("BTC", 0.5), Balance("BTC", 1.5), prices={"BTC-USD": 100.0})
    assert found.positions == (Holding("BTC", "BTC-USD", 2.0, 100.0, 200.0, None),)


def test_the_cost_is_the_mean_by_amount_and_unknown_where_one_account_does_not_know_it() -> None:
    assert added_up([Balance("BTC", 1, 100), Balance("BTC", 3, 200), Balance("BTC", 0)])["BTC"].cost == 175
    assert added_up([Balance("BTC", 1, 100), Balance("BTC", 3)])["BTC"].cost is None


@pytest.mark.parametrize("currency", ["USD", "USDT", "EUR"])
def test_money_is_no_position(currency: str) -> None:
    assert added_up([Balance(currency, 1000)]) == {}


def test_what_is_worth_little_is_left_out_with_the_reason() -> None:
    found = read(Balance("BTC", 0.005), prices={"BTC-USD": 100.0})
    assert found.left_out == (LeftOut("BTC", 0.005, "worth 0.50 USD, less than position_min_value_usd (1)"),)
    assert not found.positions
    assert read(Balance("BTC", 0.01), prices={"BTC-USD": 100.0}).positions


def test_what_has_no_price_is_not_guessed() -> None:
    found = read(Balance("BTC", 1), Balance("XYZ", 1), prices={})
    assert not found.positions
    assert [(one.currency, one.reason.split(" on ")[0]) for one in found.left_out] == [
        ("BTC", "the exchange tells no price of BTC-USD"),
        ("XYZ", "no instrument against USD, USDT, USDC, FDUSD, TUSD or DAI"),
    ]


@pytest.mark.parametrize("price", [0.0, -1.0, float("nan"), float("inf")])
def test_a_position_whose_price_is_missing_stays_one_of_unknown_value(price: float) -> None:
    before = read(Balance("BTC", 1), prices={"BTC-USD": 100.0})
    found = read(Balance("BTC", 2), prices={"BTC-USD": price}, before=before)
    assert found.positions == (Holding("BTC", "BTC-USD", 2, None, None, None),)


def test_the_instrument_is_the_one_with_the_first_quote_then_the_shortest_symbol() -> None:
    markets = [
        Instrument("BTCUSDC", "BTC", "USDC"),
        Instrument("BTC-USDT-2", "BTC", "USDT"),
        Instrument("BTCUSDT", "BTC", "USDT"),
        Instrument("ETHBTC", "ETH", "BTC"),
    ]
    assert mapped(["BTC", "ETH"], markets) == {"BTC": Instrument("BTCUSDT", "BTC", "USDT")}
    assert mapped(["BTC"], reversed(markets)) == mapped(["BTC"], markets)


@given(st.lists(BALANCES))
def test_nothing_is_lost_in_adding_up_whatever_the_order(balances: list[Balance]) -> None:
    held = added_up(balances)
    for currency, balance in held.items():
        parts = [one for one in balances if one.currency == currency]
        assert currency not in MONEY
        assert balance.amount == pytest.approx(sum(one.amount for one in parts))
        if balance.cost is not None:
            paid = [one.cost for one in parts if one.amount > 0 and one.cost is not None]
            assert min(paid) * (1 - 1e-9) <= balance.cost <= max(paid) * (1 + 1e-9)
    backwards = added_up(reversed(balances))
    assert {name: one.amount for name, one in backwards.items()} == pytest.approx(
        {name: one.amount for name, one in held.items()}
    )


@given(st.lists(BALANCES), st.floats(min_value=0, max_value=1e6), st.floats(min_value=0, max_value=1e9))
def test_everything_held_is_a_position_or_left_out_with_a_reason(
    balances: list[Balance], price: float, at_least: float
) -> None:
    found = read(*balances, prices={"BTC-USD": price}, at_least=at_least)
    told = [*(one.currency for one in found.positions), *(one.currency for one in found.left_out)]
    assert sorted(told) == sorted(added_up(balances))
    assert all(one.value is not None and one.value >= at_least for one in found.positions)
    assert all(one.reason for one in found.left_out)
