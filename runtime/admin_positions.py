"""The positions in the admin, to read: what is held, from where its limits count, and how fresh that is."""

import time
from typing import Any, Final

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from runtime import positions
from runtime.engine.holdings import Account
from runtime.live import saved, words
from runtime.live.presentation import Presentation
from runtime.positions import Overview, Position
from settingsapp.accounts import Role
from settingsapp.admin_page import for_every_role
from settingsapp.identities import UnknownIdentityError
from settingsapp.models import Identity
from settingsapp.schema.validation import InvalidSettingsError
from settingsapp.schema.vocabulary import SIMULATED

TITLE: Final = "Positions"


@for_every_role
def positions_page(request: HttpRequest, identity: Identity, _: Role) -> HttpResponse:
    """Every role may read it."""
    shown = saved.presentation(identity.sub)
    now_ms = int(time.time() * 1000)
    found, unusable = None, ""
    try:
        found = positions.overview(identity.sub, now_ms)
    except (InvalidSettingsError, UnknownIdentityError) as error:
        unusable = str(error)
    context = admin.site.each_context(request) | {
        "title": TITLE,
        "unusable": unusable,
        "found": found,
        "zone": shown.timezone,
        "rows": [_row(one, shown) for one in found.positions] if found else [],
        "accounts": [_account(one, found, shown, now_ms) for one in found.accounts] if found else [],
        "hours": shown.number(found.refresh_hours) if found else "",
    }
    return TemplateResponse(request, "runtime/positions.html", context, status=200 if found else 409)


def _row(one: Position, shown: Presentation) -> dict[str, Any]:
    holding, entry = one.holding, one.entry
    return {
        "symbol": one.symbol,
        "exchange": one.exchange,
        "watched": one.watched,
        "amount": _number(holding.amount if holding else None, shown),
        "currency": holding.currency if holding else "",
        "value": "" if holding is None or holding.value is None else shown.number(round(holding.value, 2)),
        "unpriced": holding is not None and holding.value is None,
        "entry": _number(entry.price if entry else None, shown),
        "entry_from": "" if entry is None else "cost" if entry.is_cost else "first seen",
        "stop_loss": _number(one.stop_loss, shown),
        "take_profit": _number(one.take_profit, shown),
        "since": shown.absolute(entry.seen_at) if entry else "",
    }


def _account(one: Account, found: Overview, shown: Presentation, now_ms: int) -> dict[str, Any]:
    return {
        "exchange": one.exchange,
        "simulated": one.exchange == SIMULATED,
        "face": ("bad", "failing") if one.problem else ("warn", "stale") if one.exchange in found.stale else None,
        "refreshed": shown.absolute(one.refreshed_at) if one.refreshed_at is not None else "",
        "ago": words.ago(max(0, now_ms - one.refreshed_at)) if one.refreshed_at is not None else "",
        "problem": one.problem,
        "failing_since": shown.absolute(one.failing_since) if one.failing_since is not None else "",
        "left_out": [
            {"currency": left.currency, "amount": shown.number(left.amount), "reason": left.reason}
            for left in one.holdings.left_out
        ],
    }


def _number(value: float | None, shown: Presentation) -> str:
    return "" if value is None else shown.number(value)
