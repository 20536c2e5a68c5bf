"""What kind of asset a base currency is."""

import pytest

from symbols.kinds import FIAT, STABLECOINS, is_leveraged

COINS = {"BTC", "ETH", "LINK", "1INCH", "J", "B"}


@pytest.mark.parametrize("base", ["BTC3L", "ETH5S", "1INCH2L", "BTCUP", "ETHDOWN", "LINKBULL", "BTCBEAR"])
def test_a_leveraged_token_is_known_by_the_coin_before_its_ending(base: str) -> None:
    assert is_leveraged(base, COINS)


@pytest.mark.parametrize("base", ["JUP", "SYRUP", "BULL", "BTC", "PUMP", "DOGE3L", "UP", "B3L", "SUPER"])
def test_what_only_ends_alike_is_none(base: str) -> None:
    assert not is_leveraged(base, COINS)


def test_money_and_what_follows_it_are_two_kinds() -> None:
    assert not FIAT & STABLECOINS
