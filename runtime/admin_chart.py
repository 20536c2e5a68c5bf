"""The chart of one series: candles, MACD-V and alerts, of what the engine has cached. The page's script draws it."""

from collections.abc import Sequence
from typing import Any, Final, cast
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from runtime.live import words
from runtime.live.pages import seen
from runtime.models import Alert
from runtime.readings import SETTLED_BARS, meant
from settingsapp.accounts import Role
from settingsapp.admin_page import for_every_role
from settingsapp.models import Identity
from settingsapp.schema.vocabulary import TIMEFRAMES, Timeframe

TITLE: Final = "Chart"
DEFAULT_TIMEFRAME: Final[Timeframe] = "1h"


@for_every_role
def chart_page(request: HttpRequest, identity: Identity, role: Role) -> HttpResponse:
    """`/admin/chart/?symbol=EXCHANGE:SYMBOL&timeframe=1h[&at=OPENTIME]`: every role sees it.

    Without a symbol it is the first that is watched. `at` (ms UTC) is the bar to begin with, an alert's for one.
    """
    now = seen(identity.sub)
    watched = sorted(now.status["activeSymbols"])
    asked = request.GET.get("symbol", "").strip()
    if (found := _found(asked, watched)) != asked:
        return redirect(f"{reverse('admin:chart')}?{urlencode(request.GET.dict() | {'symbol': found})}")
    symbol = asked or (watched[0] if watched else "")
    asked_timeframe = request.GET.get("timeframe", "") or DEFAULT_TIMEFRAME
    timeframe = asked_timeframe if asked_timeframe in TIMEFRAMES else DEFAULT_TIMEFRAME
    context = {
        "title": TITLE,
        "role": role.value,
        "face": words.face(now.status["state"]),
        "sentence": words.sentence(now.status, now.now_ms),
        "symbol": symbol,
        "parts": symbol.partition(":")[::2],
        "watched": watched,
        "timeframe_links": _links(symbol, timeframe),
        "wrong_timeframe": "" if asked_timeframe == timeframe else asked_timeframe,
        "initial": {
            "status": now.status,
            "symbol": symbol,
            "timeframe": timeframe,
            "at": _moment(request.GET.get("at", "")),
            "settledBars": SETTLED_BARS,
        },
    }
    return render(request, "runtime/chart.html", context)


def chart_address(alert: Alert) -> str:
    """Return where the chart shows the alert's bar."""
    symbol = f"{alert.exchange}:{alert.symbol}"
    query = {"symbol": symbol, "timeframe": alert.timeframe, "at": alert.open_time}
    return f"{reverse('admin:chart')}?{urlencode(query)}"


def _found(asked: str, watched: Sequence[str]) -> str:
    """Return the watched symbol that is meant where only its exchange or its case is open, else what was asked."""
    alike = [one for one in meant(asked, watched) if ":" not in asked or one.lower() == asked.lower()]
    return alike[0] if asked not in watched and len(alike) == 1 else asked


def _links(symbol: str, current: str) -> Sequence[dict[str, Any]]:
    return [
        {"name": one, "query": urlencode({"symbol": symbol, "timeframe": one}), "current": one == current}
        for one in cast("Sequence[str]", TIMEFRAMES)
    ]


def _moment(text: str) -> int | None:
    """Read an open time in ms; what is none begins the page as if nothing was said."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 13 else None
