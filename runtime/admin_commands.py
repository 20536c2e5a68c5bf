"""The history of commands in the admin: a table to filter and search, and a page for each command."""

import json
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from runtime import services
from runtime.bus.connections import RedisUnavailableError
from runtime.live import saved, words
from runtime.live.presentation import Presentation
from runtime.permissions import role_needed
from runtime.protocol.answers import CommandState
from runtime.protocol.history import EVERYTHING, FILTERS, HistoryFilter, InvalidFilterError, parse_filter
from runtime.protocol.payloads import LONGEST_ID, CommandName
from runtime.protocol.records import CommandRecord
from runtime.services import UnknownCommandError
from settingsapp.accounts import Role
from settingsapp.admin_page import for_every_role
from settingsapp.models import Identity

PER_PAGE: Final = 50
TITLE: Final = "Commands"
_LONGEST_PAYLOAD: Final = 160

_TIMES: Final = {
    "queued": "queuedAt",
    "acknowledged": "acknowledgedAt",
    "started": "startedAt",
    "finished": "finishedAt",
}
_TOLD: Final = frozenset(
    ("id", "command", "payload", "source", "issuedBy", *_TIMES.values(), "state", "outcome", "message", "data")
)
"""What of a record has its place on the page; whatever else a record says is listed by name."""


@for_every_role
def command_history(request: HttpRequest, identity: Identity, _: Role) -> HttpResponse:
    """Commands of the last seven days, newest first. The form's fields are the API's filters."""
    shown = saved.presentation(identity.sub)
    given = {name: [text for text in request.GET.getlist(name) if text.strip()] for name in FILTERS}
    given = {name: texts for name, texts in given.items() if texts}
    before = request.GET.get("before") or None
    wanted, errors, away, page = EVERYTHING, dict[str, str](), "", None
    try:
        wanted = parse_filter(given, ZoneInfo(shown.timezone))
        page = services.search_history(identity.sub, wanted, before=before, limit=PER_PAGE)
    except InvalidFilterError as error:
        errors = {problem.path: problem.message for problem in error.problems}
    except UnknownCommandError as error:
        errors = {"before": str(error)}
    except RedisUnavailableError as error:
        away = str(error)
    now_ms = int(time.time() * 1000)
    further = page.further if page else None
    context = admin.site.each_context(request) | {
        "title": TITLE,
        "zone": shown.timezone,
        "form": _form(given, wanted, errors, shown),
        "errors": errors,
        "away": away,
        "filtered": bool(given),
        "continued": before is not None,
        "page": page,
        "rows": [_row(record, shown, now_ms) for record in page.records] if page else [],
        "older": f"?{urlencode(given | {'before': [further]}, doseq=True)}" if further else None,
    }
    status = 503 if away else 422 if errors else 200
    return TemplateResponse(request, "runtime/commands.html", context, status=status)


@for_every_role
def command(request: HttpRequest, identity: Identity, role: Role) -> HttpResponse:
    """All that is known of one command. Its id comes as a parameter: it may hold what no path can."""
    shown = saved.presentation(identity.sub)
    command_id = request.GET.get("id", "")[:LONGEST_ID]
    record, away = None, ""
    try:
        record = services.find_command(identity.sub, command_id)
    except RedisUnavailableError as error:
        away = str(error)
    context = admin.site.each_context(request) | {
        "title": f"Command {command_id}",
        "command_id": command_id,
        "zone": shown.timezone,
        "away": away,
        "record": whole(record, shown) if record else None,
        "may_undo": record is not None and may_undo(role, record),
    }
    status = 200 if record else 503 if away else 404
    return TemplateResponse(request, "runtime/command.html", context, status=status)


def whole(record: CommandRecord, shown: Presentation) -> dict[str, Any]:
    """Return all that a record says; what this program has no place for is among the `extras`, by name."""
    body = record.body()
    return _row(record, shown, 0) | {
        "payload": _written(body["payload"]),
        "data": _written(body["data"]) if body["data"] else "",
        "waited": _took(record.queued_at, record.started_at, shown),
        "extras": [(name, _plain(value)) for name, value in body.items() if name not in _TOLD and value is not None],
    }


