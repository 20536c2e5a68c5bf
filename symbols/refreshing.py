"""Reading the exchanges' instruments into the catalogue: one reader at a time for each exchange."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from threading import Thread
from typing import Any, Final

from django import db
from django.db.models import Q

from symbols import catalogue
from symbols.exchanges import ExchangeUnavailableError, Prepare, load, unprepared
from symbols.models import CatalogueRefresh

HELD_MS: Final = 120_000
"""A reading that has not ended after that long was given up: its process is gone."""
FRESH_MS: Final = 3_600_000
PRICES_FRESH_MS: Final = 300_000
RETRY_MS: Final = 600_000
"""After a failure it is not tried again by itself for so long."""


class RefreshState(StrEnum):
    """Where the reading of an exchange stands."""

    NEVER = "never"
    RUNNING = "running"
    READ = "read"
    FAILED = "failed"


@dataclass(frozen=True)
class Refresh:
    """How an exchange's instruments were last read; times in ms UTC. `problem` says why the last try failed."""

    exchange: str
    state: RefreshState
    begun_at: int | None = None
    done: int = 0
    total: int = 0
    doing: str = ""
    read_at: int | None = None
    tried_at: int | None = None
    problem: str = ""
    instruments: int = 0
    appeared: int = 0
    delisted: int = 0

    def body(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            "exchange": self.exchange,
            "state": self.state.value,
            "progress": {"done": self.done, "total": self.total, "doing": self.doing},
            "beganAt": self.begun_at,
            "readAt": self.read_at,
            "triedAt": self.tried_at,
            "problem": self.problem,
            "instruments": self.instruments,
            "appeared": self.appeared,
            "delisted": self.delisted,
        }


def state_of(exchange: str, now_ms: int) -> Refresh:
    """Return how the reading of an exchange stands."""
    row = CatalogueRefresh.objects.filter(exchange=exchange).first()
    if row is None:
        return Refresh(exchange, RefreshState.NEVER)
    running = row.begun_at is not None and now_ms - row.begun_at < HELD_MS
    state = (
        RefreshState.RUNNING
        if running
        else RefreshState.FAILED
        if row.problem
        else RefreshState.NEVER
        if row.read_at is None
        else RefreshState.READ
    )
    told = ("done", "total", "doing", "read_at", "tried_at", "problem", "instruments", "appeared", "delisted")
    return Refresh(exchange, state, row.begun_at if running else None, **{name: getattr(row, name) for name in told})


def is_due(exchange: str, now_ms: int, fresh_ms: int = FRESH_MS) -> bool:
    """Tell whether an exchange should be read again by itself."""
    known = state_of(exchange, now_ms)
    if known.state is RefreshState.RUNNING:
        return False
    if known.state is RefreshState.FAILED and known.tried_at is not None and now_ms - known.tried_at < RETRY_MS:
        return False
    return known.read_at is None or now_ms - known.read_at >= fresh_ms


def begin(exchange: str, now_ms: int) -> bool:
    """Take the reading of an exchange upon oneself; False where somebody is at it."""
    CatalogueRefresh.objects.get_or_create(exchange=exchange)
    free = Q(begun_at=None) | Q(begun_at__lte=now_ms - HELD_MS)
    mine = CatalogueRefresh.objects.filter(free, exchange=exchange)
    return mine.update(begun_at=now_ms, done=0, total=2, doing="instruments") == 1


def carry_out(exchange: str, now_ms: int, *, prepare: Prepare = unprepared) -> Refresh:
    """Read an exchange whose reading was begun at `now_ms`. A failure leaves the catalogue as it was, and is told."""
    mine = CatalogueRefresh.objects.filter(exchange=exchange, begun_at=now_ms)

    def tell(done: int, total: int, doing: str) -> None:
        mine.update(done=done, total=total, doing=doing)

    before = set(catalogue.symbols(exchange))
    try:
        found = load(exchange, now_ms, tell=tell, prepare=prepare)
        catalogue.replace(exchange, found)
    except ExchangeUnavailableError as error:
        mine.update(begun_at=None, doing="", tried_at=now_ms, problem=str(error)[:300])
    except BaseException:
        mine.update(begun_at=None, doing="", tried_at=now_ms, problem="it failed here; the server's log says why")
        raise
    else:
        now = {one.symbol for one in found if one.active}
        mine.update(
            begun_at=None,
            doing="",
            done=2,
            read_at=now_ms,
            tried_at=now_ms,
            problem="",
            instruments=len(now),
            appeared=len(now - before),
            delisted=len(before - now),
        )
    return state_of(exchange, now_ms)


def refresh_in_background(exchanges: Sequence[str], now_ms: int) -> list[Refresh]:
    """Begin to read these exchanges, those aside at which somebody is already; return how each stands now."""
    begun = [exchange for exchange in exchanges if begin(exchange, now_ms)]

    def read() -> None:
        try:
            for exchange in begun:
                carry_out(exchange, now_ms)
        finally:
            db.connections.close_all()

    if begun:
        Thread(target=read, name="catalogue", daemon=True).start()
    return [state_of(exchange, now_ms) for exchange in exchanges]


def make_fresh(exchange: str, now_ms: int, fresh_ms: int = PRICES_FRESH_MS) -> Refresh:
    """Read an exchange now, and wait for it, where what is known is older than that and nobody is at it."""
    if is_due(exchange, now_ms, fresh_ms) and begin(exchange, now_ms):
        return carry_out(exchange, now_ms)
    return state_of(exchange, now_ms)
