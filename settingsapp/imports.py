"""A settings file taken over, or only looked at."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from settingsapp import services
from settingsapp.schema.diff import Change
from settingsapp.schema.drafts import changes_json, counted_changes
from settingsapp.schema.primary_switch import entries_left_behind, says_what_its_entries_mean
from settingsapp.schema.problems import FieldProblem
from settingsapp.schema.validation import InvalidSettingsError, validate_file
from settingsapp.schema.warnings import warnings
from settingsapp.services import Cause, StaleVersionError


@dataclass(frozen=True)
class Import:
    """What a file changed, or with `dry_run` would change. `version` is the saved one, after the import."""

    dry_run: bool
    version: int
    changes: tuple[Change, ...]
    warnings: tuple[FieldProblem, ...]

    def as_json(self) -> dict[str, Any]:
        """Return the import as the API and the shell tell it."""
        return {
            "dryRun": self.dry_run,
            "version": self.version,
            "changes": changes_json(self.changes),
            "warnings": [{"path": warning.path, "message": warning.message} for warning in self.warnings],
        }


def import_file(
    sub: str, data: Mapping[str, Any], *, cause: Cause, dry_run: bool, expected_version: int | None = None
) -> Import:
    """Save what a file says, in whichever form it is; the receiver keeps its `sub`. With `dry_run` nothing is saved.

    Raises InvalidSettingsError, StaleVersionError, UnknownIdentityError.
    """
    document = validate_file({**data, "sub": sub})
    told = (*_about_the_identity(data, sub), *warnings(document))
    version = services.saved_version(sub)
    if expected_version is not None and version != expected_version:
        raise StaleVersionError(version)
    before = services.saved_document(sub)
    if before is None:
        told = (*told, FieldProblem("", "what is saved is no valid document; the import replaces it whole"))
    elif not says_what_its_entries_mean(data, sub) and (problems := entries_left_behind(before, document)):
        raise InvalidSettingsError(problems)
    changed = counted_changes(before, document) if before else ()
    if not dry_run:
        # As it came: whose file it is, and what it names, decides about its entries.
        version = services.replace(sub, data, cause=cause, expected_version=expected_version).version
    return Import(dry_run, version, changed, told)


def _about_the_identity(data: Mapping[str, Any], sub: str) -> tuple[FieldProblem, ...]:
    if not data.get("sub") or data["sub"] == sub:
        return ()
    return (FieldProblem("sub", f"the file is another identity's; this one keeps its own: {sub}"),)
