"""What an exchange tells of the owner's account: with keys, which are read for one call and kept nowhere."""

import os
from collections.abc import Callable, Mapping, Sequence
from math import isfinite
from typing import Any, Final

from runtime.engine.holdings import Balance, Instrument
from runtime.engine.ports.availability import SourceUnavailableError
from runtime.engine.ports.feeds import KeyVariables, NoCredentialsError
from runtime.feeds.exchanges.client import ExchangeClient

Environment = Callable[[str], str | None]

_CREDENTIALS: Final = {
    "apiKey": ("api_key", "ApiKeyEnvironmentVariableName"),
    "secret": ("secret", "SecretEnvironmentVariableName"),
    "password": ("password", "PasswordEnvironmentVariableName"),
}
"""By ccxt's names ours, and the settings'."""


class Accounts:
    """Implements what runtime.engine.ports.feeds.AccountFeed asks of one exchange."""

    def __init__(self, client: ExchangeClient, environment: Environment = os.environ.get) -> None:
        self._client = client
        self._environment = environment

    async def balances(self, keys: KeyVariables) -> Sequence[Balance]:
        await self._client.ready()
        caller = await self._client.make()
        try:
            for name, value in self._credentials(keys, caller.requiredCredentials).items():
                setattr(caller, name, value)
            told = await caller.fetch_balance()
        except NoCredentialsError:
            raise
        except Exception as error:
            # Without the error itself: what it tells of the request is signed.
            words = self._client.in_words(error)
            kinds = {kind.__name__ for kind in type(error).__mro__}
            if "AuthenticationError" in kinds:
                raise NoCredentialsError(f"{words}: they have to be valid and allowed to read the account") from None
            if "NotSupported" in kinds:
                raise NoCredentialsError("this version can't read accounts there") from None
            raise SourceUnavailableError(words) from None
        finally:
            await caller.close()
        return [
            Balance(str(currency), amount)
            for currency, value in (told.get("total") or {}).items()
            if (amount := _amount(value)) > 0
        ]

    async def instruments(self) -> Sequence[Instrument]:
        await self._client.ready()
        return self._client.instruments()

    async def last_prices(self, symbols: Sequence[str]) -> Mapping[str, float]:
        names = {symbol: await self._client.unified(symbol) for symbol in symbols}
        if not names:
            return {}
        tickers = await self._client.tickers(tuple(names.values()))
        prices = {symbol: _amount((tickers.get(unified) or {}).get("last")) for symbol, unified in names.items()}
        return {symbol: price for symbol, price in prices.items() if price > 0}

    def _credentials(self, keys: KeyVariables, required: Mapping[str, Any]) -> dict[str, str]:
        """Return the values that ccxt needs. Raises NoCredentialsError, naming variables alone."""
        values: dict[str, str] = {}
        where = f"exchanges.{self._client.exchange}"
        for theirs, (ours, field) in _CREDENTIALS.items():
            variable = getattr(keys, ours)
            value = self._environment(variable) if variable else None
            if value:
                values[theirs] = value
            elif required.get(theirs):
                missing = f"set {variable} in the engine's environment" if variable else "it names no variable"
                raise NoCredentialsError(f"the account can't be read without {where}.{field}: {missing}")
        return values


def _amount(value: Any) -> float:
    try:
        amount = float(value)
    except (TypeError, ValueError):
        return 0.0
    return amount if isfinite(amount) else 0.0
