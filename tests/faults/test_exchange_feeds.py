"""An exchange that errs in every way, before an engine that must not be wrong for it."""

import asyncio
import random
from collections.abc import Awaitable, Callable

import pytest

from runtime.engine.candles import SeriesKey
from runtime.feeds.exchanges.timing import Timing
from settingsapp.schema.vocabulary import TIMEFRAMES
from tests.exchanges.server import ExchangeServer, an_exchange_server
from tests.faults.exchange_world import ExchangeWorld
from tests.faults.extent import Extent

NOON = 1_750_000_020_000
SPEED = 60.0
"""Market minutes are seconds."""
QUICK = Timing(
    sweep=0.02,
    grace=0.15,
    confirm=0.4,
    silence=0.8,
    probe=0.2,
    answer=20.0,
    first_backoff=0.05,
    longest_backoff=0.4,
    unnamed_wait=1.0,
)

Fault = Callable[[ExchangeServer, random.Random], Awaitable[None]]


async def _cut(server: ExchangeServer, chance: random.Random) -> None:
    await server.faults.cut(abruptly=chance.random() < 0.5)


async def _stall(server: ExchangeServer, chance: random.Random) -> None:
    with server.faults.stall():
        await asyncio.sleep(chance.uniform(1.0, 3.0))


async def _half_open(server: ExchangeServer, _: random.Random) -> None:
    server.faults.half_open()


async def _malformed(server: ExchangeServer, chance: random.Random) -> None:
    server.faults.malformed_frames(times=chance.randint(1, 3))


async def _truncated_frame(server: ExchangeServer, _: random.Random) -> None:
    server.faults.truncated_frames(times=1)


async def _cut_with(server: ExchangeServer, chance: random.Random, name: str) -> None:
    """The way back is barred for a while, too."""
    with getattr(server.faults, name)():
        await server.faults.cut(abruptly=True)
        await asyncio.sleep(chance.uniform(0.5, 2.0))


async def _errors(server: ExchangeServer, chance: random.Random) -> None:
    await _cut_with(server, chance, "server_errors")


async def _html(server: ExchangeServer, chance: random.Random) -> None:
    await _cut_with(server, chance, "html_pages")


async def _truncated_answers(server: ExchangeServer, chance: random.Random) -> None:
    await _cut_with(server, chance, "truncated_json")


async def _empty(server: ExchangeServer, chance: random.Random) -> None:
    await _cut_with(server, chance, "empty")


async def _too_many(server: ExchangeServer, _: random.Random) -> None:
    server.faults.too_many_requests(2.0)
    await server.faults.cut(abruptly=True)


FAULTS: tuple[Fault, ...] = (
    *(_cut,) * 10,
    _stall,
    _half_open,
    _malformed,
    _truncated_frame,
    _errors,
    _html,
    _truncated_answers,
    _empty,
    _too_many,
)
A_FEW: tuple[Fault, ...] = (_cut, _stall, _empty, _too_many, _truncated_frame)


@pytest.mark.parametrize("exchange", ["binance", "binanceus", "bybit", "coinbase", "kraken", "kucoin"])
async def test_whatever_an_exchange_does_the_closed_candles_are_those_of_an_undisturbed_run(
    exchange: str, extent: Extent
) -> None:
    if exchange != "binance" and not extent.every_exchange_fault:
        pytest.skip("in the long form: python -m tests.long")
    chance = random.Random(exchange)
    faults = list(FAULTS if extent.every_exchange_fault else A_FEW)
    chance.shuffle(faults)
    async with an_exchange_server(exchange, speed=SPEED, start=NOON) as server:
        world = ExchangeWorld(server, QUICK)
        async with world.running():
            await world.until_up_to_date()
            begun = world.server.clock.now_ms()
            begun -= begun % 60_000
            for fault in faults:
                await asyncio.sleep(chance.uniform(0.1, 1.1))
                await fault(server, chance)
                await world.until_up_to_date()
            server.faults.all_off()
            await world.until_up_to_date()
            until = server.clock.now_ms() - 60_000
            until -= until % 60_000

            def all_is_checked() -> bool:
                checked = world.state.checked
                now = server.clock.now_ms()
                series = (key for name in world.state.market.tracked for key in world.state.market.series_of(name))
                return all(
                    (span := checked.open(world.state.market, key, now - 60_000)) is None or span.since >= until
                    for key in series
                    if key.timeframe == "1m"
                )

            await world.until(all_is_checked, "every bar read again")
        for symbol in world.symbols:
            for timeframe in TIMEFRAMES:
                key = SeriesKey(exchange, symbol, timeframe)
                held = [bar for bar in world.state.market.candles(key) if bar.open_time < until]
                traded = [bar for bar in held if not bar.synthetic]
                duration = held[1].open_time - held[0].open_time
                assert [bar.open_time for bar in held] == list(
                    range(held[0].open_time, held[-1].open_time + duration, duration)
                ), f"{key} has gaps"
                told = world.truth(key, held[0].open_time, held[-1].close_time)
                assert [bar.open_time for bar in traded] == [bar.open_time for bar in told], f"{key}"
                for bar, true in zip(traded, told, strict=True):
                    assert (bar.open, bar.high, bar.low, bar.close) == (true.open, true.high, true.low, true.close)
                    assert bar.volume == pytest.approx(true.volume, rel=1e-9)
    withdrawn = {one for one, _ in world.outbox.withdrawn}
    alerts = [alert for alert in world.outbox.alerts if alert.id not in withdrawn and alert.open_time < until]
    compared = 0
    for symbol in world.symbols:
        readings = world.readings(f"{exchange}:{symbol}", begun, until)
        for alert in alerts:
            if alert.symbol == symbol and (reading := readings.get((alert.timeframe, alert.open_time))) is not None:
                said = {name: value for name, value in alert.indicators.items() if isinstance(value, float)}
                right = reading.as_dict()
                assert said == {name: pytest.approx(right[name], rel=1e-6, abs=1e-6) for name in said}
                compared += 1
    assert compared, "there was no alert to compare"
    assert set(world.state.market.tracked) == {f"{exchange}:{symbol}" for symbol in world.symbols}
    assert not world.state.unavailable
    assert not [request for request in server.requests if request.too_early]
    assert world.feed.status().reconnects >= 3
