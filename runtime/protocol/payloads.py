"""What may be asked of the engine: the commands' names, and the shape of each one's payload."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, SerializeAsAny, model_validator

from settingsapp.schema.notations import Channel, ExchangeName
from settingsapp.schema.vocabulary import Mode, SymbolText, Timeframe

LONGEST_ID: Final = 128
LONGEST_PAUSE_MINUTES: Final = 7 * 24 * 60
LARGEST_BATCH: Final = 100


class CommandName(StrEnum):
    """The commands that this engine knows."""

    PAUSE = "pause"
    RESUME = "resume"
    RELOAD_SETTINGS = "reload-settings"
    SWITCH_MODE = "switch-mode"
    ADD_SYMBOL = "add-symbol"
    REMOVE_SYMBOL = "remove-symbol"
    FORCE_BACKFILL = "force-backfill"
    CLEAR_CACHE = "clear-cache"
    STATUS = "status"
    TEST_CONNECTION = "test-connection"
    TEST_NOTIFICATION = "test-notification"
    SCAN_SYMBOLS = "scan-symbols"
    BATCH = "batch"
    ROLLBACK = "rollback"


class Payload(BaseModel):
    """Base of all payloads: frozen, and an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class NoPayload(Payload):
    """For the commands that take none."""


class PausePayload(Payload):
    """`minutes`: resume by itself after that long."""

    minutes: Annotated[float, Field(gt=0, le=LONGEST_PAUSE_MINUTES)] | None = None


class SwitchModePayload(Payload):
    """The mode to switch to."""

    mode: Annotated[Mode, Field(strict=False)]


class SymbolPayload(Payload):
    """A symbol, in its exchange's notation or qualified."""

    symbol: SymbolText


class BackfillPayload(Payload):
    """A symbol, and the timeframes to read again; all of them without."""

    symbol: SymbolText
    timeframes: Annotated[tuple[Timeframe, ...], Field(min_length=1, strict=False)] | None = None


class ClearCachePayload(Payload):
    """Which caches to clear; with scope `symbol` which symbol's, and at will only one timeframe's."""

    scope: Literal["all", "candles", "indicators", "tickers", "symbol"]
    symbol: SymbolText | None = None
    timeframe: Timeframe | None = None

    @model_validator(mode="after")
    def _symbol_goes_with_its_scope(self) -> "ClearCachePayload":
        if self.scope == "symbol" and self.symbol is None:
            raise ValueError("scope 'symbol' needs a symbol")
        if self.scope != "symbol" and (self.symbol is not None or self.timeframe is not None):
            raise ValueError("symbol and timeframe go with scope 'symbol' only")
        return self


class TestConnectionPayload(Payload):
    """The exchange whose connection is to be tested, by its name in the document."""

    # Not a test case, whatever its name.
    __test__ = False

    exchange: ExchangeName


class TestNotificationPayload(Payload):
    """The channel on which a test message is to be sent."""

    # Not a test case, whatever its name.
    __test__ = False

    channel: Channel


class ScanPayload(Payload):
    """The exchange to scan; without one the one that the settings name."""

    exchange: ExchangeName | None = None


class RollbackPayload(Payload):
    """The command to undo; without, the last one that can be undone."""

    command_id: Annotated[str | None, Field(min_length=1, max_length=LONGEST_ID)] = Field(None, alias="commandId")


class BatchMember(Payload):
    """One command of a batch; its payload is checked already."""

    command: CommandName
    payload: SerializeAsAny[Payload]


class BatchPayload(Payload):
    """Independent commands, to be carried out in this order."""

    commands: tuple[BatchMember, ...]
    stop_on_failure: bool = Field(False, alias="stopOnFailure")
    """Whether the first one that does not succeed ends the batch."""


class BatchShape(Payload):
    """A batch as it is sent, before its members are checked."""

    class Member(Payload):
        command: str
        payload: dict[str, Any] | None = None

    commands: Annotated[tuple[Member, ...], Field(min_length=1, max_length=LARGEST_BATCH, strict=False)]
    stop_on_failure: bool = Field(False, alias="stopOnFailure")


PAYLOADS: Mapping[CommandName, type[Payload]] = {
    CommandName.PAUSE: PausePayload,
    CommandName.RESUME: NoPayload,
    CommandName.RELOAD_SETTINGS: NoPayload,
    CommandName.SWITCH_MODE: SwitchModePayload,
    CommandName.ADD_SYMBOL: SymbolPayload,
    CommandName.REMOVE_SYMBOL: SymbolPayload,
    CommandName.FORCE_BACKFILL: BackfillPayload,
    CommandName.CLEAR_CACHE: ClearCachePayload,
    CommandName.STATUS: NoPayload,
    CommandName.TEST_CONNECTION: TestConnectionPayload,
    CommandName.TEST_NOTIFICATION: TestNotificationPayload,
    CommandName.SCAN_SYMBOLS: ScanPayload,
    CommandName.BATCH: BatchPayload,
    CommandName.ROLLBACK: RollbackPayload,
}
