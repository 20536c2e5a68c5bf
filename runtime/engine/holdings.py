"""What an account holds, and which positions that makes: balances added up, priced, and mapped to instruments."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import isfinite
from typing import Final

USD_LIKE: Final = ("USD", "USDT", "USDC", "FDUSD", "TUSD", "DAI")
"""Quotes that count as US dollars, the first one that an exchange has wins."""

MONEY: Final = frozenset(
    {
        *USD_LIKE,
        *("BUSD", "USDP", "PYUSD", "GUSD", "USDD", "RLUSD", "USDE", "EURC", "EURT", "EURI"),
        *("EUR", "GBP", "CHF", "JPY", "CAD", "AUD", "NZD", "SEK", "NOK", "DKK", "PLN", "CZK", "TRY", "BRL", "ARS"),
        *("MXN", "ZAR", "SGD", "HKD", "KRW", "INR", "CNY", "UAH", "NGN", "AED"),
    }
)
"""Fiat and stablecoins: held to pay with, and no position."""


@dataclass(frozen=True)
class Instrument:
    """A spot market of an exchange. `symbol` is in the exchange's own notation."""

    symbol: str
    base: str
    quote: str


@dataclass(frozen=True)
class Balance:
    """What one account holds of one currency. `cost`: paid for each unit, in USD, None where that is not known."""

    currency: str
    amount: float
    cost: float | None = None


@dataclass(frozen=True)
class Holding:
    """A position: a currency that an exchange's accounts hold, and the instrument on which it is watched.

    `symbol` is in the exchange's own notation; `price` and `value` are in USD, None where the exchange told no price.
    """

    currency: str
    symbol: str
    amount: float
    price: float | None
    value: float | None
    cost: float | None


@dataclass(frozen=True)
class LeftOut:
    """A currency that is held and makes no position, with the reason in words."""

    currency: str
    amount: float
    reason: str


@dataclass(frozen=True)
class Holdings:
    """All that an exchange's accounts hold, money left out; both parts by currency."""

    positions: tuple[Holding, ...] = ()
    left_out: tuple[LeftOut, ...] = ()


NOTHING_HELD: Final = Holdings()


@dataclass(frozen=True)
class Account:
    """What is known of the owner's holdings on one exchange; moments are ms by Redis's clock.

    What fails leaves the last known holdings: `problem` says why, `failing_since` since when; empty and None while
    all is well. `refreshed_at` is None before the first time.
    """

    exchange: str
    holdings: Holdings = NOTHING_HELD
    refreshed_at: int | None = None
    problem: str = ""
    failing_since: int | None = None

    def failed(self, problem: str, now_ms: int) -> "Account":
        """Return it after an attempt that came to nothing."""
        since = now_ms if self.failing_since is None else self.failing_since
        return replace(self, problem=problem, failing_since=since)

    @property
    def symbols(self) -> tuple[str, ...]:
        """The positions' symbols, qualified."""
        return tuple(f"{self.exchange}:{holding.symbol}" for holding in self.holdings.positions)


def added_up(balances: Iterable[Balance]) -> Mapping[str, Balance]:
    """Return one balance a currency, money and what is not held left out.

    A cost is only known where it is known of every account that holds some: then it is the mean by amount.
    """
    accounts: dict[str, list[Balance]] = {}
    for balance in balances:
        if balance.currency not in MONEY and isfinite(balance.amount) and balance.amount > 0:
            accounts.setdefault(balance.currency, []).append(balance)
    return {currency: _sum(currency, held) for currency, held in sorted(accounts.items())}


def _sum(currency: str, accounts: Sequence[Balance]) -> Balance:
    amount = sum(account.amount for account in accounts)
    costs = [account.cost for account in accounts if account.cost is not None and account.cost > 0]
    if len(costs) < len(accounts):
        return Balance(currency, amount)
    paid = sum(account.amount / amount * cost for account, cost in zip(accounts, costs, strict=True))
    return Balance(currency, amount, paid)


def mapped(currencies: Iterable[str], instruments: Iterable[Instrument]) -> Mapping[str, Instrument]:
    """Return the instrument on which each currency is priced and watched; without one against USD it has none.

    The first quote of USD_LIKE that there is wins; of several instruments between the same two currencies the one
    with the shortest symbol, and of equally short ones the first by the alphabet.
    """
    wanted = set(currencies)
    best: dict[str, Instrument] = {}
    for instrument in instruments:
        if instrument.base in wanted and instrument.quote in USD_LIKE:
            present = best.get(instrument.base)
            if present is None or _rank(instrument) < _rank(present):
                best[instrument.base] = instrument
    return best


def _rank(instrument: Instrument) -> tuple[int, int, str]:
    return USD_LIKE.index(instrument.quote), len(instrument.symbol), instrument.symbol


def holdings(
    held: Mapping[str, Balance],
    markets: Mapping[str, Instrument],
    prices: Mapping[str, float],
    at_least_usd: float,
    before: Holdings = NOTHING_HELD,
) -> Holdings:
    """Return the positions of an exchange.

    `held` and `markets` come from `added_up` and `mapped`, `prices` are by symbol. What is worth less than
    `at_least_usd` makes no position. What has no price now is never guessed: it is a position where it was one
    `before`, with an unknown value, since a missing price sells nothing.
    """
    known = {holding.symbol for holding in before.positions}
    positions: list[Holding] = []
    left_out: list[LeftOut] = []
    for currency, balance in held.items():
        market = markets.get(currency)
        if market is None:
            reason = f"no instrument against {', '.join(USD_LIKE[:-1])} or {USD_LIKE[-1]} on this exchange"
            left_out.append(LeftOut(currency, balance.amount, reason))
            continue
        price = prices.get(market.symbol)
        if price is None or not isfinite(price) or price <= 0:
            if market.symbol in known:
                positions.append(Holding(currency, market.symbol, balance.amount, None, None, balance.cost))
            else:
                left_out.append(LeftOut(currency, balance.amount, f"the exchange tells no price of {market.symbol}"))
            continue
        value = balance.amount * price
        if value < at_least_usd:
            reason = f"worth {value:.2f} USD, less than position_min_value_usd ({at_least_usd:g})"
            left_out.append(LeftOut(currency, balance.amount, reason))
        else:
            positions.append(Holding(currency, market.symbol, balance.amount, price, value, balance.cost))
    return Holdings(tuple(positions), tuple(left_out))
