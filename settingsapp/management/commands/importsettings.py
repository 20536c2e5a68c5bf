"""`manage.py importsettings FILE`: take over an export, or a settings file of the earlier system."""

import getpass
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from settingsapp.identities import UnknownIdentityError, only_identity
from settingsapp.imports import Import, import_file
from settingsapp.schema import strict_json
from settingsapp.schema.drafts import placed
from settingsapp.schema.validation import LONGEST_DOCUMENT, InvalidSettingsError
from settingsapp.services import Cause


class Command(BaseCommand):
    help = "Save what a settings file says, and print what that changes. The identity keeps its own sub."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "file", metavar="FILE", help="An export, or a settings file of the earlier system; - reads."
        )
        parser.add_argument("--dry-run", action="store_true", help="Only print what would change.")
        parser.add_argument("--sub", help="Whose settings; not needed while there is only one identity.")
        parser.add_argument("--json", action="store_true", help="Print one line of JSON.")

    def handle(self, *, file: str, dry_run: bool, sub: str | None, json: bool, **options: Any) -> None:
        raw = _content(file)
        try:
            data = strict_json.decode_object(raw, LONGEST_DOCUMENT)
            taken = import_file(only_identity(sub), data, cause=_cause(), dry_run=dry_run)
        except strict_json.MalformedJsonError as error:
            raise CommandError(f"{file}: {error.located}") from None
        except InvalidSettingsError as error:
            told = (f"{file}:{p.line}: {p.path}: {p.message}" for p in placed(error.problems, raw.decode()))
            raise CommandError("\n".join(("the file can't be imported; nothing was saved", *told))) from None
        except UnknownIdentityError as error:
            raise CommandError(str(error)) from None
        for line in _as_json(taken) if json else _as_text(taken):
            self.stdout.write(line)


def _content(file: str) -> bytes:
    try:
        with sys.stdin.buffer if file == "-" else Path(file).open("rb") as source:
            # One byte more than is taken tells that there is too much, whatever the file is.
            return source.read(LONGEST_DOCUMENT + 1)
    except OSError as error:
        raise CommandError(f"{file} can't be read: {error.strerror}") from None


def _cause() -> Cause:
    return Cause("import", None, getpass.getuser())


def _as_json(taken: Import) -> Iterator[str]:
    yield json.dumps(taken.as_json(), ensure_ascii=False)


def _as_text(taken: Import) -> Iterator[str]:
    for warning in taken.warnings:
        yield f"warning: {warning.path}: {warning.message}" if warning.path else f"warning: {warning.message}"
    for change in taken.changes:
        yield change.sentence
    if taken.dry_run:
        yield f"{_counted(taken)} would change; nothing was saved, version {taken.version} stays."
    elif taken.changes:
        yield f"{_counted(taken)} changed; saved as version {taken.version}."
    else:
        yield f"Nothing changed; still version {taken.version}."


def _counted(taken: Import) -> str:
    return "1 field" if len(taken.changes) == 1 else f"{len(taken.changes)} fields"
