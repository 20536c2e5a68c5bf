"""Deciding about proposals: what was approved goes into the settings in one write, and out of them in one undo."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID

from django.db import transaction

from settingsapp import services, versions
from settingsapp.schema import watchlist
from settingsapp.schema.problems import FieldProblem
from settingsapp.services import Cause
from symbols.models import Proposal
from symbols.proposal_states import Moment, State, after
from symbols.tracking import document_of, stand_again

UNDOABLE: Final = frozenset({State.APPROVED, State.PARTLY_APPROVED})


class UnknownProposalError(Exception):
    """There is no such proposal."""


class UnfitDecisionError(Exception):
    """What was asked for does not go with the proposal. `problems` says where and what would be right."""

    def __init__(self, problems: Sequence[FieldProblem]) -> None:
        super().__init__("; ".join(problem.message for problem in problems))
        self.problems = tuple(problems)


@dataclass(frozen=True)
class Undone:
    """What an undo came to. `left` are the symbols (qualified) that somebody had changed since: they stay."""

    proposal: Proposal
    left: tuple[str, ...]


def proposals(sub: str, offset: int, limit: int) -> list[Proposal]:
    """Return an identity's proposals, newest first."""
    return list(Proposal.objects.filter(identity__sub=sub)[offset : offset + limit])


def proposal(sub: str, proposal_id: UUID) -> Proposal:
    """Return one proposal. Raises UnknownProposalError."""
    return _found(Proposal.objects.filter(identity__sub=sub, pk=proposal_id).first())


def approve(
    sub: str,
    proposal_id: UUID,
    *,
    add: Sequence[str] | None,
    remove: Sequence[str] | None,
    cause: Cause,
    now_ms: int,
) -> Proposal:
    """Apply what is approved of a proposal, as one write of the settings. None: all of that list.

    Symbols are named as the proposal names them, or qualified. Raises UnknownProposalError, ImpossibleMoveError,
    UnfitDecisionError; InvalidSettingsError where the settings take it no more.
    """
    with transaction.atomic():
        row = _locked(sub, proposal_id)
        to_add, to_remove = _chosen(row, add, remove)
        whole = len(to_add) == len(row.add) and len(to_remove) == len(row.remove)
        state = after(row.state_at(now_ms), Moment.APPROVED_WHOLE if whole else Moment.APPROVED_IN_PART)
        if not to_add and not to_remove:
            raise UnfitDecisionError([FieldProblem("add", _nothing_chosen(row))])

        def applied(document: Mapping[str, Any]) -> Mapping[str, Any]:
            return watchlist.after_proposal(document, to_add, to_remove)

        services.edit(sub, applied, cause=replace(cause, kind="proposal", command_id=str(row.pk)))
        row.state, row.decided_at, row.decided_by = state.value, now_ms, cause.username
        row.approved = {"add": to_add, "remove": to_remove}
        row.applied_version = versions.made_by(sub, str(row.pk))
        row.save()
    return row


def reject(sub: str, proposal_id: UUID, *, cause: Cause, now_ms: int) -> Proposal:
    """Approve none of a proposal. Raises UnknownProposalError, ImpossibleMoveError."""
    with transaction.atomic():
        row = _locked(sub, proposal_id)
        row.state = after(row.state_at(now_ms), Moment.REJECTED).value
        row.decided_at, row.decided_by = now_ms, cause.username
        row.save()
    return row


def undo(sub: str, proposal_id: UUID, *, cause: Cause, now_ms: int) -> Undone:
    """Let every symbol that an approval touched stand where it stood before, as one write of the settings.

    What somebody has changed of them since is theirs and stays; so does the rest of the document. Raises
    UnknownProposalError, ImpossibleMoveError; LostVersionError where the versions are gone that say how it was.
    """
    with transaction.atomic():
        row = _locked(sub, proposal_id)
        state = after(row.state_at(now_ms), Moment.UNDONE)
        touched = frozenset((*row.approved["add"], *row.approved["remove"]))
        left: tuple[str, ...] = ()
        if row.applied_version is not None:
            before, made = document_of(sub, row.applied_version - 1), document_of(sub, row.applied_version)
            saved, moved_since = stand_again(sub, touched, before, made, cause=cause)
            row.undone_version = saved.version
            left = tuple(sorted(moved_since))
        row.state, row.undone_by = state.value, cause.username
        row.save()
    return Undone(row, left)


def _locked(sub: str, proposal_id: UUID) -> Proposal:
    return _found(Proposal.objects.select_for_update().filter(identity__sub=sub, pk=proposal_id).first())


def _found(row: Proposal | None) -> Proposal:
    if row is None:
        raise UnknownProposalError("there is no such proposal")
    return row


def _chosen(row: Proposal, add: Sequence[str] | None, remove: Sequence[str] | None) -> tuple[list[str], list[str]]:
    """Return the qualified symbols that were chosen, in the proposal's order."""
    problems: list[FieldProblem] = []
    chosen: list[list[str]] = []
    for name, lines, wanted in (("add", row.add, add), ("remove", row.remove, remove)):
        if wanted is None:
            chosen.append([line["qualified"] for line in lines])
            continue
        by_name = {text: line["qualified"] for line in lines for text in (line["symbol"], line["qualified"])}
        problems += [
            FieldProblem(f"{name}.{index}", f"the proposal does not {name} {symbol[:60]}")
            for index, symbol in enumerate(wanted)
            if symbol not in by_name
        ]
        picked = {by_name[symbol] for symbol in wanted if symbol in by_name}
        chosen.append([line["qualified"] for line in lines if line["qualified"] in picked])
    if problems:
        raise UnfitDecisionError(problems)
    return chosen[0], chosen[1]


def _nothing_chosen(row: Proposal) -> str:
    if row.add or row.remove:
        return "nothing of it is chosen; choose some, or reject it"
    return "there is nothing to approve in it: the watchlist is as the scanner would have it"
