"""Pages that are live: real state in their first paint, kept up to date by the websocket from then on."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache

from runtime.bus.connections import RedisUnavailableError
from runtime.bus.live import Look, look
from runtime.live import saved, words
from runtime.live.consumer import ALERTS, ERRORS
from runtime.live.hub import NO_REDIS
from runtime.live.presentation import Presentation, presentation_of
from runtime.permissions import role_needed
from runtime.protocol.confirmation import what_is_lost
from runtime.protocol.observed import observed
from runtime.protocol.payloads import CommandName
from runtime.readings import Cell, SymbolReadings, readings
from settingsapp.accounts import Role, identity_of, role_of
from settingsapp.admin_page import NO_IDENTITY
from settingsapp.schema.vocabulary import TIMEFRAMES, split_qualified

FIRST_ROWS: Final = 10
"""Of the symbols' table so many are there before any script runs."""


@never_cache
@login_required
def status_page(request: HttpRequest) -> HttpResponse:
    """`/`: what the engine does, at one glance."""
    identity, role = identity_of(request.user), role_of(request.user)
    if identity is None or role is None:
        return render(request, NO_IDENTITY, status=403)
    return render(request, "runtime/status.html", live_context(identity.sub, role, seen(identity.sub, errors=ERRORS)))


@dataclass(frozen=True)
class Seen:
    """What is seen of an engine at one moment (`now_ms`, by Redis's clock; 0 where that can't be reached)."""

    now_ms: int
    status: dict[str, Any]
    errors: list[dict[str, Any]]
    presentation: Presentation


def seen(sub: str, *, errors: int = 0) -> Seen:
    """Return the status as people see it, with so many of the newest errors."""
    glance = saved.settings_glance(sub)
    version = None if glance is None else glance.version
    presentation = presentation_of({}) if glance is None else glance.presentation
    try:
        found = look(sub, errors=errors)
        trouble = ""
    except RedisUnavailableError:
        found, trouble = Look(now_ms=0, status=None, errors=[]), NO_REDIS
    status = observed(found.status, found.now_ms, version, trouble)
    status |= {"observedAt": found.now_ms, "presentation": presentation.body()}
    return Seen(found.now_ms, status, found.errors, presentation)


def live_context(sub: str, role: Role, now: Seen) -> dict[str, Any]:
    """Return what a page's live parts (templates/runtime/parts) begin with, and what its script goes on from."""
    alerts = saved.recent_alerts(sub, ALERTS)
    first = _first_readings(now.status)
    return {
        "page": _page(now, alerts, first),
        "role": role.value,
        "timeframes": TIMEFRAMES,
        "may_command": role.permits(Role.OPERATOR),
        "clearing": _clearing() if role.permits(role_needed(CommandName.CLEAR_CACHE)) else (),
        "initial": {"status": now.status, "alerts": alerts, "readings": [one.body() for one in first]},
    }


def _clearing() -> list[dict[str, str | None]]:
    """Return what can be cleared, each with the sentence that says what is lost; the page fills in the symbol."""
    labels = {
        "symbol": "One symbol",
        "tickers": "Last prices",
        "indicators": "Indicator values",
        "candles": "Candles",
        "all": "Everything",
    }
    return [
        {"scope": scope, "label": label, "lost": what_is_lost("clear-cache", {"scope": scope, "symbol": "{symbol}"})}
        for scope, label in labels.items()
    ]


