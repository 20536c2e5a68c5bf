"""The names of keys and channels: other programs rely on them."""

from dataclasses import dataclass
from typing import Final

CANDLES: Final = "livermore:candles"
INDICATORS: Final = "livermore:indicators"
TICKERS: Final = "livermore:tickers"
RESPONSES: Final = "livermore:responses"

GROUP: Final = "engine"
CONSUMER: Final = "leader"
"""One name for every leader, so that a new one finds what the old one had taken."""
FIELD: Final = "message"
"""The field of a stream entry that holds the message."""


@dataclass(frozen=True)
class Keys:
    """All keys of one identity."""

    sub: str

    @property
    def commands(self) -> str:
        """The pub/sub channel and the stream of commands, one name for both."""
        return f"livermore:commands:{self.sub}"

    @property
    def responses(self) -> str:
        return f"{RESPONSES}:{self.sub}"

    @property
    def status(self) -> str:
        """The channel and the key of the status, one name for both."""
        return f"livermore:status:{self.sub}"

    @property
    def events(self) -> str:
        return f"livermore:events:{self.sub}"

    @property
    def errors(self) -> str:
        """What went wrong lately, each under its id among the events."""
        return f"livermore:errors:{self.sub}"

    @property
    def intent(self) -> str:
        return f"livermore:intent:{self.sub}"

    @property
    def lease(self) -> str:
        return f"livermore:engine:{self.sub}"

    @property
    def fence(self) -> str:
        """The last fencing token given out; it outlives the lease."""
        return f"livermore:engine:{self.sub}:fence"

    @property
    def history(self) -> str:
        """Command ids by the time at which they were queued."""
        return f"livermore:history:{self.sub}"

    @property
    def undoable(self) -> str:
        """Ids of commands that a rollback can undo, by the time at which they ended."""
        return f"livermore:undoable:{self.sub}"

    @property
    def dropped(self) -> str:
        """How many messages had no usable id."""
        return f"livermore:dropped:{self.sub}"

    def command(self, command_id: str) -> str:
        return f"livermore:command:{self.sub}:{command_id}"


def candles(exchange: str, symbol: str, timeframe: str) -> str:
    return f"{CANDLES}:{exchange}:{symbol}:{timeframe}"


def indicators(exchange: str, symbol: str, timeframe: str) -> str:
    return f"{INDICATORS}:{exchange}:{symbol}:{timeframe}"


def ticker(exchange: str, symbol: str) -> str:
    return f"{TICKERS}:{exchange}:{symbol}"
