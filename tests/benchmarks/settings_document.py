"""How long it takes to read and to change a large settings document over HTTP.

The document has 50 exchanges and 1,000 symbols. Measured beside it, alternating in the same run: json.loads and
json.dumps of the same document, and a view that does nothing, through the same middleware and client. Each change makes
a version, with its entry in the history.
"""

import json
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import cycle
from typing import Any

from django.test import Client

from settingsapp import services
from settingsapp.accounts import Role
from settingsapp.services import Cause
from tests.settingsapp.logins import a_login

EXCHANGES = 50
SYMBOLS = 1_000
SETTINGS = "/api/v1/settings"
WARM_UP = 3


@dataclass(frozen=True)
class DocumentTimes:
    """Medians in ms of so many rounds, of a document of so many bytes."""

    rounds: int
    size: int
    json_ms: float
    empty_ms: float
    get_ms: float
    patch_ms: float

    def lines(self) -> list[str]:
        """Return a Markdown table."""
        rows = (
            ("json.loads and json.dumps", self.json_ms),
            ("a view that does nothing", self.empty_ms),
            ("GET", self.get_ms),
            ("PATCH of one field", self.patch_ms),
        )
        return [
            f"| settings of {EXCHANGES} exchanges and {SYMBOLS:,} symbols, {self.size:,} bytes | p50, ms "
            "| to JSON alone | to the empty view |",
            "| --- | ---: | ---: | ---: |",
            *(f"| {name} | {ms:.3f} | {ms / self.json_ms:.1f} | {ms / self.empty_ms:.1f} |" for name, ms in rows),
        ]


def large_document() -> dict[str, Any]:
    """Return a valid document with many exchanges and symbols."""
    exchanges: dict[str, Any] = {
        f"exchange_{number:02}": {
            "enabled": False,
            "ApiKeyEnvironmentVariableName": f"EXCHANGE_{number:02}_KEY",
            "SecretEnvironmentVariableName": f"EXCHANGE_{number:02}_SECRET",
            "trade_settings": {"max_daily_trades": number},
        }
        for number in range(1, EXCHANGES)
    }
    return {
        "exchanges": {"simulated": {"enabled": True}, **exchanges},
        "symbols": [f"COIN{number}-USD" for number in range(SYMBOLS)],
    }


def measure(rounds: int) -> DocumentTimes:
    """Measure all four; needs a database and Redis. Raises RuntimeError where an answer is not as it should be."""
    identity = services.create_identity()
    services.replace(identity.sub, large_document(), cause=Cause("system", None, ""))
    client = Client(headers={"host": "localhost"})
    client.force_login(a_login(identity, Role.ADMIN, f"benchmark {identity.sub}"))
    text = json.dumps(services.read(identity.sub).document.as_json())
    tolerance = cycle(("low", "high"))

    def get() -> None:
        _answered(client.get(SETTINGS))

    def patch() -> None:
        change = json.dumps({"perseus_profile": {"risk_tolerance": next(tolerance)}})
        _answered(client.patch(SETTINGS, change, content_type="application/merge-patch+json"))

    works: tuple[Callable[[], object], ...] = (
        lambda: json.dumps(json.loads(text)),
        lambda: _answered(client.get("/healthz")),
        get,
        patch,
    )
    times: list[list[float]] = [[] for _ in works]
    for turn in range(rounds + WARM_UP):
        for work, taken in zip(works, times, strict=True):
            begun = time.perf_counter()
            work()
            if turn >= WARM_UP:
                taken.append((time.perf_counter() - begun) * 1000)
    if services.saved_version(identity.sub) != 2 + rounds + WARM_UP:
        raise RuntimeError("not every change made a version")
    return DocumentTimes(rounds, len(text), *(statistics.median(taken) for taken in times))


def _answered(response: Any) -> None:
    if response.status_code != 200:
        raise RuntimeError(f"answered with {response.status_code}: {response.content[:200]!r}")
