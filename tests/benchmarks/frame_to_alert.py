"""How long it takes from an exchange's frame to the alert on a websocket, against the same way without a product.

The frame is the one with which a made-up Binance ends a bar. The floor: a bare websocket client reads the same frames
and publishes each such bar on Redis, to a bare subscriber. Engine and web server are programs of their own, on the
stores of the run; the exchange and whoever listens are here.
"""

import asyncio
import contextlib
import json
import statistics
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import redis.asyncio
from websockets.asyncio.client import ClientConnection, connect

from settingsapp import services
from settingsapp.services import Cause
from tests.benchmarks.engine_on_exchange import an_engine_on
from tests.exchanges.binance import Binance
from tests.exchanges.clock import MarketClock
from tests.exchanges.market import Market
from tests.exchanges.server import ExchangeServer
from tests.exchanges.venue import Json, Topic
from tests.live_viewers.watching import a_watcher
from tests.soak.market import EXCHANGE, SEED, SPEED, START, fifty
from tests.web_program import WebProgram, a_web_program

SYMBOLS: Final = 10
SETTLING_SECONDS: Final = 120.0
"""So long the engine may take until its first alert."""

Bar = tuple[str, int]
"""An instrument's own name, and the bar's open time in ms."""


@dataclass(frozen=True)
class EndToEnd:
    """Milliseconds from the frame that ends a bar: the median and the 95th percentile of so many alerts."""

    alerts: int
    floor_ms: tuple[float, float]
    alert_ms: tuple[float, float]

    def lines(self) -> list[str]:
        """Return a Markdown table."""
        rows = (("a bare client that publishes, to a bare subscriber", self.floor_ms), ("an alert", self.alert_ms))
        return [
            f"| from the exchange's frame to the listener, {self.alerts} alerts | p50, ms | p95, ms | ratio |",
            "| --- | ---: | ---: | ---: |",
            *(f"| {name} | {p50:.1f} | {p95:.1f} | {p50 / self.floor_ms[0]:.1f} |" for name, (p50, p95) in rows),
        ]


@dataclass
class _Notes:
    """When what happened, by the monotonic clock in ns; the first time counts."""

    ended: dict[Bar, int] = field(default_factory=dict)
    published: dict[Bar, int] = field(default_factory=dict)
    alerted: dict[Bar, int] = field(default_factory=dict)

    def taken(self, arrivals: dict[Bar, int], of: Sequence[Bar]) -> list[float]:
        return [(arrivals[bar] - self.ended[bar]) / 1e6 for bar in of]


class _NotingBinance(Binance):
    """Notes when a bar's last frame goes out."""

    notes: _Notes

    def push(self, topic: Topic, since: int, until: int) -> Sequence[Json]:
        frames = super().push(topic, since, until)
        for bar in _ended(frames):
            self.notes.ended.setdefault(bar, time.monotonic_ns())
        return frames


def measure(url: str, alerts: int) -> EndToEnd:
    """Measure so many alerts, with the default database. Raises TimeoutError where none come."""
    identity, cookie = a_watcher()
    symbols = [f"{instrument.base}{instrument.quote}" for instrument in fifty()[:SYMBOLS]]
    services.patch(
        identity.sub,
        {
            "exchanges": {"simulated": {"enabled": False}, EXCHANGE: {"enabled": True}},
            "perseus_profile": {"primary_exchange": EXCHANGE},
            "symbols": symbols,
            "position_symbols": [],
            "livermore_runtime": {"start_mode": "scalper-macdv", "auto_start": True},
            "modes": {"scalper-macdv": {"alertThresholds": {"cooldownMinutes": 0}}},
        },
        cause=Cause("system", None, ""),
    )
    with a_web_program() as web:
        return asyncio.run(_measured(url, identity.sub, cookie, web, alerts))


async def _measured(url: str, sub: str, cookie: str, web: WebProgram, alerts: int) -> EndToEnd:
    notes = _Notes()
    clock = MarketClock(START, SPEED)
    venue = _NotingBinance(Market(f"{SEED}/{EXCHANGE}", fifty()[:SYMBOLS]), clock, ())
    venue.notes = notes
    server = ExchangeServer([venue], clock)
    await server.start()
    async with _closing(server), redis.asyncio.Redis.from_url(url) as store:
        with an_engine_on(sub, server.origin, START, SPEED, clock.began):
            async with _listening(server.origin, store, web, cookie, notes):
                async with asyncio.timeout(SETTLING_SECONDS + alerts):
                    while len(_both(notes)) < alerts:  # noqa: ASYNC110 - nobody tells of what is waited for
                        await asyncio.sleep(0.1)
    # The oldest may be of the time in which the engine was still reading what had been before.
    bars = _both(notes)[-alerts:]
    return EndToEnd(len(bars), _middle(notes.taken(notes.published, bars)), _middle(notes.taken(notes.alerted, bars)))


def _both(notes: _Notes) -> list[Bar]:
    return sorted(notes.ended.keys() & notes.published.keys() & notes.alerted.keys(), key=lambda bar: bar[1])


@asynccontextmanager
async def _closing(server: ExchangeServer) -> AsyncIterator[None]:
    try:
        yield
    finally:
        await server.close()


@asynccontextmanager
async def _listening(
    origin: str, store: redis.asyncio.Redis, web: WebProgram, cookie: str, notes: _Notes
) -> AsyncIterator[None]:
    """Let the bare client, its subscriber and a viewer of the product listen until the block ends."""
    channel = f"bare:{web.port}"
    stream = f"ws://{origin}/{EXCHANGE}/stream"
    viewing = {"additional_headers": {"Cookie": cookie}, "origin": web.base_url}
    async with (
        connect(stream) as bare,
        store.pubsub() as subscriber,
        connect(web.socket_url, **viewing) as viewer,  # type: ignore[arg-type]
    ):
        await subscriber.subscribe(channel)
        topics = [f"c{number:02}usdt@kline_1m" for number in range(1, SYMBOLS + 1)]
        await bare.send(json.dumps({"method": "SUBSCRIBE", "params": topics, "id": 1}))
        tasks = [
            asyncio.create_task(_relay(bare, store, channel)),
            asyncio.create_task(_subscribed(subscriber, notes)),
            asyncio.create_task(_viewed(viewer, notes)),
        ]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.gather(*tasks)


async def _relay(bare: ClientConnection, store: redis.asyncio.Redis, channel: str) -> None:
    async for text in bare:
        message = json.loads(text)
        for symbol, opened in _ended([message.get("data", message)]):
            await store.publish(channel, json.dumps([symbol, opened]))


async def _subscribed(subscriber: Any, notes: _Notes) -> None:
    async for message in subscriber.listen():
        if message["type"] == "message":
            symbol, opened = json.loads(message["data"])
            notes.published.setdefault((symbol, opened), time.monotonic_ns())


async def _viewed(viewer: ClientConnection, notes: _Notes) -> None:
    async for text in viewer:
        message = json.loads(text)
        if message["type"] == "alert" and message["timeframe"] == "1m" and not message.get("late"):
            notes.alerted.setdefault((message["symbol"], message["openTime"]), time.monotonic_ns())


def _ended(frames: Sequence[Json]) -> list[Bar]:
    """Return the bars of one minute that these frames end."""
    bars = [frame["k"] for frame in frames if isinstance(frame, dict) and frame.get("e") == "kline"]
    return [(bar["s"], bar["t"]) for bar in bars if bar["x"] and bar["i"] == "1m"]


def _middle(times: list[float]) -> tuple[float, float]:
    return statistics.median(times), statistics.quantiles(times, n=20, method="inclusive")[18]
