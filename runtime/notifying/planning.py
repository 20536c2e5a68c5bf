"""What to send next on one channel, what to try again and what to give up. Pure: no I/O, no clock, no dice.

An item's life is a table. At most once: what may have arrived is never sent again, whether its engine ended, or the
service did not answer in time; what certainly did not arrive is tried again, until it is too old to be of use.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Final

from runtime.notifying.rate import Allowance
from runtime.protocol.alerts import Alert
from runtime.protocol.delivery import SendingState
from settingsapp.schema.notifications import Event

MINUTE_MS: Final = 60_000
TOO_OLD_MS: Final = 15 * MINUTE_MS
"""An alert that could not be sent for so long would only mislead."""
MOST_ATTEMPTS: Final = 6
FIRST_BACKOFF_MS: Final = 2_000
LONGEST_BACKOFF_MS: Final = 120_000
GATHER_MS: Final = 1_000
"""So long an item waits for others: what one candle raises on many symbols becomes one message."""
MOST_IN_A_DIGEST: Final = 20
MOST_WAITING: Final = 500
REPEATED_MS: Final = 10 * MINUTE_MS
"""The same error again within so long is not sent."""
NOTICES: Final = uuid.UUID("0f3a4e0c-7a0f-4e57-8f7d-0d7f3a0e5b11")
"""The namespace of notices' ids."""


class Moment(Enum):
    """What happens to an item."""

    BEGUN = "the service is being asked"
    TAKEN = "the service took it"
    REFUSED = "it certainly did not arrive, and may be tried again"
    UNCERTAIN = "it may have arrived"
    HOPELESS = "trying again would not help"
    PASSED_OVER = "it is not tried"


_S = SendingState
TRANSITIONS: Final[Mapping[SendingState, Mapping[Moment, SendingState]]] = {
    _S.WAITING: {Moment.BEGUN: _S.SENDING, Moment.HOPELESS: _S.FAILED, Moment.PASSED_OVER: _S.SKIPPED},
    _S.SENDING: {
        Moment.TAKEN: _S.SENT,
        Moment.REFUSED: _S.WAITING,
        Moment.UNCERTAIN: _S.FAILED,
        Moment.HOPELESS: _S.FAILED,
    },
    _S.SENT: {},
    _S.FAILED: {},
    _S.SKIPPED: {},
}


class IllegalTransitionError(Exception):
    """Something happened to an item that can't: a defect."""


def after(state: SendingState, moment: Moment) -> SendingState:
    """Return the state that follows. Raises IllegalTransitionError."""
    try:
        return TRANSITIONS[state][moment]
    except KeyError:
        raise IllegalTransitionError(f"{moment.value}: can't happen to what is {state.value}") from None


@dataclass(frozen=True)
class Notice:
    """An event of the engine that is no alert."""

    event: Event
    text: str


@dataclass(frozen=True)
class Item:
    """An alert or a notice on one channel. Times in ms."""

    id: str
    what: Alert | Notice
    raised_at: int
    trading_mode: str = "paper"
    state: SendingState = SendingState.WAITING
    attempts: int = 0
    not_before: int = 0
    error: str = ""
    noted: bool = True
    """The database knows of it, and has to be told before it is sent; a notice's, or a late stored one's, does not."""

    def happened(self, moment: Moment, error: str = "") -> "Item":
        """Return the item afterwards. Raises IllegalTransitionError."""
        attempts = self.attempts + (moment is Moment.BEGUN)
        return replace(self, state=after(self.state, moment), attempts=attempts, error=error)


@dataclass(frozen=True)
class Plan:
    """What to do now. `wait_ms`: when to plan again, None where nothing waits. At most one of the others is filled."""

    send: tuple[Item, ...] = ()
    """One message."""
    give_up: tuple[Item, ...] = ()
    """Too old, or too often refused; their errors say so."""
    wait_ms: int | None = None


def plan(items: Sequence[Item], now_ms: int, allowance: Allowance, requests: int) -> Plan:
    """Return the next step for what waits on a channel, in the order in which it was raised.

    `requests`: how many the largest message takes.
    """
    hopeless = tuple(item for item in items if _hopeless(item, now_ms))
    if hopeless:
        return Plan(give_up=tuple(item.happened(Moment.HOPELESS, given_up(item)) for item in hopeless))
    if not items:
        return Plan()
    due = [item for item in items if item.not_before <= now_ms]
    first = min((item.not_before for item in items), default=now_ms)
    wait = max(first - now_ms, allowance.wait(now_ms, requests))
    if due and wait <= 0:
        return Plan(send=tuple(due[:MOST_IN_A_DIGEST]))
    # What becomes too old meanwhile is told when it does.
    oldest = min(item.raised_at for item in items) + TOO_OLD_MS + 1 - now_ms
    return Plan(wait_ms=max(1, min(wait, oldest)))


def _hopeless(item: Item, now_ms: int) -> bool:
    return now_ms - item.raised_at > TOO_OLD_MS or item.attempts >= MOST_ATTEMPTS


def given_up(item: Item) -> str:
    """Say why an item is given up."""
    if item.attempts >= MOST_ATTEMPTS:
        return f"given up after {item.attempts} attempts: {item.error}"
    last = f": {item.error}" if item.error else ""
    return f"given up: it could not be sent within {TOO_OLD_MS // MINUTE_MS} minutes{last}"


def again(item: Item, now_ms: int, jitter: float, asked_ms: int | None = None) -> Item:
    """Return a refused item with the moment of its next attempt.

    `jitter`: from 0 to 1, by which attempts that failed together drift apart. `asked_ms`: how long the service itself
    asks to wait.
    """
    doubled = FIRST_BACKOFF_MS * 2 ** max(0, item.attempts - 1)
    pause = min(doubled, LONGEST_BACKOFF_MS) * (0.5 + 0.5 * jitter)
    return replace(item, not_before=now_ms + max(int(pause), asked_ms or 0))


def room_for(items: Sequence[Item], most: int = MOST_WAITING) -> tuple[tuple[Item, ...], tuple[Item, ...]]:
    """Return what may go on waiting, and what has to give way: the oldest, since the newest tells most."""
    over = max(0, len(items) - most)
    dropped = tuple(
        item.happened(Moment.PASSED_OVER, f"more than {most} messages waited for this channel") for item in items[:over]
    )
    return tuple(items[over:]), dropped


def notice_id(notice: Notice, at_ms: int) -> str:
    """Return a notice's id: an error that is told again within some minutes is the same one."""
    span = at_ms // REPEATED_MS if notice.event == "errors" else at_ms
    return str(uuid.uuid5(NOTICES, f"{notice.event} {notice.text} {span}"))
