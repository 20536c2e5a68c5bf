"""Across exchanges, in the admin: what the watchlist is on each of them, and the switch of the primary one."""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from django.contrib import admin
from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from settingsapp.accounts import Role
from settingsapp.admin_page import for_every_role
from settingsapp.identities import UnknownIdentityError
from settingsapp.models import Identity
from settingsapp.schema.validation import InvalidSettingsError
from settingsapp.schema.vocabulary import SIMULATED
from symbols import catalogue, crossing, refreshing, switching
from symbols.crossing import Crossings
from symbols.mapping import Counterpart, Stablecoins, Verdict
from symbols.refreshing import RefreshState
from symbols.shown_times import span
from symbols.switching import Entry, Preview, UnfitSwitchError

TITLE: Final = "Across exchanges"
ROWS: Final = 200
"""So many symbols are shown at once."""
_LISTS: Final[Mapping[str, str]] = {
    "symbols": "watchlist",
    "sparse_symbols": "sparse",
    "position_symbols": "positions",
    "disabled_symbols": "switched off",
    "scanner_symbols": "by the scanner",
}
_GROUPS: Final[Sequence[tuple[Verdict, str, str]]] = (
    (Verdict.AMBIGUOUS, "To be chosen", "Nothing is chosen for you here."),
    (Verdict.NONE, "Not there", "These stay where they are, or go."),
    (Verdict.MAPS, "Maps", "These move; another choice is possible."),
)


@for_every_role
def mapping_page(request: HttpRequest, identity: Identity, role: Role) -> HttpResponse:
    """Every role may read it; who may change the settings can also switch the primary exchange."""
    chosen = request.GET.get("stablecoins", "")
    stablecoins = Stablecoins(chosen) if chosen in set(Stablecoins) else Stablecoins.DOLLAR
    context = admin.site.each_context(request) | {
        "title": TITLE,
        "may_act": role.permits(Role.ADMIN),
        "may_refresh": role.permits(Role.OPERATOR),
        "stablecoins": stablecoins.value,
        "simulated": SIMULATED,
    }
    try:
        found = crossing.overview(identity.sub, stablecoins)
        target = request.GET.get("to", "")
        context |= {
            "found": found,
            "known": [_known(exchange) for exchange in found.exchanges],
            "counts": _counts(found),
            "only_open": request.GET.get("only") == "open",
            "page": _page(found, request.GET.get("page", ""), only_open=request.GET.get("only") == "open"),
            "targets": [exchange for exchange in found.exchanges if exchange != found.primary_exchange],
            "target": target,
        }
        if target:
            context |= _switch(identity.sub, target, stablecoins)
    except (InvalidSettingsError, UnknownIdentityError) as error:
        return TemplateResponse(request, "symbols/mapping.html", context | {"unusable": str(error)}, status=409)
    return TemplateResponse(request, "symbols/mapping.html", context)


def _known(exchange: str) -> dict[str, Any]:
    now_ms = int(time.time() * 1000)
    state = refreshing.state_of(exchange, now_ms)
    return {
        "exchange": exchange,
        "instruments": catalogue.count_active(exchange),
        "running": state.state is RefreshState.RUNNING,
        "read": "" if state.read_at is None else f"{span(now_ms - state.read_at)} ago",
        "problem": state.problem,
    }


def _counts(found: Crossings) -> dict[str, int]:
    counted = Counter(one.verdict.value for row in found.rows for one in row.on.values() if not one.unread)
    return {verdict.value: counted[verdict.value] for verdict in Verdict}


def _page(found: Crossings, number: str, *, only_open: bool) -> Page[Any]:
    """Return a page of the table's rows; with `only_open` of those alone of which something does not map."""
    shown: list[Any] = [
        row for row in found.rows if not only_open or any(one.verdict is not Verdict.MAPS for one in row.on.values())
    ]
    page: Page[Any] = Paginator(shown, ROWS).get_page(number)
    page.object_list = [
        {
            "symbol": row.symbol,
            "cells": [
                {"exchange": exchange, "own": exchange == row.exchange, **_cell(row.on.get(exchange))}
                for exchange in found.exchanges
            ],
        }
        for row in page.object_list
    ]
    return page


def _cell(one: Counterpart | None) -> dict[str, Any]:
    if one is None:
        return {}
    symbols = [other.instrument.symbol for other in one.candidates]
    return {
        "verdict": "unread" if one.unread else one.verdict.value,
        "symbol": symbols[0] if one.verdict is Verdict.MAPS else "",
        "choices": symbols if one.verdict is Verdict.AMBIGUOUS else symbols[1:],
        "why": one.why,
    }


def _switch(sub: str, target: str, stablecoins: Stablecoins) -> dict[str, Any]:
    try:
        shown = switching.preview(sub, target, stablecoins)
    except UnfitSwitchError as error:
        return {"unfit": error.problems[0].message}
    return {
        "preview": shown,
        "groups": [
            {
                "verdict": verdict.value,
                "title": title,
                "told": told,
                "entries": [_entry(entry, shown) for entry in shown.of(verdict)],
            }
            for verdict, title, told in _GROUPS
            if shown.of(verdict)
        ],
        "maps": len(shown.of(Verdict.MAPS)),
        "ambiguous": len(shown.of(Verdict.AMBIGUOUS)),
        "none": len(shown.of(Verdict.NONE)),
    }


def _entry(entry: Entry, shown: Preview) -> dict[str, Any]:
    one = entry.counterpart
    return {
        "symbol": entry.symbol,
        "stays": f"{shown.source}:{entry.symbol}",
        "lists": ", ".join(_LISTS[name] for name in entry.lists),
        "why": one.why,
        "verdict": one.verdict.value,
        "candidates": [
            {"symbol": other.instrument.symbol, "unified": other.instrument.unified} for other in one.candidates
        ],
        "becomes": one.target.symbol if one.target else "",
    }
