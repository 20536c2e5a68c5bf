"""The settings document: everything that the owner wants, in one piece."""

from collections.abc import Mapping
from itertools import islice
from typing import Annotated, Any, Final, Literal, TypeAlias

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from settingsapp.schema.exchanges import ExchangeSettings
from settingsapp.schema.modes import Modes
from settingsapp.schema.notations import ExchangeName, MomentText
from settingsapp.schema.notifications import Notifications
from settingsapp.schema.problems import FieldProblem
from settingsapp.schema.profile import Profile
from settingsapp.schema.rules import broken_rules
from settingsapp.schema.running import RuntimeSettings
from settingsapp.schema.scanner import ScannerCriteria
from settingsapp.schema.section import Section
from settingsapp.schema.vocabulary import SIMULATED, Mode, SymbolText

SCHEMA_VERSION: Final = 1
MOST_SYMBOLS = 5_000
MOST_BROKEN_RULES = 200
"""So many are told at once."""
RULES_ERROR = "settings_rules"
"""The pydantic error type under which the rules between fields are raised, with `problems` in its context."""

Symbols: TypeAlias = Annotated[tuple[SymbolText, ...], Field(max_length=MOST_SYMBOLS)]

STARTING_WATCHLIST = (
    *("BTC-USD", "ETH-USD", "SOL-USD", "XRP-USD", "ADA-USD"),
    *("DOGE-USD", "AVAX-USD", "LINK-USD", "LTC-USD", "DOT-USD"),
)


def _simulated_only() -> dict[str, ExchangeSettings]:
    return {SIMULATED: ExchangeSettings(enabled=True)}


class SettingsDocument(Section):
    """The desired state of one identity. As JSON: `model_dump(mode="json", by_alias=True)`."""

    schema_version: Literal[1] = Field(
        SCHEMA_VERSION, title="Schema version", description="The form of this document; it is written by Livermore."
    )
    sub: Annotated[str, Field(max_length=128)] = Field(
        "", title="Identity", description="Whose document this is. It can't be changed."
    )
    perseus_profile: Profile = Field(
        default_factory=Profile, title="Profile", description="Who you are, how things are shown, how you trade."
    )
    livermore_runtime: RuntimeSettings = Field(
        default_factory=RuntimeSettings, title="Engine", description="How the engine starts and what it logs."
    )
    exchanges: Annotated[Mapping[ExchangeName, ExchangeSettings], Field(max_length=100)] = Field(
        default_factory=_simulated_only,
        title="Exchanges",
        description="By name. Enabling one connects the engine to it.",
    )
    symbols: Symbols = Field(
        (),
        title="Watchlist",
        description="Symbols as the primary exchange writes them (BTC-USD), or qualified by one (binance:BTCUSDT).",
    )
    sparse_symbols: Symbols = Field(
        (),
        title="Sparse watchlist",
        description="Low-priority symbols: watched from 15m up and without a live connection. "
        "One that is on the watchlist too counts as watched fully.",
    )
    disabled_symbols: Symbols = Field(
        (), title="Switched-off symbols", description="Symbols that stay on their lists but are not watched."
    )
    load_positions_from_exchange: bool = Field(
        False, title="Load positions", description="Take the positions from the exchange instead of the list below."
    )
    position_symbols: Symbols = Field(
        (),
        title="Positions",
        description="What you hold: the symbols that the position monitor watches, unless they are loaded from the "
        "exchange; then this list rests.",
    )
    position_min_value_usd: Annotated[float, Field(ge=0, le=1e12)] = Field(
        1.0, title="Position value at least (USD)", description="Smaller positions on the exchange are ignored."
    )
    position_refresh_hours: Annotated[float, Field(gt=0, le=720)] = Field(
        24.0,
        title="Refresh positions every (hours)",
        description="How often positions are loaded from the exchange.",
    )
    portfolio_symbols_last_update: MomentText = Field(
        "", title="Positions loaded", description="When positions were last loaded. Written by Livermore."
    )
    scanner_to_maintain_symbols_enabled: bool = Field(
        False,
        title="Scheduled scans",
        description="Let scheduled scans propose changes of the watchlist. A scan by hand is possible in any case.",
    )
    scanner_symbols_last_update: MomentText = Field(
        "", title="Last scan", description="When the scanner last ran. Written by Livermore."
    )
    scanner_exchange: str = Field(
        "", title="Scanned exchange", description="The exchange to scan. Empty: the primary exchange."
    )
    scanner_auto_restart_services: bool = Field(
        True,
        title="Apply at once",
        description="Watch what an approved proposal brings at once. Off: from the next reload on.",
    )
    scanner_symbols: Symbols = Field(
        (),
        title="Scanner's symbols",
        description="Which symbols of the watchlist came in by approved proposals. The scanner proposes to remove "
        "these alone; what is not among them was added by hand.",
    )
    scanner: ScannerCriteria = Field(
        default_factory=ScannerCriteria, title="Scanner criteria", description="What the scanner looks for."
    )
    modes: Modes = Field(
        default_factory=Modes, title="Modes", description="What each mode watches and what it alerts on."
    )
    notifications: Notifications = Field(
        default_factory=Notifications, title="Notifications", description="Which events go to which channel."
    )

    @model_validator(mode="after")
    def _parts_fit_together(self) -> "SettingsDocument":
        problems: tuple[FieldProblem, ...] = tuple(islice(broken_rules(self), MOST_BROKEN_RULES))
        if problems:
            raise PydanticCustomError(RULES_ERROR, "parts of the document do not fit together", {"problems": problems})
        return self

    def as_json(self) -> dict[str, Any]:
        """Return the document as it is stored, exported and edited."""
        return self.model_dump(mode="json", by_alias=True)


def default_document(sub: str) -> SettingsDocument:
    """Return the document that a new identity starts with: something to see, without account or network."""
    return SettingsDocument(
        sub=sub,
        symbols=STARTING_WATCHLIST,
        position_symbols=STARTING_WATCHLIST[:2],
        livermore_runtime=RuntimeSettings(start_mode=Mode.SCALPER_MACDV),
    )
