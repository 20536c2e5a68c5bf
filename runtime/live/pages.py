"""The status page: real state in its first paint, kept up to date by the websocket from then on."""

from datetime import UTC, datetime
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache

from runtime.bus.connections import RedisUnavailableError
from runtime.bus.live import BEGINNING, Look, look
from runtime.live import saved, words
from runtime.live.consumer import ALERTS, ERRORS
from runtime.live.hub import NO_REDIS
from runtime.protocol.observed import observed
from settingsapp.accounts import Role, identity_of, role_of


@never_cache
@login_required
def status_page(request: HttpRequest) -> HttpResponse:
    """`/`: what the engine does, at one glance."""
    identity, role = identity_of(request.user), role_of(request.user)
    if identity is None or role is None:
        return render(request, "runtime/no_identity.html", status=403)
    saved_settings = saved.settings_glance(identity.sub)
    version = None if saved_settings is None else saved_settings.version
    try:
        seen = look(identity.sub, errors=ERRORS)
        trouble = ""
    except RedisUnavailableError:
        seen, trouble = Look(now_ms=0, status=None, seq=BEGINNING, errors=[]), NO_REDIS
    status = observed(seen.status, seen.now_ms, version, trouble) | {"observedAt": seen.now_ms}
    alerts = saved.recent_alerts(identity.sub, ALERTS)
    context = {
        "page": _page(status, alerts, seen.errors, seen.now_ms),
        "trading_mode": "" if saved_settings is None else saved_settings.trading_mode,
        "role": role.value,
        "may_command": role.permits(Role.OPERATOR),
        "initial": {"seq": seen.seq, "status": status, "alerts": alerts, "errors": seen.errors},
    }
    return render(request, "runtime/status.html", context)


def _page(
    status: dict[str, Any], alerts: list[dict[str, Any]], errors: list[dict[str, Any]], now_ms: int
) -> dict[str, Any]:
    """Return what the template shows, all of it as text and tones."""
    offline = status["state"] == "offline"
    return {
        "face": words.face(status["state"]),
        "sentence": words.sentence(status, now_ms),
        "until": None if offline else _moment(status["desired"]["pausedUntil"]),
        "simulated": [label for one in status["exchanges"] if (label := words.exchange_label(one))],
        "updated": _moment(status["timestamp"], now_ms),
        "mode": status["mode"] or "–",
        "saved_version": status["savedSettingsVersion"],
        "versions": words.versions(status),
        "versions_tone": words.versions_tone(status),
        "uptime": "–" if offline else words.duration(status["uptimeSeconds"]),
        "started": _moment(status["startedAt"]),
        "engine": status["engine"],
        "last_signal": _moment(status["lastSignalAt"], now_ms),
        "queue_depth": status["queueDepth"],
        "warmup": status["warmup"],
        "exchanges": [
            one
            | {
                "tone": words.EXCHANGE_TONES.get(one["state"], "warn"),
                "label": words.exchange_label(one),
                "last": _moment(one["lastMessageAt"], now_ms),
                "latency": None if one["latencyMs"] is None else words.number(one["latencyMs"]),
            }
            for one in status["exchanges"]
        ],
        "symbols": [symbol.partition(":")[::2] for symbol in status["activeSymbols"]],
        "alerts": [
            alert
            | {
                "happened": words.happened(alert),
                "values": words.values(alert),
                "raised": _moment(alert.get("timestamp", alert["openTime"]), now_ms),
                "candle": _moment(alert["openTime"]),
                "first": _moment(alert["firstBar"]),
            }
            for alert in alerts
        ],
        "errors": [error | {"at": _moment(error.get("timestamp"), now_ms)} for error in errors],
    }


def _moment(milliseconds: float | None, now_ms: int = 0) -> dict[str, Any] | None:
    """Return a time as the template writes it: exact, for machines, and as an age where `now_ms` is known."""
    if not milliseconds:
        return None
    time = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return {
        "ms": int(milliseconds),
        "iso": time.isoformat(),
        "text": f"{time:%Y-%m-%d %H:%M:%S} UTC",
        "clock": f"{time:%H:%M} UTC",
        "ago": words.ago(now_ms - milliseconds) if now_ms else f"{time:%Y-%m-%d %H:%M} UTC",
    }
