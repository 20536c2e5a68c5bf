"""The instruments of the simulated exchange. Their candles are made up; the prices are only where they begin."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final


@dataclass(frozen=True)
class SimulatedInstrument:
    """One made-up market. `price` is where it hovers and `tick` its smallest step, both in the quote currency."""

    base: str
    quote: str
    price: Decimal
    tick: Decimal

    @property
    def symbol(self) -> str:
        return f"{self.base}-{self.quote}"


def _usd(base: str, price: str, tick: str) -> SimulatedInstrument:
    return SimulatedInstrument(base, "USD", Decimal(price), Decimal(tick))


SIMULATED_INSTRUMENTS: Final[tuple[SimulatedInstrument, ...]] = (
    _usd("BTC", "65000", "0.01"),
    _usd("ETH", "3200", "0.01"),
    _usd("SOL", "150", "0.001"),
    _usd("XRP", "0.62", "0.00001"),
    _usd("ADA", "0.45", "0.00001"),
    _usd("DOGE", "0.14", "0.000001"),
    _usd("AVAX", "34", "0.001"),
    _usd("LINK", "16", "0.0001"),
    _usd("LTC", "82", "0.001"),
    _usd("DOT", "6.8", "0.0001"),
    _usd("BCH", "430", "0.01"),
    _usd("UNI", "9.4", "0.0001"),
    _usd("ATOM", "8.1", "0.0001"),
    _usd("XLM", "0.11", "0.000001"),
    _usd("NEAR", "5.6", "0.0001"),
    _usd("ALGO", "0.19", "0.000001"),
    _usd("FIL", "5.2", "0.0001"),
    _usd("AAVE", "105", "0.001"),
    _usd("ARB", "0.95", "0.00001"),
    _usd("OP", "2.1", "0.0001"),
    _usd("INJ", "24", "0.001"),
    _usd("SUI", "1.3", "0.00001"),
    _usd("APT", "8.7", "0.0001"),
    _usd("ICP", "11.5", "0.0001"),
    _usd("HBAR", "0.08", "0.000001"),
    _usd("ETC", "26", "0.001"),
    _usd("MKR", "2600", "0.01"),
    _usd("GRT", "0.22", "0.000001"),
    _usd("SHIB", "0.000024", "0.000000001"),
    SimulatedInstrument("ETH", "BTC", Decimal("0.049"), Decimal("0.000001")),
)
"""In the order of the made-up volume; each symbol once."""


@dataclass(frozen=True)
class SimulatedHolding:
    """What a made-up account holds of a currency. `cost`: paid for each unit in USD, None where nobody knows."""

    currency: str
    amount: Decimal
    cost: Decimal | None = None


SIMULATED_HOLDINGS: Final[tuple[SimulatedHolding, ...]] = (
    SimulatedHolding("BTC", Decimal("0.15"), Decimal(61000)),
    SimulatedHolding("ETH", Decimal("2.5")),
    SimulatedHolding("SOL", Decimal(20), Decimal(140)),
    SimulatedHolding("SOL", Decimal(10), Decimal(155)),
    SimulatedHolding("LINK", Decimal(60)),
    SimulatedHolding("DOGE", Decimal(2), Decimal("0.13")),
    SimulatedHolding("USD", Decimal(1250)),
    SimulatedHolding("USDC", Decimal(300)),
)
"""Some of everything: a known cost and none, two accounts of one currency, dust, and money."""
