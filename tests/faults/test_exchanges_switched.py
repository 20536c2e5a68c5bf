"""Exchanges that are switched on and off beside one that runs."""

from dataclasses import replace

from runtime.engine.candles import SeriesKey
from tests.exchanges.market import instruments
from tests.exchanges.server import an_exchange_server
from tests.faults.exchange_world import NEVER, RHYTHM, ExchangeWorld
from tests.faults.test_exchange_feeds import QUICK
from tests.runtime.feeds.exchanges.following import NOON

MINUTE = 60_000
SPEED = 60.0
"""Market minutes are seconds."""
KRAKENS = "kraken:XXBTZUSD"


async def test_an_exchange_that_is_switched_off_and_on_disturbs_no_other() -> None:
    # Nothing is read again unasked, so that every request has to do with what is tested.
    rhythm = replace(RHYTHM, checking=NEVER)
    # A busy machine is no stall.
    timing = replace(QUICK, silence=20.0)
    traded = instruments("USD")[:2]
    async with an_exchange_server("binance", "kraken", speed=SPEED, start=NOON, traded=traded) as server:
        world = ExchangeWorld(server, timing, others={"kraken": ["XXBTZUSD"]}, rhythm=rhythm)
        base = SeriesKey("binance", "BTCUSD", "1m")
        market = world.state.market

        def newest() -> int:
            bar = market.last_bar(base)
            return bar.open_time if bar else 0

        async def a_few_bars() -> None:
            until = newest() + 3 * MINUTE
            await world.until(lambda: newest() >= until, "a bar of the exchange that runs")

        async with world.running():
            await world.until_up_to_date()
            await world.until(lambda: KRAKENS in market.tracked and not world.state.warming, "both exchanges watched")
            [connection] = [session for session in server.faults.sessions if session.venue.name == "binance"]
            feed, since = world.feed, world.feed.status().connected_since
            alerts, errors, asked = len(world.outbox.alerts), len(world.outbox.errors), len(server.requests)
            begun = newest()
            for _ in range(2):
                world.switch("kraken", on=False)
                await world.until(lambda: "kraken" not in world.state.feeds, "the exchange switched off")
                await world.until(lambda: not server.connections("kraken"), "its connection closed")
                assert KRAKENS not in market.tracked
                world.switch("kraken", on=True)
                await world.until(lambda: KRAKENS in market.tracked and not world.state.warming, "it watched again")
                await a_few_bars()
            [still] = [session for session in server.faults.sessions if session.venue.name == "binance"]
            assert still is connection
            assert world.feed is feed
            assert (feed.status().connected_since, feed.status().reconnects) == (since, 0)
            ended = newest()
            read = [request for request in server.requests[asked:] if request.exchange == "binance"]
        # A single bar is asked for where its symbol is quiet; no history is.
        assert all(request.path == "/api/v3/klines" and int(request.params["limit"]) <= 3 for request in read)
        held = [bar for bar in market.candles(base) if begun < bar.open_time <= ended]
        assert held == world.truth(base, begun + MINUTE, ended + MINUTE)
        of_others = [error for error in world.outbox.errors[errors:] if not error[1].startswith("kraken")]
        assert of_others == []
        said = [alert for alert in world.outbox.alerts[alerts:] if alert.exchange == "binance"]
        assert said
        # Nor is anybody silent while the other one's histories are loaded.
        assert not any(alert.late for alert in said)
