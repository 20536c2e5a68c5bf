"""The status page: real state in its first paint, kept up to date by the websocket from then on."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache

from runtime.bus.connections import RedisUnavailableError
from runtime.bus.live import BEGINNING, Look, look
from runtime.live import saved, words
from runtime.live.consumer import ALERTS, ERRORS
from runtime.live.hub import NO_REDIS
from runtime.live.presentation import Presentation, presentation_of
from runtime.permissions import role_needed
from runtime.protocol.confirmation import what_is_lost
from runtime.protocol.observed import observed
from runtime.protocol.payloads import CommandName
from runtime.readings import Cell, Glance, SymbolReadings, readings
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
    return render(request, "runtime/status.html", live_context(identity.sub, role))


def live_context(sub: str, role: Role) -> dict[str, Any]:
    """Return what a page's live parts (templates/runtime/parts) begin with, and what its script goes on from."""
    saved_settings = saved.settings_glance(sub)
    version = None if saved_settings is None else saved_settings.version
    presentation = presentation_of({}) if saved_settings is None else saved_settings.presentation
    try:
        seen = look(sub, errors=ERRORS)
        trouble = ""
    except RedisUnavailableError:
        seen, trouble = Look(now_ms=0, status=None, seq=BEGINNING, errors=[]), NO_REDIS
    status = observed(seen.status, seen.now_ms, version, trouble)
    status |= {"observedAt": seen.now_ms, "presentation": presentation.body()}
    alerts = saved.recent_alerts(sub, ALERTS)
    first = _first_readings(status)
    return {
        "page": _page(status, alerts, seen.errors, seen.now_ms, presentation, first),
        "role": role.value,
        "timeframes": TIMEFRAMES,
        "may_command": role.permits(Role.OPERATOR),
        "clearing": _clearing() if role.permits(role_needed(CommandName.CLEAR_CACHE)) else (),
        "initial": {
            **{"seq": seen.seq, "status": status, "alerts": alerts, "errors": seen.errors},
            "readings": [one.body() for one in first],
        },
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


def _page(
    status: dict[str, Any],
    alerts: list[dict[str, Any]],
    errors: list[dict[str, Any]],
    now_ms: int,
    presentation: Presentation,
    first: Sequence[SymbolReadings],
) -> dict[str, Any]:
    """Return what the template shows, all of it as text and tones."""
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
        "errors": [error | {"at": at(error.get("timestamp"), now_ms)} for error in errors],
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
    first = tuple(by_name[:FIRST_ROWS])
    try:
        return readings(Glance(status["state"], None, first, tuple(status["staleSeries"])))
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
