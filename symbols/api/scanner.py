"""The scanner over HTTP: how it stands, its proposals, and what would fit. Paths lie below `/api/v1/symbols/`."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any, Final
from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router, Schema, Status
from pydantic import ConfigDict, Field

from settingsapp.api.exchanged import cause_of, writer_of
from settingsapp.http_errors import ApiError, login_of, read_sub_of
from settingsapp.schema.validation import InvalidSettingsError
from settingsapp.schema.wording import sentence
from settingsapp.versions import LostVersionError
from symbols import deciding, scanner
from symbols.deciding import UnfitDecisionError, UnknownProposalError
from symbols.models import Proposal, ScannerRun
from symbols.proposal_states import ImpossibleMoveError
from symbols.scanner import Asked, ScanRefusedError
from symbols.scanning import NothingToScanError

router = Router(tags=["scanner"])

MOST_RESULTS: Final = 100
Limit = Annotated[int, Query(ge=1, le=MOST_RESULTS)]
Offset = Annotated[int, Query(ge=0, le=2**31 - 1)]


class ScanIn(Schema):
    """What to scan."""

    model_config = ConfigDict(extra="forbid")

    exchange: str = Field("", max_length=40, description="Empty: the one that the settings name")


class MatchesIn(ScanIn):
    """Criteria that are not saved yet."""

    criteria: dict[str, Any] = Field(description="As in the settings under `scanner`; what is left out is as saved")


class ApprovalIn(Schema):
    """What of a proposal is approved."""

    model_config = ConfigDict(extra="forbid")

    add: list[str] | None = Field(None, max_length=5_000, description="Of its additions; left out: all")
    remove: list[str] | None = Field(None, max_length=5_000, description="Of its removals; left out: all")


@router.get("scanner", summary="The scanner: whether, when and by what it runs")
def read_scanner(request: HttpRequest) -> dict[str, Any]:
    """Times in ms UTC. `enabled`: scheduled scans make proposals; by hand one can always be made."""
    sub, now_ms = read_sub_of(request), _now_ms()
    with _told():
        found = scanner.overview(sub, now_ms)
    latest = next(iter(deciding.proposals(sub, 0, 1)), None)
    return {
        "enabled": found.document.scanner_to_maintain_symbols_enabled,
        "exchange": found.exchange,
        "instruments": found.known,
        "appliesAtOnce": found.document.scanner_auto_restart_services,
        "criteria": found.document.scanner.model_dump(mode="json", by_alias=True),
        "settingsVersion": found.version,
        "lastRun": _run(found.run) if found.run else None,
        "nextRunAt": found.next_run,
        "proposal": _brief(latest, now_ms) if latest else None,
    }


@router.post("scanner/matches", summary="How many instruments criteria would let through")
def count_matches(request: HttpRequest, wanted: MatchesIn) -> dict[str, Any]:
    """Before they are saved; nothing is."""
    sub = read_sub_of(request)
    with _told():
        found = scanner.matching(sub, wanted.criteria, wanted.exchange, _now_ms())
    return {"exchange": found.exchange, "matches": found.matches, "lookedAt": found.looked_at}


@router.get("scanner/proposals", summary="Proposals, newest first")
def list_proposals(request: HttpRequest, offset: Offset = 0, limit: Limit = 20) -> dict[str, Any]:
    """Without their lines; each has them at its own address."""
    rows = deciding.proposals(read_sub_of(request), offset, limit + 1)
    now_ms = _now_ms()
    more = f"?offset={offset + limit}&limit={limit}" if len(rows) > limit else None
    return {"results": [_brief(row, now_ms) for row in rows[:limit]], "next": more}


@router.post("scanner/proposals", summary="Scan now, and propose what comes of it", response={201: Any})
def make_proposal(request: HttpRequest, wanted: ScanIn | None = None) -> Status[Any]:
    """It changes nothing until it is approved; an undecided proposal before it is superseded."""
    sub, now_ms = writer_of(request), _now_ms()
    with _told():
        row = scanner.propose(sub, Asked(login_of(request), "api", wanted.exchange if wanted else ""), now_ms)
    return Status(201, row.body(now_ms))


@router.get("scanner/proposals/{uuid:proposal_id}", summary="One proposal")
def read_proposal(request: HttpRequest, proposal_id: UUID) -> dict[str, Any]:
    with _told():
        return deciding.proposal(read_sub_of(request), proposal_id).body(_now_ms())


@router.post("scanner/proposals/{uuid:proposal_id}/approve", summary="Approve a proposal, whole or in part")
def approve_proposal(request: HttpRequest, proposal_id: UUID, wanted: ApprovalIn | None = None) -> dict[str, Any]:
    """Applied as one write of the settings, its version is `appliedVersion`."""
    sub, now_ms, chosen = writer_of(request), _now_ms(), wanted or ApprovalIn(add=None, remove=None)
    with _told():
        row = deciding.approve(
            sub, proposal_id, add=chosen.add, remove=chosen.remove, cause=cause_of(request), now_ms=now_ms
        )
    return row.body(now_ms)


@router.post("scanner/proposals/{uuid:proposal_id}/reject", summary="Approve nothing of a proposal")
def reject_proposal(request: HttpRequest, proposal_id: UUID) -> dict[str, Any]:
    sub, now_ms = writer_of(request), _now_ms()
    with _told():
        return deciding.reject(sub, proposal_id, cause=cause_of(request), now_ms=now_ms).body(now_ms)


@router.post("scanner/proposals/{uuid:proposal_id}/undo", summary="Undo what was approved")
def undo_proposal(request: HttpRequest, proposal_id: UUID) -> dict[str, Any]:
    """As one write of the settings. Symbols that somebody has changed since stay as they are: `left` names them."""
    sub, now_ms = writer_of(request), _now_ms()
    with _told():
        undone = deciding.undo(sub, proposal_id, cause=cause_of(request), now_ms=now_ms)
    return undone.proposal.body(now_ms) | {"left": list(undone.left)}


def _now_ms() -> int:
    return int(time.time() * 1000)


def _run(run: ScannerRun) -> dict[str, Any]:
    return {
        "at": run.started_at,
        "durationMs": run.duration_ms,
        "exchange": run.exchange,
        "source": run.source,
        "error": run.error or None,
    }


def _brief(row: Proposal, now_ms: int) -> dict[str, Any]:
    """Return a proposal without its lines, but with how many there are."""
    body = row.body(now_ms)
    return body | {name: len(body[name]) for name in ("add", "remove", "keep")}


@contextmanager
def _told() -> Iterator[None]:
    """Tell what a scan or a decision refuses as the API tells it."""
    try:
        yield
    except UnknownProposalError:
        raise ApiError(404, "not_found", "There is no proposal of that id.") from None
    except ScanRefusedError as error:
        raise ApiError(409, "not_enabled", sentence(error)) from None
    except NothingToScanError as error:
        raise ApiError(409, "nothing_to_scan", sentence(error)) from None
    except ImpossibleMoveError as error:
        raise ApiError(409, "not_pending", sentence(error)) from None
    except LostVersionError as error:
        raise ApiError(409, "version_lost", sentence(error)) from None
    except UnfitDecisionError as error:
        raise ApiError(422, "unfit_decision", "The proposal can't be decided like this.", error.problems) from None
    except InvalidSettingsError as error:
        raise ApiError(422, "invalid_settings", "The settings don't take this.", error.problems) from None
