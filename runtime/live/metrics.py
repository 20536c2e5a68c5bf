"""`/metrics`: what the engines do, for Prometheus."""

import ipaddress
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Final

from channels.db import database_sync_to_async
from django import db
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from runtime.bus.connections import RedisUnavailableError
from runtime.bus.live import LiveReader, Statuses
from runtime.live import hub, saved, words
from runtime.protocol.observed import SavedVersion, observed
from runtime.protocol.status import EngineState
from settingsapp.accounts import identity_of, role_of
from settingsapp.bearer import BearerToken
from settingsapp.http_errors import ApiError
from settingsapp.tokens import role_of_token

_FORWARDED: Final = ("X-Forwarded-For", "X-Forwarded-Proto", "X-Real-IP", "Forwarded", "Via")
_NOBODY: Final = "Metrics are told to this machine itself, or to who sends an API token: Authorization: Bearer TOKEN."
_NONE_HEARD: Final = Statuses(now_ms=0, last={})


@never_cache
async def metrics(request: HttpRequest) -> HttpResponse:
    """`/metrics`: of every identity to this machine itself, of its own to a token or a login with a role."""
    try:
        subs = await database_sync_to_async(_readable, thread_sensitive=False)(request)
        versions = await database_sync_to_async(saved.versions, thread_sensitive=False)(subs)
        database = True
    except ApiError as error:
        headers = {"WWW-Authenticate": "Bearer"} if error.status == 401 else {}
        return JsonResponse(error.body(), status=error.status, headers=headers)
    except db.Error:
        # Who may read what is not known now, so nothing of any identity is told.
        subs, versions, database = (), {}, False
    reader = LiveReader()
    try:
        heard, redis = await reader.statuses(subs), True
    except RedisUnavailableError:
        heard, redis = _NONE_HEARD, False
    finally:
        await reader.close()
    here = hub.current()
    registry = CollectorRegistry()
    registry.register(_Collected([*_process(database, redis, here), *engines(subs, heard, versions)]))
    encoder, content_type = choose_encoder(request.headers.get("Accept", ""))
    return HttpResponse(encoder(registry), content_type=content_type)


def engines(subs: Collection[str], heard: Statuses, versions: Mapping[str, SavedVersion]) -> Iterator[Metric]:
    """Yield what is known of each identity's engine. Times in seconds, as Prometheus has them."""
    known = [(sub, observed(heard.last.get(sub), heard.now_ms, versions.get(sub))) for sub in subs]
    state = GaugeMetricFamily(
        "livermore_engine_state", "1 for the state that the engine is in", labels=("identity", "state")
    )
    for sub, status in known:
        for one in EngineState:
            state.add_metric((sub, one.value), float(status["state"] == one.value))
    yield state
    for name, what, read in _GAUGES:
        gauge = GaugeMetricFamily(f"livermore_{name}", what, labels=("identity",))
        for sub, status in known:
            if (value := read(status, heard.now_ms)) is not None:
                gauge.add_metric((sub,), value)
        yield gauge
    for name in ("hits", "misses"):
        # The server counts for all identities together: the newest that anybody heard is what it is.
        count = max((status["cache"].get(name, 0) for _, status in known), default=0)
        yield CounterMetricFamily(f"livermore_redis_{name}", f"Keyspace {name} of the Redis server", value=count)
    yield from _exchanges(known)


def _exchanges(known: Sequence[tuple[str, Mapping[str, Any]]]) -> Iterator[Metric]:
    labels = ("identity", "exchange")
    connected = GaugeMetricFamily("livermore_exchange_connected", "1 while connected", labels=labels)
    latency = GaugeMetricFamily(
        "livermore_exchange_latency_seconds",
        "Of its last messages (websocket) and answers (rest)",
        labels=(*labels, "way"),
    )
    heard_at = GaugeMetricFamily(
        "livermore_exchange_last_message_timestamp_seconds", "When it was last heard", labels=labels
    )
    stale = GaugeMetricFamily("livermore_exchange_stale_series", "Series that wait for missing candles", labels=labels)
    reconnects = CounterMetricFamily("livermore_exchange_reconnects", "Since the engine started", labels=labels)
    for sub, status in known:
        silent = status["state"] == EngineState.OFFLINE
        for one in status["exchanges"]:
            of = (sub, one["exchange"])
            connected.add_metric(of, float(one["state"] == "connected" and not silent))
            for way, milliseconds in (("websocket", one["latencyMs"]), ("rest", one.get("restLatencyMs"))):
                if milliseconds is not None:
                    latency.add_metric((*of, way), milliseconds / 1000)
            if one["lastMessageAt"]:
                heard_at.add_metric(of, one["lastMessageAt"] / 1000)
            stale.add_metric(of, words.stale_on(one["exchange"], status["staleSeries"]))
            reconnects.add_metric(of, one["reconnects"])
    yield from (connected, latency, heard_at, stale, reconnects)