def _page(now: Seen, alerts: list[dict[str, Any]], first: Sequence[SymbolReadings]) -> dict[str, Any]:
    """Return what the template shows, all of it as text and tones."""
    status, now_ms, presentation = now.status, now.now_ms, now.presentation
    at = partial(_moment, presentation)
    when = partial(presentation.briefly, now_ms=now_ms)
    offline = status["state"] == "offline"
    return {
        "face": words.face(status["state"]),
        "public_name": presentation.public_name,
        "trading_mode": presentation.trading_mode,
        "sentence": words.sentence(status, now_ms),
        "until": None if offline else at(status["desired"]["pausedUntil"]),
        "simulated": [label for one in status["exchanges"] if (label := words.exchange_label(one))],
        "updated": at(status["timestamp"], now_ms),
        "mode": status["mode"] or "–",
        "saved_version": status["savedSettingsVersion"],
        "versions": words.versions(status, when),
        "wanted_mode": words.wanted(status, "mode", when),
        "wanted_paused": words.wanted(status, "paused", when),
        "versions_tone": words.versions_tone(status),
        "uptime": "–" if offline else words.duration(status["uptimeSeconds"]),
        "started": at(status["startedAt"], now_ms),
        "engine": status["engine"],
        "last_signal": at(status["lastSignalAt"], now_ms),
        "queue_depth": status["queueDepth"],
        "warmup": status["warmup"],
        "confirmed": words.confirmed(status.get("checkedShare")),
        "exchanges": [_exchange(one, status, now_ms, presentation) for one in status["exchanges"]],
        "cache": status["cache"]
        | {"memory": words.size(status["cache"]["memoryBytes"]), "hit_rate": words.hit_rate(status["cache"])},
        "symbols": [symbol.partition(":")[::2] for symbol in status["activeSymbols"]],
        "readings": [_row(one) for one in first],
        "stages": [(stage, words.STAGE_TONES[stage], told) for stage, told in words.STAGES.items()],
        "alerts": [
            alert
            | {
                "happened": words.happened(alert),
                "values": words.values(alert, _written(presentation, alert["symbol"])),
                "due": words.delivery(alert),
                "raised": at(alert.get("timestamp", alert["openTime"]), now_ms),
                "candle": at(alert["openTime"]),
                "first": at(alert["firstBar"]),
            }
            for alert in alerts
        ],
        "errors": [error | {"at": at(error.get("timestamp"), now_ms)} for error in now.errors],
    }


def _exchange(one: dict[str, Any], status: dict[str, Any], now_ms: int, presentation: Presentation) -> dict[str, Any]:
    at = partial(_moment, presentation, now_ms=now_ms)

    def milliseconds(value: float | None) -> str:
        return "–" if value is None else f"{presentation.number(value)} ms"

    return one | {
        "tone": words.EXCHANGE_TONES.get(one["state"], "warn"),
        "label": words.exchange_label(one),
        "last": at(one["lastMessageAt"]),
        "since": at(one.get("connectedSince")),
        "websocket": milliseconds(one["latencyMs"]),
        "rest": milliseconds(one.get("restLatencyMs")),
        "stale": words.stale_on(one["exchange"], status["staleSeries"]),
        "confirmed": words.confirmed(one.get("checkedShare")),
    }


def _first_readings(status: dict[str, Any]) -> tuple[SymbolReadings, ...]:
    """Return what the first rows of the symbols' table say; the script reads the rest."""
    by_name = sorted(status["activeSymbols"], key=lambda symbol: symbol.partition(":")[::-1])
    try:
        return readings(by_name[:FIRST_ROWS], status["staleSeries"])
    except RedisUnavailableError:
        return ()


def _row(one: SymbolReadings) -> dict[str, Any]:
    exchange, name = split_qualified(one.symbol)
    return {"symbol": one.symbol, "exchange": exchange, "name": name, "cells": [_cell(cell) for cell in one.cells]}


def _cell(cell: Cell) -> dict[str, Any]:
    shown = {"timeframe": cell.timeframe, "stale": cell.stale}
    if not cell.values:
        return shown
    stage = cell.values["stage"]
    tone = words.STAGE_TONES.get(stage, "none")
    return shown | {"macdv": words.macdv(cell.values["macdv"]), "stage": stage, "tone": tone}


def _written(presentation: Presentation, symbol: str) -> Callable[[str, object], str]:
    return lambda name, value: presentation.value(name, value, symbol)


def _moment(presentation: Presentation, milliseconds: float | None, now_ms: int = 0) -> dict[str, Any] | None:
    """Return a time as the template writes it: exact, for machines, and as an age where `now_ms` is known."""
    if not milliseconds:
        return None
    text = presentation.absolute(milliseconds)
    return {
        "ms": int(milliseconds),
        "iso": datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(),
        "text": text,
        "clock": presentation.clock(milliseconds),
        "ago": words.ago(now_ms - milliseconds) if now_ms else text,
    }
