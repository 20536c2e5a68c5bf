"""An exchange that tells what is held on it; the test decides."""

from collections.abc import Mapping, Sequence

from runtime.engine.holdings import Balance, Instrument
from runtime.engine.ports.feeds import KeyVariables
from tests.runtime.fakes.feeds import FakeFeed


class FakeAccountFeed(FakeFeed):
    """`held` by currency; `account_trouble` is raised while it is set. Every symbol trades against USD."""

    def __init__(self, exchange: str, known: Sequence[str], **held: float) -> None:
        super().__init__(exchange, known)
        self.held = dict(held)
        self.costs: dict[str, float] = {}
        self.prices = dict.fromkeys(known, 100.0)
        self.account_trouble: Exception | None = None
        self.asked = 0

    async def balances(self, keys: KeyVariables) -> Sequence[Balance]:
        self.asked += 1
        if self.account_trouble is not None:
            raise self.account_trouble
        return [Balance(currency, amount, self.costs.get(currency)) for currency, amount in self.held.items()]

    async def instruments(self) -> Sequence[Instrument]:
        return [Instrument(symbol, *symbol.split("-")) for symbol in self.known]

    async def last_prices(self, symbols: Sequence[str]) -> Mapping[str, float]:
        return {symbol: self.prices[symbol] for symbol in symbols if symbol in self.prices}
