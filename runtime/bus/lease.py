"""The lease: of all engines of an identity one leads, and the fencing token shows which."""

from dataclasses import dataclass
from typing import Any

from runtime.bus import keys as names
from runtime.bus.calls import Call, script_call, text


@dataclass(frozen=True)
class Candidate:
    """An engine that would lead. `slot` is what its supervisor vouches for, empty without one."""

    engine_id: str
    host: str
    slot: str


@dataclass(frozen=True)
class Acquisition:
    """`token` is None while another leads, whose lease ends in `remaining_ms` unless it is renewed."""

    token: str | None
    now_ms: int
    remaining_ms: int


def acquire(sub: str, candidate: Candidate, ttl_ms: int, highest_known: int = 0) -> Call[Acquisition]:
    """Take the lease if it can be taken; the new token is above `highest_known`, which the database remembers."""
    keys = names.Keys(sub)
    return script_call(
        "acquire",
        (keys.lease, keys.fence),
        (candidate.engine_id, candidate.host, candidate.slot, ttl_ms, highest_known),
        _acquisition,
    )


def renew(sub: str, token: str, candidate: Candidate, ttl_ms: int) -> Call[tuple[bool, int]]:
    """Keep the lease; returns whether it is still held, and Redis's time in ms."""
    keys = names.Keys(sub)
    return script_call(
        "renew",
        (keys.lease, keys.fence),
        (token, candidate.engine_id, candidate.host, candidate.slot, ttl_ms),
        lambda answer: (int(answer[0]) == 1, int(answer[1])),
    )


def release(sub: str, token: str) -> Call[bool]:
    """Give the lease back; returns whether it was held."""
    keys = names.Keys(sub)
    return script_call("release", (keys.lease, keys.fence), (token,), lambda answer: int(answer) == 1)


def _acquisition(answer: list[Any]) -> Acquisition:
    token = text(answer[0])
    return Acquisition(token or None, int(answer[1]), int(answer[2]))
