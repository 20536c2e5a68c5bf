"""Keeping the positions what the owner holds: accounts read at the start, with new settings, and every so often."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, Final, NamedTuple

from runtime.engine.convergence import Convergence
from runtime.engine.holdings import Account, added_up, holdings, mapped
from runtime.engine.ports.availability import SourceUnavailableError
from runtime.engine.ports.clock import Clock
from runtime.engine.ports.feeds import AccountFeed, Feed, KeyVariables, NoCredentialsError
from runtime.engine.ports.positions import Entry, Positions
from runtime.engine.state import State
from settingsapp.schema.document import SettingsDocument
from settingsapp.schema.effective import enabled_exchanges, qualified

log = logging.getLogger(__name__)

RETRY_MS: Final = 60_000
"""So long after a failure the exchange is asked again, where asking again can help."""
PATIENCE_SECONDS: Final = 30.0
"""So long an exchange may take to tell what it holds."""
_HOUR_MS: Final = 3_600_000

Tell = Callable[[str, str, str], Awaitable[None]]


class _Asked(NamedTuple):
    """The last attempt: what of settings and connection it went by, and when (ms) the next one is due."""

    basis: tuple[Any, ...]
    due: int


class _EmptiedError(Exception):
    """An account that held something tells of no balance any more."""


class PositionLoading:
    """Reads the accounts of all enabled exchanges, each by itself; one that fails keeps what was last known of it."""

    def __init__(
        self,
        state: State,
        positions: Positions,
        convergence: Convergence,
        clock: Clock,
        tell: Tell,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        seconds: float = 1.0,
    ) -> None:
        self._state = state
        self._positions = positions
        self._convergence = convergence
        self._clock = clock
        self._tell = tell
        self._sleep = sleep
        self._seconds = seconds
        self._asked: dict[str, _Asked] = {}
        self._emptied: set[str] = set()
        """Exchanges that told all of a sudden of no balance whatever: an exchange in trouble does, too."""
        self._kept: Mapping[str, Account] | None = None
        """What is remembered across restarts; None where that is not known."""
        self._followed: SettingsDocument | None = None

    async def run(self) -> None:
        """Look every so often whether an account is due."""
        while True:
            if self._state.settings is not None:
                try:
                    await self.look(self._clock.now_ms())
                except SourceUnavailableError as error:
                    log.warning("what is held could not be followed yet: %s", error)
            await self._sleep(self._seconds)

    async def look(self, now_ms: int) -> None:
        """Read the accounts that are due, and follow a document that loads nothing."""
        document = self._state.require_settings().document
        if not document.load_positions_from_exchange:
            self._asked.clear()
            self._state.accounts.clear()
            if document is not self._followed:
                held = {qualified(document, symbol) for symbol in document.position_symbols}
                await self._forget(symbol for symbol in tuple(self._state.entries) if symbol not in held)
                self._followed = document
        else:
            self._followed = None
            await self._load(document, now_ms)
        await self._keep()

    async def _load(self, document: SettingsDocument, now_ms: int) -> None:
        state = self._state
        enabled = enabled_exchanges(document)
        for known in (state.accounts, self._asked):
            for name in [name for name in known if name not in enabled]:
                del known[name]
        open_feeds = [(name, feed) for name, feed in state.feeds.items() if name in enabled]
        due = [feed for name, feed in open_feeds if self._due(name, feed, document, now_ms)]
        read = await asyncio.gather(*(self._refresh(feed, document, now_ms) for feed in due))
        refreshed = [account for account in read if not account.problem]
        for account in refreshed:
            await self._note_costs(account, now_ms)
        await self._convergence.hold()
        # Only now: what is held no more must not be seen for the first time once again.
        for account in refreshed:
            own, held = f"{account.exchange}:", set(account.symbols)
            await self._forget(s for s in tuple(state.entries) if s.startswith(own) and s not in held)

    def _due(self, name: str, feed: Feed, document: SettingsDocument, now_ms: int) -> bool:
        asked = self._asked.get(name)
        if asked is None or asked.basis != _basis(name, feed, document):
            return True
        account = self._state.accounts.get(name)
        refreshed = account.refreshed_at if account is not None and not account.problem else None
        return now_ms >= (asked.due if refreshed is None else min(asked.due, refreshed + _every_ms(document)))

    async def _refresh(self, feed: Feed, document: SettingsDocument, now_ms: int) -> Account:
        name, state = feed.exchange, self._state
        known = state.accounts.get(name) or Account(name)
        every = _every_ms(document)
        next_in = min(every, RETRY_MS)
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                account = await _read(feed, document, known, now_ms, believe_nothing=name in self._emptied)
            self._emptied.discard(name)
            next_in = every
        except _EmptiedError as error:
            self._emptied.add(name)
            account = known.failed(str(error), now_ms)
        except NoCredentialsError as error:
            account, next_in = known.failed(str(error), now_ms), every
        except SourceUnavailableError as error:
            account = known.failed(str(error), now_ms)
        except TimeoutError:
            account = known.failed(f"{name} did not tell within {PATIENCE_SECONDS:g} s what it holds", now_ms)
        except Exception as error:
            log.exception("reading what %s holds failed", name)
            text = f"the engine stumbled over reading it ({type(error).__name__}); its log says where"
            account = known.failed(text, now_ms)
        self._asked[name] = _Asked(_basis(name, feed, document), now_ms + next_in)
        state.accounts[name] = account
        if account.problem and account.problem != known.problem:
            await self._tell("warning", name, f"the positions can't be loaded: {account.problem}")
        return account

    async def _note_costs(self, account: Account, now_ms: int) -> None:
        """Let entries count from what was paid, where that is known."""
        state = self._state
        for symbol, holding in zip(account.symbols, account.holdings.positions, strict=True):
            present = state.entries.get(symbol)
            if holding.cost is None or (present is not None and present.is_cost and present.price == holding.cost):
                continue
            entry = Entry(symbol, holding.cost, now_ms, is_cost=True)
            async with state.market_lock:
                state.entries[symbol] = entry
            try:
                await self._positions.remember(entry)
            except SourceUnavailableError as error:
                log.warning("the cost of %s is only remembered until the engine stops: %s", symbol, error)

    async def _forget(self, symbols: Iterable[str]) -> None:
        for symbol in symbols:
            async with self._state.market_lock:
                self._state.entries.pop(symbol, None)
            try:
                await self._positions.forget(symbol)
            except SourceUnavailableError as error:
                log.warning("the entry of %s, which is not held any more, could not be removed: %s", symbol, error)

    async def _keep(self) -> None:
        """Remember what changed; a database that is away is asked again at the next look."""
        accounts = dict(self._state.accounts)
        if accounts == self._kept:
            return
        try:
            await self._positions.keep_accounts(tuple(accounts.values()))
            self._kept = accounts
        except SourceUnavailableError as error:
            log.warning("what the accounts hold could not be kept yet: %s", error)


def _every_ms(document: SettingsDocument) -> int:
    return int(document.position_refresh_hours * _HOUR_MS)


def _basis(name: str, feed: Feed, document: SettingsDocument) -> tuple[Any, ...]:
    return feed, document.position_min_value_usd, _keys(name, document)


def _keys(name: str, document: SettingsDocument) -> KeyVariables:
    exchange = document.exchanges.get(name)
    if exchange is None:
        return KeyVariables()
    return KeyVariables.of(exchange)


async def _read(
    feed: Feed, document: SettingsDocument, known: Account, now_ms: int, *, believe_nothing: bool
) -> Account:
    """Raises NoCredentialsError, SourceUnavailableError, _EmptiedError."""
    if not isinstance(feed, AccountFeed):
        raise NoCredentialsError(f"the connection to {feed.exchange} can't tell what an account holds")
    balances = await feed.balances(_keys(feed.exchange, document))
    if not balances and known.holdings.positions and not believe_nothing:
        raise _EmptiedError(
            f"{feed.exchange} tells of no balance at all any more; that counts once it has told so twice"
        )
    held = added_up(balances)
    markets = mapped(held, await feed.instruments()) if held else {}
    prices = await feed.last_prices([market.symbol for market in markets.values()]) if markets else {}
    found = holdings(held, markets, prices, document.position_min_value_usd, known.holdings)
    return Account(feed.exchange, found, refreshed_at=now_ms)
