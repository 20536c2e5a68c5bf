"""`manage.py commandhistory`: what was asked of the engine in the last seven days, and what became of it."""

import json
from typing import Any
from zoneinfo import ZoneInfo

from django.core.management.base import BaseCommand, CommandError, CommandParser

from runtime.bus.connections import RedisUnavailableError
from runtime.live import saved
from runtime.live.presentation import Presentation
from runtime.protocol.answers import CommandState
from runtime.protocol.history import FILTERS, InvalidFilterError, parse_filter
from runtime.protocol.payloads import CommandName
from runtime.protocol.records import CommandRecord
from runtime.services import UnknownCommandError, search_history
from settingsapp.identities import UnknownIdentityError, only_identity

MOST = 1_000


class Command(BaseCommand):
    help = "List commands, newest first. Filters may be given several times, or with commas between their values."

    def add_arguments(self, parser: CommandParser) -> None:
        for name, told in (
            ("command", f"Of {', '.join(CommandName)}."),
            ("state", f"Of {', '.join(CommandState)}."),
            ("outcome", "As --state, of those that ended."),
            ("source", "Where it came from: api, shell, system …"),
            ("issued-by", "Who sent it."),
        ):
            dest = "issuedBy" if name == "issued-by" else name
            parser.add_argument(f"--{name}", dest=dest, action="append", metavar="VALUE", help=told)
        for name in ("from", "to"):
            told = "Queued then or %s: 2026-03-08, 2026-03-08T19:05 in the owner's time zone, or milliseconds."
            told %= "later" if name == "from" else "earlier"
            parser.add_argument(f"--{name}", metavar="TIME", help=told)
        parser.add_argument("--q", metavar="WORDS", help="Words in id, command, payload, message or issuer.")
        parser.add_argument("--before", metavar="ID", help="Go on behind the command of that id.")
        parser.add_argument("--limit", type=int, default=50, help=f"At most so many, up to {MOST}; 50 by default.")
        parser.add_argument("--sub", help="The identity; not needed while there is only one.")
        parser.add_argument("--json", action="store_true", help="Print a JSON line for each.")

    def handle(self, *, before: str | None, limit: int, sub: str | None, json: bool, **options: Any) -> None:
        if not 1 <= limit <= MOST:
            raise CommandError(f"--limit: a whole number from 1 to {MOST}")
        given = {name: options[name] for name in FILTERS if options[name] is not None}
        try:
            identity = only_identity(sub)
            shown = saved.presentation(identity)
            wanted = parse_filter(
                {name: [value] if isinstance(value, str) else value for name, value in given.items()},
                ZoneInfo(shown.timezone),
            )
            page = search_history(identity, wanted, before=before, limit=limit)
        except InvalidFilterError as error:
            told = (f"--{'issued-by' if p.path == 'issuedBy' else p.path}: {p.message}" for p in error.problems)
            raise CommandError("\n".join(told)) from None
        except (UnknownIdentityError, UnknownCommandError, RedisUnavailableError) as error:
            raise CommandError(str(error)) from None
        for record in page.records:
            self.stdout.write(_json(record) if json else _line(record, shown))
        if page.further is not None:
            # Not among what is printed for a script.
            looked = "" if page.records else f"None of the {page.looked_at} commands that were looked at is like that. "
            self.stderr.write(f"{looked}There are older ones: --before {page.further}", str)


def _json(record: CommandRecord) -> str:
    return json.dumps(record.body(), ensure_ascii=False)


def _line(record: CommandRecord, shown: Presentation) -> str:
    payload = f" {json.dumps(dict(record.payload), ensure_ascii=False)}" if record.payload else ""
    said = f": {record.message}" if record.message else ""
    whence = f"{record.issued_by or '–'}, {record.source}"
    when = shown.absolute(record.queued_at)
    return f"{when} {record.command or '–'}{payload} ({whence}) {record.state.value}{said} [{record.id}]"
