"""Which commands throw away what nothing brings back, and in which words whoever sends one is asked first.

A pause is resumed, a symbol added again, an earlier version of the settings restored. What was cached and can no longer
be had anywhere is gone.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from runtime.protocol.payloads import CommandName

_GONE: Final = "What the exchanges no longer have is gone; the engine reads the rest again"
_UNKNOWN_SCOPE: Final = "Cached market data is thrown away."
_BY_SCOPE: Final[Mapping[str, str]] = {
    "all": "All cached candles, indicator values and last prices are thrown away. "
    f"{_GONE}, and nothing alerts until it has.",
    "candles": f"All cached candles are thrown away. {_GONE}, and nothing alerts until it has.",
    "indicators": "All cached indicator values are thrown away. Those of symbols that are no longer watched are gone; "
    "the engine writes the others again.",
    "tickers": "All cached last prices are thrown away. Those of symbols that are no longer watched are gone; "
    "the engine writes the others again.",
}


def what_is_lost(command: str, payload: Mapping[str, Any] | None = None) -> str | None:
    """Say in one or more sentences what a command throws away for good; None where it needs no confirmation.

    A batch needs one if any of its members does. What the payload should look like is checked elsewhere.
    """
    given = payload or {}
    sentences = dict.fromkeys(_losses_of_members(given) if command == CommandName.BATCH else _losses(command, given))
    return " ".join(sentences) or None


def _losses(command: object, payload: Mapping[str, Any]) -> Iterator[str]:
    if command == CommandName.CLEAR_CACHE:
        scope = payload.get("scope")
        yield _of_symbol(payload) if scope == "symbol" else _BY_SCOPE.get(str(scope), _UNKNOWN_SCOPE)


def _losses_of_members(payload: Mapping[str, Any]) -> Iterator[str]:
    members = payload.get("commands")
    for member in members if isinstance(members, list | tuple) else ():
        if isinstance(member, Mapping):
            own = member.get("payload")
            yield from _losses(member.get("command"), own if isinstance(own, Mapping) else {})


def _of_symbol(payload: Mapping[str, Any]) -> str:
    symbol = str(payload.get("symbol") or "the symbol")
    part = f" in {payload['timeframe']}" if payload.get("timeframe") else ""
    return f"All that is cached of {symbol}{part} is thrown away. {_GONE}, and {symbol} does not alert until it has."