def _form(
    given: Mapping[str, Sequence[str]], wanted: HistoryFilter, errors: Mapping[str, str], shown: Presentation
) -> dict[str, Any]:
    """Return what stands in the form: what was asked for, as it was typed where it could not be understood."""

    def choices(name: str, known: Sequence[str], chosen: frozenset[str]) -> list[dict[str, Any]]:
        # What was misspelt is shown as well, to be taken away.
        misspelt = [text for text in given.get(name, ()) if name in errors and text not in known]
        picked = {part.strip() for text in given.get(name, ()) for part in text.split(",")} | chosen
        return [{"value": value, "chosen": value in picked} for value in (*known, *misspelt)]

    def moment(name: str, milliseconds: int | None) -> dict[str, str]:
        typed = ", ".join(given.get(name, ()))
        if milliseconds is None:
            # A browser's own field for times would drop what is none.
            return {"kind": "text" if typed else "datetime-local", "value": typed}
        local = datetime.fromtimestamp(milliseconds // 1000, UTC).astimezone(ZoneInfo(shown.timezone))
        return {"kind": "datetime-local", "value": f"{local:%Y-%m-%dT%H:%M:%S}"}

    return {
        "q": " ".join(given.get("q", ())),
        "command": choices("command", list(CommandName), wanted.commands),
        "state": choices("state", list(CommandState), wanted.states),
        "outcome": list(given.get("outcome", ())),
        "source": ", ".join(given.get("source", ())),
        "issuedBy": ", ".join(given.get("issuedBy", ())),
        "from": moment("from", wanted.since),
        "to": moment("to", wanted.until),
        "more": sorted(given.keys() - {"q"}),
    }


def _row(record: CommandRecord, shown: Presentation, now_ms: int) -> dict[str, Any]:
    """Return a row of the table, all of it as text and tones."""
    body = record.body()
    payload = _brief(record)
    # The times that follow are told against the first: nearly always on the same day.
    days = {name: now_ms if name == "queued" else record.queued_at for name in _TIMES}
    return {
        "id": record.id,
        "url": page_of(record.id),
        "command": record.command or "(none)",
        "payload": payload if len(payload) <= _LONGEST_PAYLOAD else f"{payload[: _LONGEST_PAYLOAD - 1]}…",
        "source": record.source,
        "issued_by": record.issued_by,
        "times": {name: _moment(body[key], shown, days[name]) for name, key in _TIMES.items()},
        "took": _took(record.started_at, record.finished_at, shown),
        "face": words.command_face(record.state.value),
        "message": record.message,
    }


def may_undo(role: Role, record: CommandRecord) -> bool:
    """Tell whether a command has something to undo, and its reader the role for it."""
    permitted = role.permits(role_needed(CommandName.ROLLBACK))
    return permitted and record.undo is not None and not record.undone_by


def _brief(record: CommandRecord) -> str:
    members = record.payload.get("commands")
    if record.command == CommandName.BATCH and isinstance(members, list):
        return ", ".join(str(one.get("command")) for one in members if isinstance(one, Mapping))
    return ", ".join(f"{name}: {_plain(value)}" for name, value in record.payload.items())


def page_of(command_id: str) -> str:
    """Return where a command's page is."""
    return f"{reverse('admin:command')}?{urlencode({'id': command_id})}"


def _plain(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _written(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


def _moment(milliseconds: int | None, shown: Presentation, day_ms: int) -> dict[str, str] | None:
    if milliseconds is None:
        return None
    return {
        "iso": datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(),
        "brief": shown.briefly(milliseconds, day_ms),
        "text": shown.absolute(milliseconds),
    }


def _took(begun: int | None, ended: int | None, shown: Presentation) -> str:
    """Write how long something took; empty where it has not begun or not ended."""
    if begun is None or ended is None:
        return ""
    milliseconds = max(0, ended - begun)
    if milliseconds < 1_000:
        return f"{milliseconds} ms"
    if milliseconds < 10_000:
        return f"{shown.number(round(milliseconds / 1000, 1))} s"
    return words.duration(milliseconds / 1000)
