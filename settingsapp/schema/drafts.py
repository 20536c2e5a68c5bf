"""What a document would be and do, told before it is saved."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from settingsapp.schema import strict_json
from settingsapp.schema.diff import ABSENT, Change, changes, watchlist_changes
from settingsapp.schema.document import SettingsDocument
from settingsapp.schema.impact import impact_of, strongest
from settingsapp.schema.json_places import lines_of, nearest_line
from settingsapp.schema.observed import HELD, OBSERVED_FIELDS
from settingsapp.schema.primary_switch import entries_left_behind, says_what_its_entries_mean
from settingsapp.schema.problems import FieldProblem
from settingsapp.schema.validation import LONGEST_DOCUMENT, InvalidSettingsError, validate
from settingsapp.schema.warnings import warnings


@dataclass(frozen=True)
class PlacedProblem:
    """A problem with the line of the text on which it stands, from 1; None where it has none."""

    path: str
    message: str
    line: int | None


@dataclass(frozen=True)
class Verdict:
    """What is wrong with a text, or else the document that it is, with what is worth knowing about it."""

    problems: tuple[PlacedProblem, ...]
    warnings: tuple[FieldProblem, ...]
    document: SettingsDocument | None

    def as_json(self) -> dict[str, Any]:
        """Return the verdict as the API tells it."""
        return {
            "valid": not self.problems,
            "problems": [_problem_json(problem) for problem in self.problems],
            "warnings": [{"path": warning.path, "message": warning.message} for warning in self.warnings],
        }


def judge(text: bytes | str, sub: str, saved: SettingsDocument | None) -> Verdict:
    """Judge a text as the document of an identity; what is missing in it gets its default, `sub` too.

    `saved` is what it would replace; None where that is no valid document.
    """
    try:
        data = strict_json.decode_object(text, LONGEST_DOCUMENT)
    except strict_json.MalformedJsonError as error:
        told = PlacedProblem(error.path, f"the document can't be read: {error}", error.line)
        return Verdict((told,), (), None)
    try:
        document = validate_for(data, sub, saved)
    except InvalidSettingsError as error:
        return Verdict(placed(error.problems, text.decode() if isinstance(text, bytes) else text), (), None)
    return Verdict((), warnings(document), document)


def placed(problems: Iterable[FieldProblem], text: str) -> tuple[PlacedProblem, ...]:
    """Return problems of the document that a text is, with the lines on which they stand."""
    lines = lines_of(text, strict_json.DEEPEST_NESTING)
    return tuple(PlacedProblem(p.path, p.message, nearest_line(p.path, lines)) for p in problems)


def validate_for(data: Mapping[str, Any], sub: str, saved: SettingsDocument | None) -> SettingsDocument:
    """Return the document of an identity; without `sub` it is taken as this one's. Raises InvalidSettingsError.

    It is held against the rules between what is saved and what would replace it, too.
    """
    document = validate(data if data.get("sub") else {**data, "sub": sub})
    if document.sub != sub:
        raise InvalidSettingsError([FieldProblem("sub", f"can't be changed: it is {sub}")])
    if saved is not None and not says_what_its_entries_mean(data, sub):
        problems = entries_left_behind(saved, document)
        if problems:
            raise InvalidSettingsError(problems)
    return document


def consequences(before: SettingsDocument, after: SettingsDocument) -> dict[str, Any]:
    """Return what would change, field by field, and what that causes, as the API tells it."""
    rests = before.load_positions_from_exchange and after.load_positions_from_exchange
    # Positions that rest are not written by whoever sends back what is held.
    changed = tuple(change for change in counted_changes(before, after) if not (rests and change.path == HELD))
    symbols = watchlist_changes(before, after)
    return {
        "changes": changes_json(changed),
        "impact": strongest(impact_of(change) for change in changed).value,
        "symbols": {"gained": list(symbols.gained), "lost": list(symbols.lost)},
    }


def counted_changes(before: SettingsDocument, after: SettingsDocument) -> tuple[Change, ...]:
    """Return what would change; what Livermore itself writes does not count, whatever the new document says."""
    return tuple(change for change in changes(before, after) if change.path not in OBSERVED_FIELDS)


def changes_json(changed: tuple[Change, ...]) -> list[dict[str, Any]]:
    """Return changes as the API tells them; null where a side has nothing."""
    return [
        {
            "path": change.path,
            "before": None if change.before is ABSENT else change.before,
            "after": None if change.after is ABSENT else change.after,
            "sentence": change.sentence,
            "impact": impact_of(change).value,
        }
        for change in changed
    ]


def _problem_json(problem: PlacedProblem) -> dict[str, Any]:
    told: dict[str, Any] = {"path": problem.path, "message": problem.message}
    return told if problem.line is None else told | {"line": problem.line}
