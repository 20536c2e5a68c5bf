"""What an exchange trades: reference data about one instrument, pure."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Instrument:
    """One spot market of one exchange, with what was last seen of its market.

    `symbol` is the exchange's own notation, as the watchlist writes it, `unified` is BASE/QUOTE. Prices, steps and
    volume are in the quote currency, times in ms UTC, changes in percent; None where the exchange does not tell.
    """

    exchange: str
    symbol: str
    unified: str
    base: str
    quote: str
    active: bool = True
    """False once the exchange has delisted it or trades it no more."""
    price_step: float | None = None
    amount_step: float | None = None
    listed_at: int | None = None
    last_price: float | None = None
    change_24h: float | None = None
    volume_24h: float | None = None
    bid: float | None = None
    ask: float | None = None
    priced_at: int | None = None
    """When the exchange was asked for the prices."""

    @property
    def qualified(self) -> str:
        """The symbol with its exchange, as the engine writes it: binance:BTCUSDT."""
        return f"{self.exchange}:{self.symbol}"
