"""The life of a proposal, as a table: pure."""

from collections.abc import Mapping
from enum import Enum, StrEnum
from typing import Final


class State(StrEnum):
    """Where a proposal stands."""

    PENDING = "pending"
    APPROVED = "approved"
    PARTLY_APPROVED = "partly-approved"
    REJECTED = "rejected"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"
    """A newer scan made another one."""
    UNDONE = "undone"
    """It was approved, and the watchlist stands again as before."""


class Moment(Enum):
    """What can happen to a proposal; the value completes `it can't be …`."""

    APPROVED_WHOLE = "approved"
    APPROVED_IN_PART = "approved in part"
    REJECTED = "rejected"
    TIME_RAN_OUT = "expired"
    NEWER_CAME = "superseded"
    UNDONE = "undone"


TRANSITIONS: Final[Mapping[tuple[State, Moment], State]] = {
    (State.PENDING, Moment.APPROVED_WHOLE): State.APPROVED,
    (State.PENDING, Moment.APPROVED_IN_PART): State.PARTLY_APPROVED,
    (State.PENDING, Moment.REJECTED): State.REJECTED,
    (State.PENDING, Moment.TIME_RAN_OUT): State.EXPIRED,
    (State.PENDING, Moment.NEWER_CAME): State.SUPERSEDED,
    (State.APPROVED, Moment.UNDONE): State.UNDONE,
    (State.PARTLY_APPROVED, Moment.UNDONE): State.UNDONE,
}
"""Everything that can happen. What is not here can't."""

_STANDS: Final[Mapping[State, str]] = {
    State.PENDING: "it waits to be decided",
    State.APPROVED: "it was approved already",
    State.PARTLY_APPROVED: "a part of it was approved already",
    State.REJECTED: "it was rejected",
    State.EXPIRED: "it has expired; scan again",
    State.SUPERSEDED: "a newer proposal has taken its place",
    State.UNDONE: "it was approved and undone; scan again",
}


class ImpossibleMoveError(Exception):
    """What was asked for can't happen to a proposal any more; the text says where it stands."""

    def __init__(self, state: State, moment: Moment) -> None:
        super().__init__(f"the proposal can't be {moment.value}: {_STANDS[state]}")
        self.state = state


def after(state: State, moment: Moment) -> State:
    """Return where a proposal stands after something happened to it. Raises ImpossibleMoveError."""
    try:
        return TRANSITIONS[state, moment]
    except KeyError:
        raise ImpossibleMoveError(state, moment) from None
