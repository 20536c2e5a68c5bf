"""What an exchange asks of its callers."""

import asyncio
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import ccxt.async_support
import pytest

from runtime.feeds.exchanges.gate import Gate, ShutError, gated, going_ahead


class Seconds:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def gate(seconds: Seconds) -> Gate:
    return Gate(unnamed_wait=30.0, monotonic=seconds)


@pytest.mark.parametrize("name", ["Retry-After", "retry-after"])
@pytest.mark.parametrize("status", [418, 429, 503])
def test_it_is_shut_for_as_long_as_is_asked(gate: Gate, seconds: Seconds, status: int, name: str) -> None:
    assert gate.shut_for == 0
    gate.heed(status, {name: "7"})
    assert gate.shut_for == pytest.approx(7)
    seconds.now += 6.5
    assert gate.shut_for == pytest.approx(0.5)
    seconds.now += 0.5
    assert gate.shut_for == 0


def test_a_date_is_understood_and_a_past_one_asks_for_nothing(gate: Gate) -> None:
    gate.heed(429, {"Retry-After": format_datetime(datetime.now(UTC) - timedelta(hours=1), usegmt=True)})
    assert gate.shut_for == 0
    gate.heed(429, {"Retry-After": format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)})
    assert gate.shut_for == pytest.approx(3_600, abs=60)


@pytest.mark.parametrize("asked", ["", "soon", "-5", "1e3"])
def test_without_a_time_that_can_be_read_too_many_requests_cost_the_usual_wait(gate: Gate, asked: str) -> None:
    gate.heed(429, {"Retry-After": asked} if asked else {})
    assert gate.shut_for == pytest.approx(30)


@pytest.mark.parametrize("status", [200, 400, 500])
def test_other_answers_shut_nothing(gate: Gate, status: int) -> None:
    gate.heed(status, {"Retry-After": "60"})
    assert gate.shut_for == 0


def test_an_exchange_that_is_away_without_a_time_shuts_nothing(gate: Gate) -> None:
    gate.heed(503, {})
    assert gate.shut_for == 0


def test_a_shorter_wait_does_not_end_a_longer_one(gate: Gate) -> None:
    gate.heed(429, {"Retry-After": "60"})
    gate.heed(429, {"Retry-After": "1"})
    assert gate.shut_for == pytest.approx(60)


class _Library:
    """What a gated class needs of ccxt: its websockets by address."""

    def __init__(self) -> None:
        self.clients: dict[str, _Websocket] = {}

    def client(self, url: str) -> "_Websocket":
        return self.clients.setdefault(url, _Websocket())


class _Websocket:
    def handle_message(self, frame: object) -> None:
        raise ValueError(frame)


def test_no_websocket_is_opened_while_it_is_shut_and_an_open_one_stays_in_use(gate: Gate, seconds: Seconds) -> None:
    library = gated(_Library)()
    library.gate = gate
    open_one = library.client("wss://here")
    gate.heed(429, {"Retry-After": "7"})
    assert library.client("wss://here") is open_one
    with pytest.raises(ShutError, match="wait for 7 s"):
        library.client("wss://there")
    assert list(library.clients) == ["wss://here"]
    seconds.now += 7
    assert library.client("wss://there") is not open_one


async def test_a_call_that_goes_ahead_passes_those_that_wait_within_the_exchanges_rate() -> None:
    library = gated(ccxt.async_support.Exchange)({"rateLimit": 20})
    library.open()
    order: list[str] = []

    async def call(name: str) -> None:
        with going_ahead() if name == "ahead" else nullcontext():
            await library.throttle()
        order.append(name)

    await asyncio.gather(*map(call, ["first", "second", "third", "fourth", "ahead"]))
    await library.close()
    assert order == ["ahead", "first", "second", "third", "fourth"]
