"""What positions' limits count from, and what the accounts hold."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, Final

from django.db import transaction

from runtime.engine.holdings import Account, Holding, Holdings, LeftOut
from runtime.engine.ports.positions import Entry
from runtime.models import ExchangeAccount, PositionEntry
from runtime.persistence.database import Fence, off_loop
from settingsapp import services
from settingsapp.models import Identity
from settingsapp.schema.observed import HELD
from settingsapp.schema.validation import InvalidSettingsError

log = logging.getLogger(__name__)

_LOADED: Final = "portfolio_symbols_last_update"


class PositionBook:
    """Implements runtime.engine.ports.positions.Positions."""

    def __init__(self, sub: str, fence: Fence) -> None:
        self._sub = sub
        self._fence = fence

    async def load(self) -> Sequence[Entry]:
        return await off_loop(self._read)()

    async def remember(self, entry: Entry) -> None:
        """Keep an entry; the first sight of a symbol stays until a cost is known."""
        await off_loop(self._write)(entry)

    async def forget(self, symbol: str) -> None:
        await off_loop(self._remove)(symbol)

    async def accounts(self) -> Sequence[Account]:
        return await off_loop(self._accounts)()

    async def keep_accounts(self, accounts: Sequence[Account]) -> None:
        await off_loop(self._keep_accounts)(accounts)

    def _read(self) -> list[Entry]:
        return entries_of(self._sub)

    @transaction.atomic
    def _write(self, entry: Entry) -> None:
        self._fence.check()
        values = {"price": entry.price, "seen_at": entry.seen_at, "is_cost": entry.is_cost}
        identity = Identity.objects.get(sub=self._sub)
        row, made = PositionEntry.objects.get_or_create(identity=identity, symbol=entry.symbol, defaults=values)
        if not made and entry.is_cost:
            PositionEntry.objects.filter(pk=row.pk).update(**values)

    @transaction.atomic
    def _remove(self, symbol: str) -> None:
        self._fence.check()
        PositionEntry.objects.filter(identity__sub=self._sub, symbol=symbol).delete()

    def _accounts(self) -> list[Account]:
        return accounts_of(self._sub)

    @transaction.atomic
    def _keep_accounts(self, accounts: Sequence[Account]) -> None:
        self._fence.check()
        identity = Identity.objects.get(sub=self._sub)
        kept = ExchangeAccount.objects.filter(identity=identity)
        kept.exclude(exchange__in=[account.exchange for account in accounts]).delete()
        for account in accounts:
            ExchangeAccount.objects.update_or_create(
                identity=identity,
                exchange=account.exchange,
                defaults={
                    "holdings": asdict(account.holdings),
                    "refreshed_at": account.refreshed_at,
                    "problem": account.problem[: ExchangeAccount.LONGEST_PROBLEM],
                    "failing_since": account.failing_since,
                },
            )
        refreshed = [account.refreshed_at for account in accounts if account.refreshed_at is not None]
        held = [symbol for account in accounts for symbol in account.symbols]
        self._observe({HELD: held if refreshed else None, **({_LOADED: _moment(max(refreshed))} if refreshed else {})})

    def _observe(self, observed: Mapping[str, Any]) -> None:
        try:
            with transaction.atomic():
                services.observe(self._sub, observed)
        except InvalidSettingsError as error:
            log.warning("the settings can't show when positions were loaded: %s", error)


def _moment(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def entries_of(sub: str) -> list[Entry]:
    """Return what an identity's limits count from."""
    rows = PositionEntry.objects.filter(identity__sub=sub)
    return [Entry(row.symbol, row.price, row.seen_at, row.is_cost) for row in rows]


def accounts_of(sub: str) -> list[Account]:
    """Return what an identity's accounts held when they were last read."""
    return [_account(row) for row in ExchangeAccount.objects.filter(identity__sub=sub)]


def _account(row: ExchangeAccount) -> Account:
    told: Mapping[str, Sequence[Mapping[str, Any]]] = row.holdings
    return Account(
        exchange=row.exchange,
        holdings=Holdings(
            tuple(Holding(**one) for one in told.get("positions", ())),
            tuple(LeftOut(**one) for one in told.get("left_out", ())),
        ),
        refreshed_at=row.refreshed_at,
        problem=row.problem,
        failing_since=row.failing_since,
    )
