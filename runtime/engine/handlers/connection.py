"""Testing the connection to an exchange."""

from typing import cast

from runtime.engine.executor import Ending
from runtime.engine.ports.availability import SourceUnavailableError
from runtime.engine.ports.commands import QueuedCommand
from runtime.engine.ports.feeds import AccountFeed, Feed, KeyVariables, NoCredentialsError
from runtime.engine.state import State
from runtime.protocol.answers import Outcome, Result
from runtime.protocol.payloads import TestConnectionPayload
from runtime.protocol.status import ExchangeStatus
from settingsapp.schema.exchanges import ExchangeSettings
from settingsapp.schema.vocabulary import SIMULATED


class ConnectionHandlers:
    """Only the engine has the keys, so only the engine can tell whether they are there."""

    def __init__(self, state: State) -> None:
        self._state = state

    async def test_connection(self, queued: QueuedCommand) -> Ending:
        """Tell state, latency, which of the named variables are set, and whether the exchange takes the keys in them.

        Fails unless all of it is as it should be.
        """
        name = cast("TestConnectionPayload", queued.command.payload).exchange
        exchanges = self._state.require_settings().document.exchanges
        feed = self._state.feeds.get(name)
        written = exchanges.get(name)
        # A recording is played whatever the document says.
        if written is None and feed is None:
            known = ", ".join(exchanges) or "none"
            text = f"{name} is not among the exchanges of the saved settings; there are {known}"
            return Ending(Result(Outcome.REFUSED, text))
        variables = self._variables(written) if written else {}
        found = feed.status() if feed else self._without_feed(name)
        missing = [variable for variable, state in variables.items() if state == "missing"]
        data = {**found.body(), "environment": variables}
        connected = found.state in ("connected", "ended")
        trouble = ""
        if feed is not None and written is not None and variables and connected and not missing and name != SIMULATED:
            trouble = await _account_trouble(feed, KeyVariables.of(written))
            data["account"] = trouble or "readable"
        outcome = Outcome.SUCCEEDED if connected and not missing and not trouble else Outcome.FAILED
        return Ending(Result(outcome, _told(found, missing, tuple(variables), str(data.get("account", ""))), data))

    def _variables(self, written: ExchangeSettings) -> dict[str, str]:
        return {name: "set" if self._state.is_set(name) else "missing" for name in KeyVariables.of(written).named}

    def _without_feed(self, name: str) -> ExchangeStatus:
        reason = self._state.unavailable.get(name)
        if reason:
            return ExchangeStatus(name, "unavailable", message=reason)
        return ExchangeStatus(name, "disconnected", message="it is not enabled in the settings that the engine runs")


async def _account_trouble(feed: Feed, keys: KeyVariables) -> str:
    """Return why the account can't be read with these keys; empty where it can, or nobody can say."""
    if not isinstance(feed, AccountFeed):
        return ""
    try:
        await feed.balances(keys)
    except (NoCredentialsError, SourceUnavailableError) as error:
        return str(error)
    return ""


def _told(found: ExchangeStatus, missing: list[str], named: tuple[str, ...], account: str) -> str:
    parts = [f"{found.exchange} is {found.state}"]
    if found.latency_ms is not None:
        parts.append(f"latency {found.latency_ms:g} ms")
    if found.message:
        parts.append(found.message)
    if missing:
        parts.append(f"missing in the engine's environment: {', '.join(missing)}")
    elif named:
        parts.append(f"set in the engine's environment: {', '.join(named)}")
    if account == "readable":
        parts.append("the exchange takes the keys")
    elif account:
        parts.append(account)
    return "; ".join(parts)
