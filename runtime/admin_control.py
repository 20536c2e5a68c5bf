"""The control panel: the live status with all that can be asked of the engine."""

from dataclasses import dataclass
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from runtime import schedules
from runtime.live.consumer import ERRORS
from runtime.live.pages import live_context, seen
from runtime.live.presentation import Presentation
from runtime.models import Schedule
from runtime.permissions import role_needed
from runtime.protocol.payloads import CommandName
from settingsapp.accounts import Role
from settingsapp.admin_page import for_every_role
from settingsapp.models import Identity
from settingsapp.schema.vocabulary import Mode

TITLE: Final = "Control panel"

PAUSES: Final = (
    ("", "until resumed"),
    ("5", "for 5 minutes"),
    ("15", "for 15 minutes"),
    ("30", "for 30 minutes"),
    ("60", "for an hour"),
    ("240", "for 4 hours"),
    ("1440", "for a day"),
)
"""Minutes, and in words."""
_SHOWN_SCHEDULES: Final = 6
_OFFERED: Final = (
    CommandName.PAUSE,
    CommandName.RESUME,
    CommandName.SWITCH_MODE,
    CommandName.RELOAD_SETTINGS,
    CommandName.ADD_SYMBOL,
    CommandName.REMOVE_SYMBOL,
    CommandName.FORCE_BACKFILL,
    CommandName.CLEAR_CACHE,
    CommandName.TEST_CONNECTION,
    CommandName.SCAN_SYMBOLS,
    CommandName.ROLLBACK,
)


@dataclass(frozen=True)
class Offer:
    """Whether the login may send a command; `refusal` says why not."""

    command: str
    refusal: str


@for_every_role
def control_page(request: HttpRequest, identity: Identity, role: Role) -> HttpResponse:
    """`/admin/control/`: every role sees it; what a role may not send is there, disabled, with the reason."""
    now = seen(identity.sub, errors=ERRORS)
    context = live_context(identity.sub, role, now) | {
        "title": TITLE,
        "offers": {offer.command.replace("-", "_"): offer for offer in offers(role)},
        "pauses": PAUSES,
        "modes": [(mode.value, mode is not Mode.SCALPER_ORDERBOOK) for mode in Mode],
        "coming": _coming(identity.pk, now.presentation),
    }
    return render(request, "runtime/control.html", context)


def offers(role: Role) -> list[Offer]:
    """Return what the page offers to a role."""
    found = []
    for command in _OFFERED:
        needed = role_needed(command)
        refusal = "" if role.permits(needed) else f"This needs the role {needed.value}; yours is {role.value}."
        found.append(Offer(command.value, refusal))
    return found


def _coming(identity: int, shown: Presentation) -> list[dict[str, Any]]:
    """Return the schedules that run next, soonest first."""
    now = schedules.now_ms()
    rows = Schedule.objects.filter(identity_id=identity, enabled=True)
    due = sorted((runs[0], row.name, row) for row in rows if (runs := schedules.next_runs(row, now)))
    return [
        {"pk": row.pk, "name": name, "command": row.command, "at": shown.briefly(at, now), "exact": shown.absolute(at)}
        for at, name, row in due[:_SHOWN_SCHEDULES]
    ]
