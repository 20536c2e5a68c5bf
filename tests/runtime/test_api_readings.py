"""Indicators and candles over HTTP, of what an engine has cached."""

import gzip
import json
import time
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
import talib
from django.test import Client
from pytest_django import Settings

from runtime.bus import keys as names
from runtime.bus.connections import connect
from runtime.bus.keys import Keys
from runtime.models import Alert
from settingsapp import services
from settingsapp.accounts import Role
from settingsapp.models import Identity
from settingsapp.schema.vocabulary import TIMEFRAMES
from tests.settingsapp.logins import a_login

pytestmark = [pytest.mark.stores, pytest.mark.django_db]

READINGS = "/api/v1/runtime/readings"
CANDLES = "/api/v1/runtime/candles"
MINUTE = 60_000
START = 1_772_971_200_000
READ = {"openTime": START, "close": 65_000.0, "macdv": 61.23456, "signal": 50.0, "histogram": 11.0, "stage": "rallying"}


class CachedEngine:
    """What an engine of the identity has left in Redis."""

    def __init__(self, url: str, sub: str) -> None:
        self.redis = connect(url)
        self.sub = sub
        self.exchange = f"x{sub[:8]}"
        """The caches' keys carry no identity, so each test has an exchange of its own."""

    def says(
        self, *symbols: str, stale: tuple[str, ...] = (), age_ms: int = -60_000, changed_at: int | None = None
    ) -> None:
        """From a minute ahead, unless told otherwise: so it is still there when a busy machine comes to ask."""
        seconds, micros = self.redis.time()
        body = {
            "type": "status",
            "timestamp": seconds * 1000 + micros // 1000 - age_ms,
            "state": "running",
            "activeSymbols": [f"{self.exchange}:{symbol}" for symbol in symbols],
            "staleSeries": [f"{self.exchange}:{one}" for one in stale],
            "readingsAt": changed_at,
        }
        self.redis.set(Keys(self.sub).status, json.dumps(body))

    def reads(self, symbol: str, timeframe: str, **values: Any) -> None:
        self.redis.set(names.indicators(self.exchange, symbol, timeframe), json.dumps(READ | values))

    def holds(self, symbol: str, closes: "np.ndarray[Any, np.dtype[np.float64]]") -> None:
        rows: Mapping[Any, Any] = {
            START + n * MINUTE: json.dumps([c, c + 1, c - 1, c, 2.0, 0]) for n, c in enumerate(closes.tolist())
        }
        self.redis.hset(names.candles(self.exchange, symbol, "1m"), mapping=rows)


@pytest.fixture
def identity(db: None) -> Identity:
    return services.create_identity()


@pytest.fixture
def engine(redis_server: str, identity: Identity) -> CachedEngine:
    return CachedEngine(redis_server, identity.sub)


@pytest.fixture
def viewer(identity: Identity) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(a_login(identity, Role.VIEWER))
    return client


def test_readings_tell_macdv_and_stage_of_each_watched_series_and_no_price(
    engine: CachedEngine, viewer: Client
) -> None:
    engine.says("BTC-USD", "ETH-USD", stale=("BTC-USD:5m",))
    engine.reads("BTC-USD", "1m")
    engine.reads("BTC-USD", "5m", stage="ranging")
    engine.reads("OTHER-USD", "1m")
    body = viewer.get(READINGS).json()
    assert (body["state"], body["next"]) == ("running", None)
    btc, eth = body["results"]
    assert btc["symbol"] == f"{engine.exchange}:BTC-USD"
    assert list(btc["timeframes"]) == list(TIMEFRAMES)
    shown = {"openTime": START, "macdv": 61.2346, "signal": 50.0, "histogram": 11.0, "stage": "rallying"}
    assert btc["timeframes"]["1m"] == shown
    assert btc["timeframes"]["5m"] == shown | {"stage": "ranging", "stale": True}
    assert btc["timeframes"]["1h"] == {}
    assert eth["timeframes"] == {timeframe: {} for timeframe in TIMEFRAMES}


