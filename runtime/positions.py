"""What the owner holds, as people are shown it: positions with their limits, and how fresh that is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from runtime.engine.holdings import Account, Holding
from runtime.engine.modes.position_monitor import limit_price
from runtime.engine.ports.positions import Entry
from runtime.persistence.positions import accounts_of, entries_of
from runtime.protocol.alerts import AlertKind
from settingsapp import services
from settingsapp.schema import effective
from settingsapp.schema.document import SettingsDocument
from settingsapp.schema.vocabulary import split_qualified

GRACE_MS: Final = 5 * 60_000
"""So long after the time at which they were to be read again, positions count as fresh."""
_HOUR_MS: Final = 3_600_000


@dataclass(frozen=True)
class Position:
    """One position. Prices and value are in USD, as of the last refresh; None where nothing is known of it."""

    exchange: str
    symbol: str
    """In the exchange's own notation."""
    watched: bool
    """False where its exchange, or the symbol itself, is switched off in the settings."""
    holding: Holding | None
    """None where it stands in the settings' list: nobody knows how much that is."""
    entry: Entry | None
    stop_loss: float | None
    take_profit: float | None


@dataclass(frozen=True)
class Overview:
    """All positions, and the accounts that they come from."""

    loaded: bool
    """True where the exchanges tell them, False where the settings' list counts."""
    refresh_hours: float
    positions: Sequence[Position]
    accounts: Sequence[Account]
    stale: frozenset[str]
    """Exchanges whose positions may be out of date."""


def overview(sub: str, now_ms: int) -> Overview:
    """Return what is known. Raises UnknownIdentityError, InvalidSettingsError."""
    document = services.read(sub).document
    entries = {entry.symbol: entry for entry in entries_of(sub)}
    accounts: list[Account] = []
    held: dict[str, Holding | None] = {}
    if document.load_positions_from_exchange:
        accounts = accounts_of(sub)
        for account in accounts:
            held |= dict(zip(account.symbols, account.holdings.positions, strict=True))
        document = document.model_copy(update={"position_symbols": tuple(held)})
    else:
        held = dict.fromkeys(effective.qualified(document, symbol) for symbol in document.position_symbols)
    watched = set(effective.positions(document))
    every = int(document.position_refresh_hours * _HOUR_MS)
    return Overview(
        loaded=document.load_positions_from_exchange,
        refresh_hours=document.position_refresh_hours,
        positions=[
            _position(document, symbol, holding, entries.get(symbol), watched=symbol in watched)
            for symbol, holding in held.items()
        ],
        accounts=accounts,
        stale=frozenset(
            account.exchange
            for account in accounts
            if account.problem or account.refreshed_at is None or now_ms - account.refreshed_at > every + GRACE_MS
        ),
    )


def _position(
    document: SettingsDocument, symbol: str, holding: Holding | None, entry: Entry | None, *, watched: bool
) -> Position:
    exchange, own = split_qualified(symbol)
    return Position(
        exchange=exchange,
        symbol=own,
        watched=watched,
        holding=holding,
        entry=entry,
        stop_loss=None if entry is None else limit_price(entry, AlertKind.STOP_LOSS, document),
        take_profit=None if entry is None else limit_price(entry, AlertKind.TAKE_PROFIT, document),
    )
