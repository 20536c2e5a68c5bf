"""How often a channel may be used. Pure: moments come in, ms by one clock that doesn't go back."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from settingsapp.schema.notations import Channel


class Limit(NamedTuple):
    """So many requests within so many ms, wherever such a span begins."""

    requests: int
    within_ms: int


LIMITS: Final[Mapping[Channel, tuple[Limit, ...]]] = {
    # What Discord allows a webhook.
    "discord": (Limit(5, 2_000), Limit(30, 60_000)),
    # Providers differ; above this a private mailbox is soon taken for a spammer's.
    "email": (Limit(5, 60_000), Limit(60, 3_600_000)),
    # Within what every service of the table allows; Telegram's one a second for a chat is the narrowest.
    "push": (Limit(2, 2_000), Limit(20, 60_000)),
}


@dataclass(frozen=True)
class Allowance:
    """What of a channel's limits is used up. A message of several requests is one whole: all of them or none."""

    limits: tuple[Limit, ...]
    spent: tuple[int, ...] = ()
    """When the last requests were made, oldest first."""
    blocked_until: int = 0
    """The service itself said not to come before."""

    def wait(self, now_ms: int, requests: int = 1) -> int:
        """Return how many ms from now so many requests may be made at once, 0 for now.

        Raises ValueError where the limits never allow so many at once.
        """
        moment = max(now_ms, self.blocked_until)
        for limit in self.limits:
            if requests > limit.requests:
                raise ValueError(f"{requests} requests at once: the limit is {limit.requests}")
            # With these made, the one that stands `limit.requests` back has to be out of the span.
            back = limit.requests - requests + 1
            if len(self.spent) >= back:
                moment = max(moment, self.spent[-back] + limit.within_ms)
        return moment - now_ms

    def after(self, now_ms: int, requests: int = 1) -> "Allowance":
        """Return what is left once so many requests are made."""
        longest = max((limit.within_ms for limit in self.limits), default=0)
        kept = tuple(moment for moment in self.spent if moment > now_ms - longest)
        return replace(self, spent=(*kept, *(now_ms for _ in range(requests))))

    def blocked(self, until_ms: int) -> "Allowance":
        """Return the same, unusable until that moment."""
        return replace(self, blocked_until=max(self.blocked_until, until_ms))
