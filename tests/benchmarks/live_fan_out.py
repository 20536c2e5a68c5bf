"""How long what the engine says takes to the last of 500 websocket clients, against Redis's own fan-out.

The floor is PUBLISH and as many bare subscribers, each a plain connection to Redis; both crowds are clients in
processes of their own, and both are spoken to in turn, in the same run. The web process is the product's, its database
and all.
"""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

from tests.live_viewers.clients import Crowd, listening
from tests.live_viewers.speaker import a_channel, speaking
from tests.live_viewers.watching import a_watcher
from tests.web_program import a_web_program

CLIENTS = 500
WARM_UP = 3
PAUSE_SECONDS = 0.5
"""Between one message and the next, so that none waits for another."""


@dataclass(frozen=True)
class FanOut:
    """Milliseconds until the last client had it: the median and the 95th percentile of so many rounds."""

    rounds: int
    clients: int
    floor_ms: tuple[float, float]
    status_ms: tuple[float, float]
    event_ms: tuple[float, float]

    @property
    def ratio(self) -> float:
        """How many of Redis's own fan-outs an event takes."""
        return self.event_ms[0] / self.floor_ms[0]

    def lines(self) -> list[str]:
        """Return a Markdown table."""
        rows = (
            ("PUBLISH, to bare subscribers", self.floor_ms),
            ("a status, to websockets", self.status_ms),
            ("an event, to websockets", self.event_ms),
        )
        return [
            f"| from the engine's publish to the last of {self.clients} clients | p50, ms | p95, ms | ratio |",
            "| --- | ---: | ---: | ---: |",
            *(f"| {name} | {p50:.1f} | {p95:.1f} | {p50 / self.floor_ms[0]:.1f} |" for name, (p50, p95) in rows),
        ]


def measure(url: str, rounds: int, clients: int = CLIENTS) -> FanOut:
    """Measure, with the default database. Raises RuntimeError where a client did not get everything."""
    identity, cookie = a_watcher()
    channel = a_channel()
    with a_web_program() as web, speaking(identity.sub) as speaker:
        speaker.status()
        websockets = Crowd(web.socket_url, clients, cookie)
        with listening(websockets) as watching, listening(Crowd(url, clients, channel=channel)) as subscribed:
            kinds: tuple[Callable[[], None], ...] = (lambda: speaker.plainly(channel), speaker.status, speaker.event)
            for _ in range(rounds + WARM_UP):
                for say in kinds:
                    say()
                    time.sleep(PAUSE_SECONDS)
            floor, heard = subscribed.end(), watching.end()
    if floor.incomplete or heard.incomplete or floor.closed or heard.closed:
        raise RuntimeError(f"not everybody got everything: {floor.incomplete}, {heard.incomplete}, {heard.closed}")
    # In turn: a status, an event.
    spoken = heard.lasts_ms[-2 * rounds :]
    return FanOut(
        *(rounds, clients),
        *(_middle(times) for times in (floor.lasts_ms[-rounds:], spoken[::2], spoken[1::2])),
    )


def _middle(times: list[float]) -> tuple[float, float]:
    return statistics.median(times), statistics.quantiles(times, n=20, method="inclusive")[18]
