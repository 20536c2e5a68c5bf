"""The owner's account, read from a server that speaks the exchanges' formats and checks the keys."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from decimal import Decimal

import pytest

from runtime.engine.holdings import added_up, holdings, mapped
from runtime.engine.ports.availability import SourceUnavailableError
from runtime.engine.ports.feeds import AccountFeed, KeyVariables, NoCredentialsError
from runtime.feeds.exchanges.feed import ExchangeFeed
from settingsapp.schema.exchanges import ExchangeSettings
from tests.exchanges.pointing import credentials, point
from tests.exchanges.server import VENUES, ExchangeServer, an_exchange_server
from tests.exchanges.venue import Holding

NAMES = KeyVariables("THE_KEY", "THE_SECRET", "THE_PASSWORD")


def environment(exchange: str) -> dict[str, str]:
    keys = credentials(exchange)
    return {"THE_KEY": keys["apiKey"], "THE_SECRET": keys["secret"], "THE_PASSWORD": keys.get("password", "")}


@asynccontextmanager
async def a_feed(server: ExchangeServer, exchange: str, variables: Mapping[str, str]) -> AsyncIterator[ExchangeFeed]:
    feed = ExchangeFeed(
        exchange,
        server.clock,
        prepare=lambda client: point(client, server.origin),
        environment=variables.get,
    )
    try:
        yield feed
    finally:
        await feed.close()


@pytest.mark.parametrize("exchange", VENUES)
async def test_with_keys_the_account_becomes_positions_at_the_exchanges_prices(exchange: str) -> None:
    async with an_exchange_server(exchange) as server, a_feed(server, exchange, environment(exchange)) as feed:
        assert isinstance(feed, AccountFeed)
        held = added_up(await feed.balances(NAMES))
        assert {name: one.amount for name, one in held.items()} == {"BTC": 2.25, "ETH": 10.0}
        markets = mapped(held, await feed.instruments())
        prices = await feed.last_prices([market.symbol for market in markets.values()])
        found = holdings(held, markets, prices, 1.0)
        assert {one.currency for one in found.positions} == {"BTC", "ETH"}
        assert all(one.value == one.amount * prices[one.symbol] for one in found.positions)


async def test_several_accounts_of_one_currency_count_as_one_where_each_is_told_by_itself() -> None:
    holdings = [
        *(
            Holding("BTC", Decimal(amount), Decimal(held))
            for amount, held in (("1.5", "0.25"), ("0.5", "0"), ("0", "1"))
        ),
        Holding("USD", Decimal(700)),
    ]
    async with (
        an_exchange_server("coinbase", holdings=holdings) as server,
        a_feed(server, "coinbase", environment("coinbase")) as feed,
    ):
        held = added_up(await feed.balances(NAMES))
        assert {name: one.amount for name, one in held.items()} == {"BTC": 3.25}
        assert len(server.requested("coinbase", "/accounts")) == 2


async def test_what_an_exchange_wants_besides_key_and_secret_is_asked_for_by_the_settings_own_field() -> None:
    async with an_exchange_server("kucoin") as server:
        async with a_feed(server, "kucoin", environment("kucoin")) as feed:
            with pytest.raises(NoCredentialsError) as caught:
                await feed.balances(KeyVariables("THE_KEY", "THE_SECRET"))
            assert "exchanges.kucoin.PasswordEnvironmentVariableName: it names no variable" in str(caught.value)
            # Only what is in the settings' field is read, and only what it names is sent: the server checks it.
            settings = ExchangeSettings(
                ApiKeyEnvironmentVariableName="THE_KEY",
                SecretEnvironmentVariableName="THE_SECRET",
                PasswordEnvironmentVariableName="THE_PASSWORD",
            )
            assert await feed.balances(KeyVariables.of(settings))
        wrong = environment("kucoin") | {"THE_PASSWORD": "not-the-password"}
        async with a_feed(server, "kucoin", wrong) as feed:
            with pytest.raises(NoCredentialsError, match="it refused the keys") as caught:
                await feed.balances(NAMES)
            assert "not-the-password" not in str(caught.value)


@pytest.mark.parametrize(
    ("names", "text"),
    [
        (KeyVariables(), "exchanges.binance.ApiKeyEnvironmentVariableName: it names no variable"),
        (KeyVariables("THE_KEY"), "exchanges.binance.SecretEnvironmentVariableName: it names no variable"),
        (KeyVariables("THE_KEY", "UNSET"), "SecretEnvironmentVariableName: set UNSET in the engine's environment"),
    ],
)
async def test_without_keys_it_says_which_are_missing_and_asks_for_nothing(names: KeyVariables, text: str) -> None:
    async with an_exchange_server("binance") as server, a_feed(server, "binance", environment("binance")) as feed:
        with pytest.raises(NoCredentialsError) as caught:
            await feed.balances(names)
    assert text in str(caught.value)
    assert "binance-key" not in str(caught.value)


async def test_keys_that_are_refused_are_told_of_without_a_word_of_them() -> None:
    wrong = environment("binance") | {"THE_SECRET": "not-the-secret"}
    async with an_exchange_server("binance") as server, a_feed(server, "binance", wrong) as feed:
        with pytest.raises(NoCredentialsError) as caught:
            await feed.balances(NAMES)
    assert "it refused the keys" in str(caught.value)
    assert caught.value.__cause__ is None
    assert not any(value in str(caught.value) for value in wrong.values() if value)


async def test_an_exchange_that_is_away_is_worth_asking_again() -> None:
    async with an_exchange_server() as server:
        pass
    async with a_feed(server, "binance", environment("binance")) as feed:
        with pytest.raises(SourceUnavailableError):
            await feed.balances(NAMES)
