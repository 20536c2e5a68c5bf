"""What has to hold between the document's fields."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from settingsapp.schema.exchange_names import WITH_PASSWORD
from settingsapp.schema.exchanges import KNOWN_EXCHANGES, PROVEN
from settingsapp.schema.problems import FieldProblem
from settingsapp.schema.spelling import suggestion
from settingsapp.schema.vocabulary import SIMULATED, qualify, split_qualified

if TYPE_CHECKING:
    from settingsapp.schema.document import SettingsDocument

SYMBOL_LISTS = ("symbols", "sparse_symbols", "disabled_symbols", "position_symbols", "scanner_symbols")


def broken_rules(document: "SettingsDocument") -> Iterator[FieldProblem]:
    """Yield every rule between fields that the document breaks."""
    yield from _exchanges(document)
    yield from _credentials(document)
    for name in SYMBOL_LISTS:
        yield from _symbols(document, name, getattr(document, name))
    yield from _scanner(document)
    discord = document.perseus_profile.discord_integration
    if discord.enabled and not discord.webhook_url_environment_variable:
        yield FieldProblem(
            "perseus_profile.discord_integration.webhook_url_environment_variable",
            "Discord is on: name the environment variable that holds the webhook's URL",
        )


def _exchanges(document: "SettingsDocument") -> Iterator[FieldProblem]:
    names = tuple(document.exchanges)
    named = {
        "perseus_profile.primary_exchange": document.perseus_profile.primary_exchange,
        "scanner_exchange": document.scanner_exchange,
    }
    for path, name in named.items():
        if name and name not in document.exchanges:
            yield FieldProblem(path, _not_among(name, names))
    for name, exchange in document.exchanges.items():
        if exchange.enabled and name not in KNOWN_EXCHANGES:
            yield FieldProblem(
                f"exchanges.{name}.enabled",
                f"Livermore can't connect to '{name}'{suggestion(name, KNOWN_EXCHANGES)}; "
                f"known are {', '.join((SIMULATED, *PROVEN))} and {len(KNOWN_EXCHANGES) - len(PROVEN) - 1} others",
            )


def _credentials(document: "SettingsDocument") -> Iterator[FieldProblem]:
    if document.perseus_profile.trading_mode != "live":
        return
    for name, exchange in document.exchanges.items():
        if not exchange.enabled or name == SIMULATED:
            continue
        needed = {
            "ApiKeyEnvironmentVariableName": exchange.api_key_variable,
            "SecretEnvironmentVariableName": exchange.secret_variable,
        }
        if name in WITH_PASSWORD:
            needed["PasswordEnvironmentVariableName"] = exchange.password_variable
        for field, variable in needed.items():
            if not variable:
                yield FieldProblem(
                    f"exchanges.{name}.{field}",
                    "trading mode 'live' needs it: name the environment variable that holds it",
                )


def _scanner(document: "SettingsDocument") -> Iterator[FieldProblem]:
    least, most = document.scanner.min_change_percent_24h, document.scanner.max_change_percent_24h
    if least is not None and most is not None and least > most:
        yield FieldProblem(
            "scanner.max_change_percent_24h", f"is below the change from which instruments count, {least:g} %"
        )


def _symbols(document: "SettingsDocument", field: str, symbols: Sequence[str]) -> Iterator[FieldProblem]:
    primary = document.perseus_profile.primary_exchange
    seen: dict[str, str] = {}
    for index, symbol in enumerate(symbols):
        qualified = qualify(symbol, primary)
        exchange, _ = split_qualified(qualified)
        if ":" in symbol and exchange not in document.exchanges:
            yield FieldProblem(f"{field}.{index}", _not_among(exchange, tuple(document.exchanges)))
        elif qualified in seen:
            yield FieldProblem(f"{field}.{index}", f"'{symbol}' stands here twice: '{seen[qualified]}' is the same")
        seen.setdefault(qualified, symbol)


def _not_among(name: str, exchanges: Sequence[str]) -> str:
    listed = f"there are {', '.join(exchanges)}" if exchanges else "there are none"
    return f"'{name[:40]}' is not one of this document's exchanges{suggestion(name, exchanges)}; {listed}"