def test_readings_that_have_not_changed_are_not_sent_again(engine: CachedEngine, viewer: Client) -> None:
    engine.says("BTC-USD")
    engine.reads("BTC-USD", "1m")
    first = viewer.get(READINGS)
    engine.says("BTC-USD")
    again = viewer.get(READINGS, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    engine.reads("BTC-USD", "1m", macdv=62.0)
    assert viewer.get(READINGS, headers={"If-None-Match": first["ETag"]}).status_code == 200


def test_readings_are_put_together_again_once_the_engine_says_that_they_changed(
    engine: CachedEngine, viewer: Client
) -> None:
    def told(**said: Any) -> Any:
        engine.says("BTC-USD", **said)
        return viewer.get(READINGS).json()["results"][0]["timeframes"]["1m"]

    engine.reads("BTC-USD", "1m")
    assert told(changed_at=1)["macdv"] == 61.2346
    engine.reads("BTC-USD", "1m", macdv=62.0)
    assert told(changed_at=1)["macdv"] == 61.2346
    assert told(changed_at=2)["macdv"] == 62.0
    engine.reads("BTC-USD", "1m", macdv=63.0)
    stale = told(changed_at=2, stale=("BTC-USD:1m",))
    assert (stale["macdv"], stale["stale"]) == (63.0, True)


def test_readings_come_compressed_to_who_takes_them_so(engine: CachedEngine, viewer: Client) -> None:
    engine.says("BTC-USD")
    engine.reads("BTC-USD", "1m")
    plain = viewer.get(READINGS)
    packed = viewer.get(READINGS, headers={"Accept-Encoding": "br, gzip"})
    assert (packed["Content-Encoding"], packed["Vary"].split(", ")[0]) == ("gzip", "Accept-Encoding")
    assert gzip.decompress(packed.content) == plain.content
    assert packed["ETag"] != plain["ETag"]
    known = {"Accept-Encoding": "gzip", "If-None-Match": packed["ETag"]}
    assert viewer.get(READINGS, headers=known).status_code == 304


def test_of_a_silent_engine_the_last_readings_are_told_as_such(engine: CachedEngine, viewer: Client) -> None:
    engine.says("BTC-USD", age_ms=60_000)
    engine.reads("BTC-USD", "1m")
    body = viewer.get(READINGS).json()
    assert (body["state"], body["results"][0]["timeframes"]["1m"]["stage"]) == ("offline", "rallying")


def test_without_an_engine_there_are_no_readings_and_without_redis_it_says_so(
    redis_server: str, viewer: Client, settings: Settings
) -> None:
    assert viewer.get(READINGS).json() == {"state": "offline", "results": [], "next": None}
    settings.REDIS_URL = "redis://127.0.0.1:1"
    refused = viewer.get(READINGS)
    assert (refused.status_code, refused.json()["error"]) == (503, "unavailable")


def test_a_thousand_symbols_on_all_timeframes_come_in_one_answer(engine: CachedEngine, viewer: Client) -> None:
    symbols = [f"C{number}-USD" for number in range(1_000)]
    engine.says(*symbols)
    pipeline = engine.redis.pipeline(transaction=False)
    for symbol in symbols:
        for timeframe in TIMEFRAMES:
            pipeline.set(names.indicators(engine.exchange, symbol, timeframe), json.dumps(READ))
    pipeline.execute()
    answer = viewer.get(READINGS)
    cells = [cell for one in answer.json()["results"] for cell in one["timeframes"].values()]
    assert (len(cells), {cell["stage"] for cell in cells}) == (6_000, {"rallying"})


def test_candles_come_newest_first_with_what_talib_says_too(engine: CachedEngine, viewer: Client) -> None:
    closes = 1_000 + np.cumsum(np.random.default_rng(7).normal(size=400))
    engine.says("BTC-USD")
    engine.holds("BTC-USD", closes)
    body = viewer.get(f"{CANDLES}?symbol={engine.exchange}:BTC-USD&timeframe=1m&limit=100").json()
    told = body["results"][::-1]
    assert [one["openTime"] for one in told] == [START + n * MINUTE for n in range(300, 400)]
    ranges = talib.ATR(closes + 1, closes - 1, closes, 26)
    macdv = (talib.EMA(closes, 12) - talib.EMA(closes, 26)) / ranges * 100
    assert [one["macdv"] for one in told] == pytest.approx(macdv[300:].tolist(), rel=1e-9)
    assert all(one["settled"] for one in told)
    assert body["next"] == (f"?symbol={engine.exchange}%3ABTC-USD&timeframe=1m&before={START + 300 * MINUTE}&limit=100")
    earlier = viewer.get(CANDLES + body["next"]).json()["results"]
    assert earlier[0]["openTime"] == START + 299 * MINUTE
    first = viewer.get(CANDLES + body["next"].replace("limit=100", "limit=1500")).json()
    assert first["next"] is None
    oldest = first["results"][-1]
    assert (oldest["macdv"], oldest["stage"], oldest["settled"]) == (None, None, False)


def test_of_a_young_listing_all_values_are_settled_once_they_are_the_engines_own(
    engine: CachedEngine, viewer: Client
) -> None:
    closes = 1_000 + np.cumsum(np.random.default_rng(8).normal(size=120))
    engine.says("BTC-USD")
    engine.holds("BTC-USD", closes)

    def told() -> list[dict[str, Any]]:
        found = viewer.get(f"{CANDLES}?symbol={engine.exchange}:BTC-USD&timeframe=1m").json()["results"][::-1]
        assert len(found) == 120
        return list(found)

    last = told()[-1]
    assert not any(one["settled"] for one in told())
    own = {name: last[name] for name in ("openTime", "macdv", "signal", "histogram", "stage")}
    engine.reads("BTC-USD", "1m", **own)
    first = next(n for n, one in enumerate(told()) if one["settled"])
    assert first == next(n for n, one in enumerate(told()) if one["macdv"] is not None)
    assert all(one["settled"] for one in told()[first:])
    engine.reads("BTC-USD", "1m", **own | {"macdv": last["macdv"] * 1.0001})
    assert not any(one["settled"] for one in told())


def test_after_a_gap_values_are_settled_only_once_enough_bars_are_known_again(
    engine: CachedEngine, viewer: Client
) -> None:
    engine.says("BTC-USD")
    engine.holds("BTC-USD", 1_000 + np.cumsum(np.random.default_rng(9).normal(size=600)))
    gap = START + 300 * MINUTE
    engine.redis.hdel(names.candles(engine.exchange, "BTC-USD", "1m"), str(gap))
    body = viewer.get(f"{CANDLES}?symbol={engine.exchange}:BTC-USD&timeframe=1m&limit=1500").json()
    settled = {(one["openTime"] - START) // MINUTE: one["settled"] for one in body["results"]}
    assert [n for n in range(600) if settled.get(n)] == [*range(199, 300), *range(500, 600)]


def test_the_alerts_of_the_candles_come_along(engine: CachedEngine, viewer: Client, identity: Identity) -> None:
    engine.says("BTC-USD")
    engine.holds("BTC-USD", np.full(50, 100.0))

    def alert(number: int, minute: int, timeframe: str = "1m") -> None:
        Alert.objects.create(
            id=f"00000000-0000-5000-8000-{int(time.time() * 1000) % 10**10 * 10 + number:012d}",
            identity=identity,
            exchange=engine.exchange,
            symbol="BTC-USD",
            timeframe=timeframe,
            open_time=START + minute * MINUTE,
            kind="crossover",
            mode="scalper-macdv",
            settings_version=1,
            first_bar=START,
            indicators={},
        )

    alert(1, 49)
    alert(2, 10)
    alert(3, 49, "5m")
    body = viewer.get(f"{CANDLES}?symbol={engine.exchange}:BTC-USD&timeframe=1m&limit=20").json()
    assert [one["openTime"] for one in body["alerts"]] == [START + 49 * MINUTE]


def test_candles_of_what_nobody_watches_are_refused_with_what_would_be_right(
    engine: CachedEngine, viewer: Client
) -> None:
    engine.says("BTC-USD")
    engine.holds("ETH-USD", np.full(5, 1.0))

    def ask(symbol: str, **query: Any) -> tuple[int, dict[str, Any]]:
        answer = viewer.get(CANDLES, {"symbol": symbol, "timeframe": "1m"} | query)
        return answer.status_code, answer.json()

    status, body = ask(f"{engine.exchange}:ETH-USD")
    assert (status, body["error"]) == (404, "not_watched")
    assert f"watched are {engine.exchange}:BTC-USD" in body["message"]
    assert f"did you mean {engine.exchange}:BTC-USD?" in ask("btc-usd")[1]["message"]
    status, body = ask(f"{engine.exchange}:BTC-USD", timeframe="2m")
    assert (status, body["fields"][0]["path"]) == (422, "timeframe")
    for query in ({"limit": 0}, {"limit": 1_501}, {"before": -1}, {"before": "soon"}, {"before": 10**30}):
        assert ask(f"{engine.exchange}:BTC-USD", **query)[0] == 422
    assert Client().get(READINGS).status_code == 401
