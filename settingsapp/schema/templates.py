"""Settings to begin with: each template is a merge patch (RFC 7396) made for the document that it is applied to."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from settingsapp.schema.document import STARTING_WATCHLIST, SettingsDocument
from settingsapp.schema.merge_patch import merged
from settingsapp.schema.modes import INDICATORS, LEVELS
from settingsapp.schema.rules import SYMBOL_LISTS
from settingsapp.schema.validation import read_saved
from settingsapp.schema.vocabulary import SIMULATED, Mode, qualify, split_qualified

MergePatch: TypeAlias = dict[str, Any]

COINBASE: Final = "coinbase"
_SAME_NOTATION: Final = frozenset({SIMULATED, COINBASE})
"""Exchanges that write a symbol alike (BTC-USD): from one to the other, the primary exchange's entries move along."""


@dataclass(frozen=True)
class Template:
    """`patch` returns what it changes in a document; it touches no field that its description does not speak of."""

    name: str
    title: str
    description: str
    patch: Callable[[SettingsDocument], MergePatch]

    def applied(self, document: SettingsDocument) -> SettingsDocument:
        """Return the document with the template applied. Raises InvalidSettingsError where the two do not fit."""
        return read_saved(merged(document.as_json(), self.patch(document)))


def _simulated(document: SettingsDocument) -> MergePatch:
    return {
        **_only_exchange(document, SIMULATED, {}),
        "livermore_runtime": {"start_mode": Mode.SCALPER_MACDV.value},
        "load_positions_from_exchange": False,
    }


def _coinbase_position_monitor(document: SettingsDocument) -> MergePatch:
    present = document.exchanges.get(COINBASE)
    return {
        **_only_exchange(
            document,
            COINBASE,
            {
                "ApiKeyEnvironmentVariableName": (present and present.api_key_variable) or "COINBASE_API_KEY",
                "SecretEnvironmentVariableName": (present and present.secret_variable) or "COINBASE_API_SECRET",
            },
        ),
        "livermore_runtime": {"start_mode": Mode.POSITION_MONITOR.value},
        "load_positions_from_exchange": True,
    }


def _macdv_scalper(document: SettingsDocument) -> MergePatch:
    thresholds = {"macdvCrossover": True, "momentumShift": True, "reversal": True, "levels": list(LEVELS)}
    return {
        "livermore_runtime": {"start_mode": Mode.SCALPER_MACDV.value},
        "perseus_profile": {"trade_settings": {"preferred_timeframes": "5m,15m,1h,4h"}},
        "modes": {
            Mode.SCALPER_MACDV.value: {
                "symbolSource": "watchlist",
                "indicatorsEnabled": list(INDICATORS),
                "alertThresholds": thresholds | {"cooldownMinutes": 5},
            }
        },
    }


def _night_mode(document: SettingsDocument) -> MergePatch:
    quiet = {
        "macdvCrossover": False,
        "momentumShift": False,
        "reversal": True,
        "levels": [300, 350, 400],
        "cooldownMinutes": 60,
    }
    without_push = {"push": False}
    return {
        "modes": {mode.value: {"alertThresholds": quiet} for mode in (Mode.POSITION_MONITOR, Mode.SCALPER_MACDV)},
        "notifications": dict.fromkeys(("signals", "engine_state", "settings_changes"), without_push),
    }


TEMPLATES: Final = (
    Template(
        "simulated",
        "Simulated market",
        "Watches the simulated market with invented prices, and nothing else: to look around, without an account. "
        "Exchanges that are enabled are switched off, their credentials' names stay. "
        "Symbols without an exchange get theirs written before them; Coinbase's become the simulated market's.",
        _simulated,
    ),
    Template(
        "coinbase-position-monitor",
        "Coinbase position monitor",
        "Watches what you hold on Coinbase, loaded from there. Needs two environment variables of the engine, "
        "COINBASE_API_KEY and COINBASE_API_SECRET unless you have named others. All other exchanges are switched off. "
        "Symbols without an exchange get theirs written before them; the simulated market's become Coinbase's.",
        _coinbase_position_monitor,
    ),
    Template(
        "macdv-scalper",
        "MACD-V scalper",
        "Hunts MACD-V signals across the watchlist, from 5m to 4h, with every kind of alert. "
        "Leaves exchanges and watchlist as they are.",
        _macdv_scalper,
    ),
    Template(
        "night-mode",
        "Night mode",
        "Only strong moves alert: reversals and levels from 300 on, at most once an hour for each series, and without "
        "push messages but for errors and position limits. Restore the version before it in the morning.",
        _night_mode,
    ),
)


def template(name: str) -> Template | None:
    """Return the template of that name, if there is one."""
    return next((known for known in TEMPLATES if known.name == name), None)


def _only_exchange(document: SettingsDocument, name: str, named: MergePatch) -> MergePatch:
    """Enable one exchange, make it the primary one and switch all others off.

    Where it was not the primary one before, every symbol is written with its exchange: what it means can be seen.
    """
    others = {other: {"enabled": False} for other, there in document.exchanges.items() if there.enabled}
    profile: MergePatch = {"primary_exchange": name}
    if name == SIMULATED:
        profile["trading_mode"] = "paper"
    before = document.perseus_profile.primary_exchange
    lists = {field: _rebased(getattr(document, field), before, name) for field in SYMBOL_LISTS}
    if not any(_exchange_of(symbol, name) == name for symbol in (*lists["symbols"], *lists["sparse_symbols"])):
        lists["symbols"] += [symbol if before == name else qualify(symbol, name) for symbol in STARTING_WATCHLIST]
    return {
        "perseus_profile": profile,
        "exchanges": others | {name: {"enabled": True} | named},
        **lists,
    }


def _rebased(symbols: Sequence[str], before: str, primary: str) -> list[str]:
    """Return symbols as they are written where another exchange than before is the primary one, each once."""
    if before == primary:
        return list(symbols)
    moves = {before, primary} <= _SAME_NOTATION
    split = (split_qualified(qualify(symbol, before)) for symbol in symbols)
    return list(dict.fromkeys(f"{primary if moves and of == before else of}:{symbol}" for of, symbol in split))


def _exchange_of(symbol: str, primary: str) -> str:
    return split_qualified(qualify(symbol, primary))[0]
