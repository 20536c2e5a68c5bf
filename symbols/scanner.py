"""Running the scanner: the saved criteria over the catalogue make a proposal, which changes nothing by itself."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

from django.db import transaction

from settingsapp import services
from settingsapp.models import Identity
from settingsapp.schema.document import SettingsDocument
from settingsapp.schema.effective import enabled_exchanges
from settingsapp.schema.merge_patch import merged
from settingsapp.schema.spelling import suggestion
from settingsapp.schema.validation import InvalidSettingsError, validate
from symbols import catalogue, refreshing
from symbols.known import reference_of
from symbols.models import Proposal, ScannerRun
from symbols.proposal_states import Moment, State, after
from symbols.refreshing import Refresh, RefreshState
from symbols.scanning import Found, NothingToScanError, fitting, listed_in, scan

LASTS_MS: Final = 24 * 3_600_000
"""So long a proposal can be decided. Prices go on; what was true yesterday need not be."""
KEPT: Final = 200
"""So many proposals of one identity are kept; older ones are deleted."""


class ScanRefusedError(Exception):
    """The scan can't be made as it was asked for; the text says why."""


@dataclass(frozen=True)
class Asked:
    """Who asked for a scan, and how. Without an exchange it is the one that the settings name."""

    by: str
    source: str
    exchange: str = ""
    command_id: str = ""


@dataclass(frozen=True)
class Matches:
    """How many instruments fit."""

    exchange: str
    matches: int
    looked_at: int


@dataclass(frozen=True)
class Overview:
    """The scanner as it stands."""

    document: SettingsDocument
    version: int
    exchange: str
    known: int
    """How many instruments of that exchange are known and traded."""
    run: ScannerRun | None
    next_run: int | None
    """When the next scheduled scan is due, ms UTC; None also where the settings let none make proposals."""


def exchange_to_scan(document: SettingsDocument, asked: str = "") -> str:
    """Return the exchange: the one asked for, else the settings', else the primary one. Raises ScanRefusedError."""
    name = asked or document.scanner_exchange or document.perseus_profile.primary_exchange
    enabled = enabled_exchanges(document)
    if name not in enabled:
        there = ", ".join(enabled) or "none"
        raise ScanRefusedError(
            f"{name} is not enabled in the settings{suggestion(name, enabled)}; enabled exchanges: {there}"
        )
    return name


def prepare(sub: str, exchange: str, now_ms: int) -> Refresh:
    """Read what the exchange trades, where what is known of it is older than some minutes; it may take some seconds.

    Raises ScanRefusedError, InvalidSettingsError, UnknownIdentityError. That it can't be read is told in what comes
    back.
    """
    return refreshing.make_fresh(exchange_to_scan(services.read(sub).document, exchange), now_ms)


def propose(sub: str, asked: Asked, now_ms: int, *, guard: services.Guard | None = None) -> Proposal:
    """Scan and keep what comes of it as the proposal to decide; an undecided one before it is superseded.

    What is known of the exchange is brought up to date before, see `prepare`. `guard` runs within the transaction and
    may raise to stop it. A command that comes twice gets the same proposal.
    Raises ScanRefusedError, NothingToScanError, InvalidSettingsError, UnknownIdentityError.
    """
    if asked.command_id and (made := _of_command(sub, asked.command_id)) is not None:
        return made
    begun = time.perf_counter()
    exchange = asked.exchange

    def run(error: str = "") -> None:
        took = round((time.perf_counter() - begun) * 1000)
        _note(sub, asked, exchange, now_ms, took, error)

    try:
        saved = services.read(sub)
        exchange = exchange_to_scan(saved.document, asked.exchange)
        found = _scanned(saved.document, exchange, refreshing.make_fresh(exchange, now_ms), now_ms)
    except (ScanRefusedError, NothingToScanError, InvalidSettingsError) as error:
        run(str(error))
        raise
    with transaction.atomic():
        identity = Identity.objects.select_for_update().get(sub=sub)
        if guard is not None:
            guard()
        _retire(identity, now_ms)
        proposal = Proposal.objects.create(
            identity=identity,
            exchange=exchange,
            created_at=now_ms,
            expires_at=now_ms + LASTS_MS,
            source=asked.source,
            created_by=asked.by,
            command_id=asked.command_id,
            settings_version=saved.version,
            criteria=saved.document.scanner.model_dump(mode="json", by_alias=True),
            add=[line.body() for line in found.add],
            remove=[line.body() for line in found.remove],
            keep=[line.body() for line in found.keep],
            notes=list(found.notes),
            matches=found.matches,
            looked_at=found.looked_at,
        )
        _forget_old_ones(identity)
        services.observe(sub, {"scanner_symbols_last_update": _moment(now_ms)})
        run()
    return proposal


