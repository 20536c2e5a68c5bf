"""Positions over HTTP. Paths lie below `/api/v1/runtime/`."""

import time

from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import Field

from runtime import positions
from runtime.engine.holdings import Account
from runtime.positions import Overview, Position
from settingsapp.http_errors import ApiError, read_sub_of
from settingsapp.schema.validation import InvalidSettingsError

router = Router(tags=["positions"])


class PositionOut(Schema):
    """One position; prices and value in USD. Null is what nobody knows."""

    symbol: str = Field(description="In the exchange's own notation")
    exchange: str
    watched: bool = Field(description="False where the exchange or the symbol is switched off")
    currency: str | None
    amount: float | None = Field(description="Null where the settings list it by hand")
    price: float | None = Field(description="At the last refresh")
    value_usd: float | None = Field(serialization_alias="valueUsd", description="At the last refresh")
    entry_price: float | None = Field(serialization_alias="entryPrice", description="What the limits count from")
    entry_from: str | None = Field(serialization_alias="entryFrom", description="`cost` or `first-seen`")
    since: int | None = Field(description="Since when the entry price counts, ms UTC")
    stop_loss_price: float | None = Field(serialization_alias="stopLossPrice")
    take_profit_price: float | None = Field(serialization_alias="takeProfitPrice")


class LeftOutOut(Schema):
    """A currency that is held and is no position."""

    currency: str
    amount: float
    reason: str


class AccountOut(Schema):
    """How fresh the positions of an exchange are."""

    exchange: str
    refreshed_at: int | None = Field(serialization_alias="refreshedAt", description="ms UTC; null: never yet")
    stale: bool
    problem: str = Field(description="Why they can't be read now; empty where they can")
    failing_since: int | None = Field(serialization_alias="failingSince", description="ms UTC")
    left_out: list[LeftOutOut] = Field(serialization_alias="leftOut")


class PositionsOut(Schema):
    """All positions."""

    loaded_from_exchange: bool = Field(
        serialization_alias="loadedFromExchange", description="False: they are the settings' own list"
    )
    refresh_hours: float = Field(serialization_alias="refreshHours")
    positions: list[PositionOut]
    accounts: list[AccountOut] = Field(description="One for each exchange that was asked")


@router.get("positions", summary="Positions, their limits, and how fresh that is", response=PositionsOut, by_alias=True)
def list_positions(request: HttpRequest) -> PositionsOut:
    """What is held as the exchanges told it last, or as the settings list it."""
    try:
        found = positions.overview(read_sub_of(request), int(time.time() * 1000))
    except InvalidSettingsError as error:
        raise ApiError(409, "settings_unusable", f"What is saved is not a valid document: {error}") from None
    return PositionsOut(
        loaded_from_exchange=found.loaded,
        refresh_hours=found.refresh_hours,
        positions=[_position(one) for one in found.positions],
        accounts=[_account(one, found) for one in found.accounts],
    )


def _position(one: Position) -> PositionOut:
    holding, entry = one.holding, one.entry
    return PositionOut(
        symbol=one.symbol,
        exchange=one.exchange,
        watched=one.watched,
        currency=holding.currency if holding else None,
        amount=holding.amount if holding else None,
        price=holding.price if holding else None,
        value_usd=holding.value if holding else None,
        entry_price=entry.price if entry else None,
        entry_from=None if entry is None else "cost" if entry.is_cost else "first-seen",
        since=entry.seen_at if entry else None,
        stop_loss_price=one.stop_loss,
        take_profit_price=one.take_profit,
    )


def _account(one: Account, found: Overview) -> AccountOut:
    return AccountOut(
        exchange=one.exchange,
        refreshed_at=one.refreshed_at,
        stale=one.exchange in found.stale,
        problem=one.problem,
        failing_since=one.failing_since,
        left_out=[
            LeftOutOut(currency=left.currency, amount=left.amount, reason=left.reason) for left in one.holdings.left_out
        ],
    )
