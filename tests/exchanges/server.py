"""A server on loopback that speaks the wire formats of six exchanges about made-up markets, and errs when told to.

async with an_exchange_server("binance") as server:
    client = ccxt.pro.binance()
    point(client, server.origin)
    await client.load_markets()
"""

import asyncio
import json
import math
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from tests.exchanges.binance import Binance, BinanceUs
from tests.exchanges.bybit import Bybit
from tests.exchanges.clock import MarketClock
from tests.exchanges.coinbase import Coinbase
from tests.exchanges.faults import Fault, Faults, Kind
from tests.exchanges.kraken import Kraken
from tests.exchanges.kucoin import KuCoin
from tests.exchanges.market import Instrument, Market, instruments
from tests.exchanges.sessions import RecordedSubscription, Session
from tests.exchanges.venue import HOLDINGS, Answer, Call, Holding, Refusal, Venue

SENT_AT: Final = "X-Sent-At"
"""A header: when a request was sent, seconds of the monotonic clock; without it, when it came counts."""
_SPOKEN: Final = (Binance, BinanceUs, Bybit, Coinbase, Kraken, KuCoin)
VENUES: Final[Mapping[str, type[Venue]]] = {venue.name: venue for venue in _SPOKEN}

_HTML: Final = "<!DOCTYPE html><html><head><title>Just a moment...</title></head><body>Checking you</body></html>"


@dataclass(frozen=True)
class RecordedRequest:
    """A request as it came. `path`: behind the exchange's name. `at`: seconds of the monotonic clock."""

    exchange: str
    method: str
    path: str
    params: Mapping[str, str]
    at: float
    too_early: bool
    """It was sent before a Retry-After had passed, of which somebody had been told by then: what was on its way
    already, beside the one that was told, nobody can call back.
    """
    websocket: bool


class ExchangeServer:
    """The server. `requests` and `subscriptions` keep all that came, oldest first."""

    def __init__(self, venues: Sequence[Venue], clock: MarketClock) -> None:
        self.venues = {venue.name: venue for venue in venues}
        self.clock = clock
        self.faults = Faults()
        self.requests: list[RecordedRequest] = []
        self.subscriptions: list[RecordedSubscription] = []
        self.origin = ""
        """Where it is reached, once it is started: `127.0.0.1:4711`."""
        self.opened = 0
        """So many websockets have been opened."""
        application = web.Application()
        application.router.add_route("*", "/{exchange}/{path:.*}", self._handle)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=1.0)

    async def start(self, port: int = 0) -> None:
        """Listen on loopback; on a free port unless told which."""
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", port)
        await site.start()
        host, chosen = self._runner.addresses[0][:2]
        self.origin = f"{host}:{chosen}"
        for venue in self.venues.values():
            venue.origin = self.origin

    async def close(self) -> None:
        await self.faults.cut(abruptly=True)
        await self._runner.cleanup()

    # -- what tests ask ------------------------------------------------------------------------------------------

    def market(self, exchange: str) -> Market:
        return self.venues[exchange].market

    def connections(self, exchange: str) -> int:
        """Return how many websockets are open."""
        return sum(session.venue.name == exchange for session in self.faults.sessions)

    def subscribed(self, exchange: str) -> list[str]:
        """Return what is subscribed at the moment, in the exchange's words, on all open websockets."""
        sessions = (session for session in self.faults.sessions if session.venue.name == exchange)
        return sorted(words for session in sessions for words in session.topics)

    def requested(self, exchange: str, path: str = "") -> list[RecordedRequest]:
        """Return the requests to an exchange with `path` in their path, websockets' handshakes not among them."""
        return [r for r in self.requests if r.exchange == exchange and path in r.path and not r.websocket]

    # -- answering -----------------------------------------------------------------------------------------------

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        venue = self.venues.get(request.match_info["exchange"])
        if venue is None:
            return web.json_response({"message": f"no such exchange here: {request.path}"}, status=404)
        call = Call(
            request.method,
            f"/{request.match_info['path']}",
            request.rel_url.raw_query_string,
            dict(request.headers),
            await request.text(),
        )
        websocket = request.headers.get("Upgrade", "").lower() == "websocket"
        now = time.monotonic()
        early = self.faults.seconds_too_early(request.path)
        defied = early > 0 and self.faults.was_told(request.path, float(request.headers.get(SENT_AT, now)))
        recorded = RecordedRequest(venue.name, call.method, call.path, call.params, now, defied, websocket)
        self.requests.append(recorded)
        if early > 0:
            return _too_many(venue, early)
        fault = self.faults.of_request(request.path)
        if fault is not None and fault.kind is Kind.SLOW:
            await asyncio.sleep(fault.seconds)
            fault = None
        if fault is None and websocket:
            return await self._serve(venue, call, request)
        return _faulty(venue, call, fault) if fault else _response(_answer(venue, call))

    async def _serve(self, venue: Venue, call: Call, request: web.Request) -> web.StreamResponse:
        try:
            venue.admit(call)
        except Refusal as refusal:
            return _response(refusal.answer)
        self.opened += 1
        session = Session(self.opened, request.path, venue, self.faults, self.subscriptions.append, request)
        return await session.serve()


def _answer(venue: Venue, call: Call) -> Answer:
    try:
        return venue.answer(call)
    except Refusal as refusal:
        return refusal.answer


def _response(answer: Answer) -> web.Response:
    return web.json_response(answer.body, status=answer.status)


def _too_many(venue: Venue, seconds: float) -> web.Response:
    headers = {"Retry-After": str(math.ceil(seconds))}
    return web.json_response(venue.too_many, status=429, headers=headers)


def _faulty(venue: Venue, call: Call, fault: Fault) -> web.Response:
    match fault.kind:
        case Kind.ERROR:
            return web.Response(status=fault.status, text="")
        case Kind.TOO_MANY:
            return _too_many(venue, fault.seconds)
        case Kind.HTML:
            return web.Response(text=_HTML, content_type="text/html")
        case Kind.TRUNCATED:
            text = json.dumps(_answer(venue, call).body)
            return web.Response(text=text[: len(text) // 2], content_type="application/json")
        case Kind.EMPTY:
            return web.json_response(venue.emptied(_answer(venue, call).body))
        case _:
            raise AssertionError(f"{fault.kind} does not happen to requests")


@asynccontextmanager
async def an_exchange_server(
    *exchanges: str,
    speed: float = 60.0,
    start: int | None = None,
    traded: Sequence[Instrument] | None = None,
    holdings: Sequence[Holding] = HOLDINGS,
    seed: str = "livermore",
    port: int = 0,
) -> AsyncIterator[ExchangeServer]:
    """Serve the named exchanges (all where none is named) until the block ends.

    `start`: market time, ms UTC, of the beginning; now where it is None.
    """
    clock = MarketClock(start if start is not None else int(time.time() * 1_000), speed)
    kinds = [VENUES[name] for name in exchanges or VENUES]
    venues = [kind(Market(f"{seed}/{kind.name}", traded or instruments(kind.quote)), clock, holdings) for kind in kinds]
    server = ExchangeServer(venues, clock)
    await server.start(port)
    try:
        yield server
    finally:
        await server.close()