def matching(sub: str, draft: Mapping[str, Any], asked_exchange: str, now_ms: int) -> Matches:
    """Return how many instruments would fit criteria that are not saved yet; what they leave out is as saved.

    Raises as `propose` does.
    """
    document = validate(merged(services.read(sub).document.as_json(), {"scanner": draft}))
    exchange = exchange_to_scan(document, asked_exchange)
    instruments = catalogue.instruments(exchange)
    if not instruments:
        raise NothingToScanError(f"no instruments of {exchange} are known yet: a scan reads them first")
    fits = fitting(instruments, document.scanner, exchange, reference_of(sub, instruments), now_ms)
    return Matches(exchange, fits, len(instruments))


def overview(sub: str, now_ms: int) -> Overview:
    """Return the scanner as it stands. Raises InvalidSettingsError, UnknownIdentityError."""
    saved = services.read(sub)
    document = saved.document
    exchange = document.scanner_exchange or document.perseus_profile.primary_exchange
    return Overview(
        document=document,
        version=saved.version,
        exchange=exchange,
        known=catalogue.count_active(exchange),
        run=ScannerRun.objects.filter(identity__sub=sub).first(),
        next_run=_next_run(sub, now_ms) if document.scanner_to_maintain_symbols_enabled else None,
    )


PLANNED: Final[list[Callable[[str, int], int | None]]] = []
"""Who knows when the next scan is due, ms UTC: schedules belong to an app above this one, and put themselves here."""


def _scanned(document: SettingsDocument, exchange: str, refreshed: Refresh, now_ms: int) -> Found:
    instruments = catalogue.instruments(exchange)
    try:
        found = scan(
            instruments,
            document.scanner,
            listed_in(document),
            exchange=exchange,
            primary_exchange=document.perseus_profile.primary_exchange,
            reference=reference_of(document.sub, instruments),
            now_ms=now_ms,
        )
    except NothingToScanError as error:
        if refreshed.state is RefreshState.RUNNING:
            raise NothingToScanError(f"{error}: they are being read right now; try again in a moment") from None
        if refreshed.problem:
            raise NothingToScanError(f"{error}, and {exchange} can't be read: {refreshed.problem}") from None
        raise
    if refreshed.problem:
        return replace(found, notes=(f"{exchange} could not be read anew: {refreshed.problem}.", *found.notes))
    return found


def _next_run(sub: str, now_ms: int) -> int | None:
    return min((moment for ask in PLANNED if (moment := ask(sub, now_ms)) is not None), default=None)


def _of_command(sub: str, command_id: str) -> Proposal | None:
    return Proposal.objects.filter(identity__sub=sub, command_id=command_id).first()


def _retire(identity: Identity, now_ms: int) -> None:
    """Let what is undecided make place: it has expired, or a newer one takes its place."""
    for row in Proposal.objects.select_for_update().filter(identity=identity, state=State.PENDING.value):
        moment = Moment.TIME_RAN_OUT if now_ms >= row.expires_at else Moment.NEWER_CAME
        row.state = after(State.PENDING, moment).value
        row.save(update_fields=["state"])


def _forget_old_ones(identity: Identity) -> None:
    own = Proposal.objects.filter(identity=identity)
    own.filter(pk__in=list(own.values_list("pk", flat=True)[KEPT:])).delete()


def _note(sub: str, asked: Asked, exchange: str, now_ms: int, took_ms: int, error: str) -> None:
    identity = Identity.objects.filter(sub=sub).first()
    if identity is not None:
        told = {
            "started_at": now_ms,
            "duration_ms": took_ms,
            "exchange": exchange,
            "source": asked.source,
            "error": error[: ScannerRun.LONGEST_ERROR],
        }
        ScannerRun.objects.update_or_create(identity=identity, defaults=told)


def _moment(now_ms: int) -> str:
    return datetime.fromtimestamp(now_ms / 1000, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