def _age(status: Mapping[str, Any], now_ms: int) -> float | None:
    return None if status["timestamp"] is None else max(0, now_ms - status["timestamp"]) / 1000


def _last_signal(status: Mapping[str, Any], _: int) -> float | None:
    return status["lastSignalAt"] / 1000 if status["lastSignalAt"] else None


_GAUGES: Final = (
    ("engine_heartbeat_age_seconds", "Since the engine was last heard", _age),
    ("engine_uptime_seconds", "Since the engine started, as it last said", lambda s, _: s["uptimeSeconds"]),
    ("engine_paused", "1 where somebody wants it paused", lambda s, _: float(s["desired"]["paused"])),
    ("queue_depth", "Commands that have not ended", lambda s, _: s["queueDepth"]),
    ("active_symbols", "Symbols that are watched", lambda s, _: len(s["activeSymbols"])),
    ("stale_series", "Series that wait for missing candles", lambda s, _: len(s["staleSeries"])),
    ("warm_series", "Series that have their warm-up", lambda s, _: s["warmup"]["done"]),
    ("series", "Series that are held", lambda s, _: s["warmup"]["total"]),
    ("checked_share", "Share of the bars held that was compared with the exchange", lambda s, _: s["checkedShare"]),
    ("last_signal_timestamp_seconds", "When the last alert was raised", _last_signal),
    ("settings_saved_version", "The version that is saved", lambda s, _: s["savedSettingsVersion"]),
    ("settings_running_version", "The version that the engine runs", lambda s, _: s["settingsVersion"]),
    ("cache_keys", "Keys of the caches of candles, indicators and tickers", lambda s, _: s["cache"].get("keys", 0)),
    ("cache_bytes", "Memory that the caches take in Redis", lambda s, _: s["cache"].get("memoryBytes", 0)),
)


def _process(database: bool, redis: bool, here: hub.Hub) -> Iterator[Metric]:
    up = GaugeMetricFamily("livermore_up", "1 where this web server reaches it", labels=("what",))
    up.add_metric(("database",), float(database))
    up.add_metric(("redis",), float(redis))
    yield up
    yield GaugeMetricFamily("livermore_viewers", "Open pages that this web process tells", value=here.viewer_count)
    yield CounterMetricFamily(
        "livermore_viewers_dropped", "Pages that could not keep up and had to come back", value=here.dropped_count
    )


class _Collected(Collector):
    def __init__(self, collected: Sequence[Metric]) -> None:
        self._collected = collected

    def collect(self) -> Sequence[Metric]:
        return self._collected


def _readable(request: HttpRequest) -> tuple[str, ...]:
    """Return the identities of which the caller may read. Raises ApiError."""
    token = BearerToken()(request) if "Authorization" in request.headers else None
    if token is not None:
        if role_of_token(token) is None:
            raise ApiError(403, "forbidden", "This token's maker has no role any more.")
        return (token.identity.sub,)
    identity = identity_of(request.user)
    if identity is not None and role_of(request.user) is not None:
        return (identity.sub,)
    if _from_this_machine(request):
        return saved.all_subs()
    raise ApiError(401, "not_signed_in", _NOBODY)


def _from_this_machine(request: HttpRequest) -> bool:
    # Behind a proxy everybody comes from the proxy's address, which may be this machine's.
    if any(name in request.headers for name in _FORWARDED):
        return False
    try:
        return ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False
