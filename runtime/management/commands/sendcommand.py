"""`manage.py sendcommand NAME`: ask the engine for something, and hear what became of it."""

import getpass
import json
import sys
from collections.abc import Mapping
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.timezone import localtime

from runtime.bus.connections import RedisUnavailableError
from runtime.protocol.commands import InvalidCommandError
from runtime.protocol.confirmation import what_is_lost
from runtime.protocol.payloads import CommandName
from runtime.services import Order, QueueFullError, check, has_reported, send, send_and_wait
from settingsapp.identities import DatabaseAwayError, UnknownIdentityError, identity_within
from settingsapp.schema import strict_json

LONGEST_WAIT = 3_600
DATABASE_SECONDS = 2.0
"""So long the database may take to say which identities there are."""
SOURCE = "shell"


class Command(BaseCommand):
    help = "Send a command to the engine. Exit status 0 only when it was queued, or with --wait, when it succeeded."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", metavar="NAME", help=f"One of: {', '.join(CommandName)}.")
        parser.add_argument("--payload", metavar="JSON", help='What the command takes: \'{"symbol": "BTC-USD"}\'.')
        parser.add_argument("--sub", help="The identity to command; not needed while there is only one.")
        parser.add_argument("--wait", type=float, metavar="SECONDS", help="Wait that long for the result.")
        parser.add_argument("--id", help="The command's id; sent twice, it is one command.")
        parser.add_argument("--yes", action="store_true", help="Send it, whatever it throws away for good.")
        parser.add_argument("--json", action="store_true", help="Print messages as JSON lines.")

    def handle(
        self,
        *,
        name: str,
        payload: str | None,
        sub: str | None,
        wait: float | None,
        json: bool,
        **options: Any,
    ) -> None:
        if wait is not None and not 0 < wait <= LONGEST_WAIT:
            raise CommandError(f"--wait: seconds above 0, at most {LONGEST_WAIT}")
        order = Order(name, _payload(payload), id=options["id"])
        try:
            identity = self._identity(sub)
            self._confirm(order, yes=options["yes"])
            if wait is None:
                sent = send(identity, order, source=SOURCE, issued_by=getpass.getuser())
                told = {"id": sent.id, "state": sent.state.value}
                self._say(told, f"{sent.id}: {'known already, ' if sent.repeated else ''}{sent.state.value}", json)
                return
            sent, result = send_and_wait(
                identity,
                order,
                source=SOURCE,
                issued_by=getpass.getuser(),
                seconds=wait,
                tell=lambda message: self._say(message, _line(message), json),
            )
        except (UnknownIdentityError, InvalidCommandError, QueueFullError, RedisUnavailableError) as error:
            raise CommandError(str(error)) from None
        if result is None:
            raise CommandError(
                f"{sent.id}: no result within {wait:g} s. It stays queued until it is carried out or expires; "
                "is the engine running?"
            )
        self._say(result, _line(result), json)
        if not result.get("success"):
            raise SystemExit(1)

    def _identity(self, sub: str | None) -> str:
        """Return the identity that is meant. One that is named needs no database: a pause must reach its engine."""
        try:
            return identity_within(DATABASE_SECONDS, sub)
        except DatabaseAwayError as error:
            if sub is None:
                raise CommandError(f"{error}; name the identity with --sub, then this works without") from None
            if not has_reported(sub):
                raise CommandError(f"{error}, and no engine of an identity {sub} has reported to Redis today") from None
            self.stderr.write(f"{error}; sending to the identity {sub}, whose engine has reported to Redis")
            return sub

    def _confirm(self, order: Order, *, yes: bool) -> None:
        """Ask first where something would be lost for good; what can't be sent anyway is told before that."""
        command = check(order, source=SOURCE, issued_by=getpass.getuser(), now_ms=0)
        lost = what_is_lost(command.name, order.payload)
        if lost is None or yes:
            return
        if sys.stdin is None or not sys.stdin.isatty():
            raise CommandError(f"{lost} Nothing was sent: to confirm it, add --yes")
        # Not among what is printed for a script.
        self.stderr.write(f"{lost}\nSend {command.name}? [y/N] ", str, ending="")
        self.stderr.flush()
        try:
            answer = sys.stdin.readline()
        except KeyboardInterrupt:
            answer = ""
        if answer.strip().lower() not in ("y", "yes"):
            raise CommandError("nothing was sent")

    def _say(self, message: Mapping[str, Any], line: str, as_json: bool) -> None:
        self.stdout.write(json.dumps(message, ensure_ascii=False) if as_json else line)


def _payload(text: str | None) -> dict[str, Any] | None:
    if text is None:
        return None
    try:
        return strict_json.decode_object(text)
    except strict_json.MalformedJsonError as error:
        raise CommandError(f"--payload: {error}") from None


def _line(message: Mapping[str, Any]) -> str:
    match message.get("type"):
        case "ack":
            return f"{_time()} acknowledged by engine {message.get('engine')}"
        case "progress":
            return f"{_time()} {message.get('done')} of {message.get('total')}: {message.get('message')}"
        case _:
            said = f": {message['message']}" if message.get("message") else ""
            return f"{_time()} {message.get('outcome')}{said}"


def _time() -> str:
    return f"{localtime():%H:%M:%S}"
