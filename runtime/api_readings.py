"""Indicators and candles over HTTP. Paths lie below `/api/v1/runtime/`."""

import gzip
import hashlib
from collections import OrderedDict
from typing import Annotated, Any, Final, NamedTuple
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from runtime.bus.connections import RedisUnavailableError
from runtime.bus.market_cache import CANDLES_KEPT
from runtime.readings import Course, Glance, NotWatchedError, Point, course, glance, readings
from settingsapp.http_errors import ApiError, read_sub_of
from settingsapp.schema import strict_json
from settingsapp.schema.problems import FieldProblem
from settingsapp.schema.vocabulary import TIMEFRAMES

router = Router(tags=["market"])

DEFAULT_BARS: Final = 300
MOST_BARS: Final = CANDLES_KEPT
IDENTITIES_KEPT: Final = 16
COMPRESSION: Final = 5
# What a bar can open at: up to the year 2286.
Moment = Annotated[int | None, Query(ge=0, lt=10**13, description="Bars that opened before that, ms UTC")]


class _Told(NamedTuple):
    """An answer as it is, and compressed to a sixth: every open page reads it once a minute. It holds no secrets."""

    body: bytes
    compressed: bytes
    digest: str

    def answer(self, request: HttpRequest) -> HttpResponse:
        compress = "gzip" in request.headers.get("Accept-Encoding", "")
        etag = f'"{self.digest}-gzip"' if compress else f'"{self.digest}"'
        if request.headers.get("If-None-Match") == etag:
            answer = HttpResponse(status=304)
        else:
            body = self.compressed if compress else self.body
            answer = HttpResponse(body, content_type="application/json; charset=utf-8")
            if compress:
                answer["Content-Encoding"] = "gzip"
        answer["ETag"] = etag
        answer["Cache-Control"] = "private, no-cache"
        answer["Vary"] = "Accept-Encoding"
        return answer


class _LastTold:
    """What was last told of an identity's readings, for all who ask before they change: of a thousand symbols it takes
    a third of a second to put together, and every open page asks.
    """

    def __init__(self) -> None:
        self._kept: OrderedDict[str, tuple[Glance, _Told]] = OrderedDict()

    def of(self, sub: str, glance: Glance) -> _Told:
        """Raises RedisUnavailableError."""
        kept = self._kept.get(sub)
        if kept is not None and kept[0] == glance:
            return kept[1]
        told = _told(glance)
        if glance.changed_at is not None:
            self._kept[sub] = (glance, told)
            self._kept.move_to_end(sub)
            while len(self._kept) > IDENTITIES_KEPT:
                self._kept.popitem(last=False)
        return told


def _told(glance: Glance) -> _Told:
    results = [one.body() for one in readings(glance.watched, glance.stale)]
    body = strict_json.encode({"state": glance.state, "results": results, "next": None}).encode()
    return _Told(body, gzip.compress(body, COMPRESSION, mtime=0), hashlib.sha256(body).hexdigest()[:32])


_TOLD: Final = _LastTold()


@router.get("readings", summary="MACD-V and stage of all watched symbols")
def list_readings(request: HttpRequest) -> HttpResponse:
    """By symbol and timeframe, after the last closed candle. `state` is the engine's: while it is offline, the values
    are the last that it told. A cell without `stage` has too few bars. The ETag stays as long as all values do.
    """
    sub = read_sub_of(request)
    try:
        told = _TOLD.of(sub, glance(sub))
    except RedisUnavailableError as error:
        raise _unreachable(error) from error
    return told.answer(request)


@router.get("candles", summary="A series' candles, newest first, with MACD-V and alerts")
def list_candles(
    request: HttpRequest,
    symbol: Annotated[str, Query(max_length=104, description="With its exchange: simulated:BTC-USD")],
    timeframe: Annotated[str, Query(description=", ".join(TIMEFRAMES))],
    limit: Annotated[int, Query(ge=1, le=MOST_BARS)] = DEFAULT_BARS,
    before: Moment = None,
) -> dict[str, Any]:
    """The engine's own closed candles, as far back as it keeps them. Times in ms UTC, prices in the quote currency.

    `stage` and the values are null while too few bars are known before; `settled` is false while the engine, which has
    seen more, may have other values. `alerts` are those of these candles.
    """
    sub = read_sub_of(request)
    known = next((one for one in TIMEFRAMES if one == timeframe), None)
    if known is None:
        raise _invalid("timeframe", f"is none; there are {', '.join(TIMEFRAMES)}")
    try:
        found = course(sub, symbol, known, limit=limit, before=before)
    except NotWatchedError as error:
        raise ApiError(404, "not_watched", f"{error}.".replace("?.", "?").replace("….", "…")) from None
    except RedisUnavailableError as error:
        raise _unreachable(error) from error
    return {
        "symbol": symbol,
        "timeframe": timeframe,
        "state": found.state,
        "stale": found.stale,
        "results": [_point(point) for point in reversed(found.points)],
        "alerts": list(found.alerts),
        "next": _next(found, limit),
    }


def _point(point: Point) -> dict[str, Any]:
    candle, reading = point.candle, point.reading
    return {
        "openTime": candle.open_time,
        "open": candle.open,
        "high": candle.high,
        "low": candle.low,
        "close": candle.close,
        "volume": candle.volume,
        "synthetic": candle.synthetic,
        "macdv": reading and reading.macdv,
        "signal": reading and reading.signal,
        "histogram": reading and reading.histogram,
        "stage": reading and reading.stage.value,
        "settled": point.settled,
    }


def _next(found: Course, limit: int) -> str | None:
    if not found.earlier:
        return None
    wanted = {"symbol": found.key.qualified, "timeframe": found.key.timeframe}
    return f"?{urlencode({**wanted, 'before': found.points[0].candle.open_time, 'limit': limit})}"


def _invalid(path: str, message: str) -> ApiError:
    return ApiError(422, "invalid", "Parts of the request are not as they should be.", [FieldProblem(path, message)])


def _unreachable(error: RedisUnavailableError) -> ApiError:
    return ApiError(503, "unavailable", f"The engine's values can't be reached: {error}")
