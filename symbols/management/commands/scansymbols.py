"""`manage.py scansymbols`: scan an exchange by the saved criteria, and propose what fits."""

import getpass
import json as encoding
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from settingsapp.identities import UnknownIdentityError, only_identity
from settingsapp.schema.validation import InvalidSettingsError
from symbols import scanner
from symbols.models import Proposal
from symbols.scanner import Asked, ScanRefusedError
from symbols.scanning import NothingToScanError

SOURCE = "shell"


class Command(BaseCommand):
    help = "Scan an exchange by the saved criteria. What comes of it is a proposal; a person approves it in the admin."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--exchange", default="", metavar="NAME", help="Without: the one that the settings name.")
        parser.add_argument("--sub", help="Whose settings; not needed while there is only one identity.")
        parser.add_argument(
            "--json", action="store_true", help="Print a line of JSON for each symbol, the proposal last."
        )

    def handle(self, *, exchange: str, sub: str | None, json: bool, **options: Any) -> None:
        now_ms = int(time.time() * 1000)
        try:
            made = scanner.propose(only_identity(sub), Asked(getpass.getuser(), SOURCE, exchange), now_ms)
        except (UnknownIdentityError, ScanRefusedError, NothingToScanError, InvalidSettingsError) as error:
            raise CommandError(str(error)) from None
        for line in _as_json(made, now_ms) if json else _as_text(made):
            self.stdout.write(line)


def _as_json(made: Proposal, now_ms: int) -> Iterator[str]:
    whole = made.body(now_ms)
    for verdict in ("add", "remove", "keep"):
        for line in whole.pop(verdict):
            yield encoding.dumps({"verdict": verdict} | line, ensure_ascii=False)
        whole[verdict] = len(getattr(made, verdict))
    yield encoding.dumps({"proposal": whole}, ensure_ascii=False)


def _as_text(made: Proposal) -> Iterator[str]:
    lines = [(verdict, line) for verdict in ("add", "remove", "keep") for line in getattr(made, verdict)]
    width = max((len(line["symbol"]) for _, line in lines), default=0)
    for verdict, line in lines:
        yield f"{verdict:<6}  {line['symbol']:<{width}}  {line['reason']}"
    yield from made.notes
    counts = f"{made.exchange}: {len(made.add)} to add, {len(made.remove)} to remove, {len(made.keep)} to keep"
    if not made.add and not made.remove:
        yield f"{counts}. The watchlist is as the scanner would have it."
        return
    until = datetime.fromtimestamp(made.expires_at / 1000, UTC)
    yield f"{counts}. Proposal {made.pk} can be approved until {until:%Y-%m-%d %H:%M} UTC, under Scanner in the admin."
