"""The scanner in the admin: how it stands, its criteria, and the proposal to decide."""

import time
from collections.abc import Mapping, Sequence
from typing import Any, Final

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from settingsapp.accounts import Role
from settingsapp.admin_page import for_every_role
from settingsapp.identities import UnknownIdentityError
from settingsapp.models import Identity
from settingsapp.schema.fields import sections
from settingsapp.schema.validation import InvalidSettingsError
from settingsapp.schema.vocabulary import SIMULATED
from symbols import deciding, scanner
from symbols.deciding import UNDOABLE
from symbols.fitting import days, money, percent
from symbols.models import Proposal
from symbols.proposal_states import State
from symbols.scanner import Overview
from symbols.shown_times import moment, span

TITLE: Final = "Scanner"
EARLIER: Final = 10
"""So many earlier proposals are listed."""
_TONES: Final[Mapping[State, str]] = {
    State.PENDING: "busy",
    State.APPROVED: "good",
    State.PARTLY_APPROVED: "good",
    State.REJECTED: "held",
    State.EXPIRED: "warn",
    State.SUPERSEDED: "held",
    State.UNDONE: "held",
}
_BY: Final[Mapping[str, str]] = {"api": "by hand", "schedule": "by a schedule", "shell": "from a shell"}
_SWITCHES: Final = ("scanner_to_maintain_symbols_enabled", "scanner_auto_restart_services")


@for_every_role
def scanner_page(request: HttpRequest, identity: Identity, role: Role) -> HttpResponse:
    """Every role may read it; who may change the settings also acts on it."""
    now_ms = int(time.time() * 1000)
    context = admin.site.each_context(request)
    shown = context.get("owner")
    may_act = role.permits(Role.ADMIN)
    context |= {"title": TITLE, "may_act": may_act}
    try:
        found = scanner.overview(identity.sub, now_ms)
    except (InvalidSettingsError, UnknownIdentityError) as error:
        return TemplateResponse(request, "symbols/scanner.html", context | {"unusable": str(error)}, status=409)
    rows = deciding.proposals(identity.sub, 0, EARLIER + 1)
    context |= {
        "found": found,
        "simulated": SIMULATED,
        "standing": _standing(found, shown, now_ms),
        "exchanges": _exchanges(found),
        "switches": [_field(name, sections()[""]["properties"][name], found.document) for name in _SWITCHES],
        "criteria": [
            _field(name, node, found.document.scanner) for name, node in sections()["scanner"]["properties"].items()
        ],
        "proposal": _proposal(rows[0], found, shown, now_ms) if rows else None,
        "earlier": [_brief(row, shown, now_ms) for row in rows[1:]],
    }
    return TemplateResponse(request, "symbols/scanner.html", context)


def _standing(found: Overview, shown: Any, now_ms: int) -> dict[str, Any]:
    run = found.run
    return {
        "enabled": found.document.scanner_to_maintain_symbols_enabled,
        "next_run": moment(found.next_run, shown) if found.next_run else "",
        "last_run": moment(run.started_at, shown) if run else "",
        "ago": span(now_ms - run.started_at) if run else "",
        "took": _took(run.duration_ms) if run else "",
        "by": _BY.get(run.source, f"by {run.source}") if run else "",
        "of": run.exchange if run else "",
        "error": run.error if run else "",
    }


def _exchanges(found: Overview) -> list[dict[str, Any]]:
    primary = found.document.perseus_profile.primary_exchange
    chosen = found.document.scanner_exchange
    names = [name for name, one in found.document.exchanges.items() if one.enabled or name == chosen]
    return [
        {"value": "", "title": f"the primary exchange ({primary})", "chosen": not chosen},
        *({"value": name, "title": name, "chosen": name == chosen} for name in names),
    ]


def _field(name: str, node: Mapping[str, Any], values: Any) -> dict[str, Any]:
    """Return a field of the form from its schema and its saved value."""
    closed = next((one for one in node.get("anyOf", ()) if one["type"] != "null"), node)
    value = getattr(values, name)
    kind = {"array": "lines", "boolean": "switch"}.get(str(closed["type"]), str(closed["type"]))
    return {
        "name": name,
        "title": node["title"],
        "help": str(node["description"]).replace("Open:", "Empty:"),
        "kind": kind,
        "optional": "anyOf" in node,
        "value": "\n".join(value) if kind == "lines" else "" if value is None else _plain(value),
        "on": value is True,
        "rows": min(6, max(2, len(value) + 1)) if kind == "lines" else 0,
        "step": "1" if kind == "integer" else "any",
        "least": closed.get("minimum", closed.get("exclusiveMinimum")),
        "most": closed.get("maximum"),
    }


def _proposal(row: Proposal, found: Overview, shown: Any, now_ms: int) -> dict[str, Any]:
    state = row.state_at(now_ms)
    approved = set() if state is State.UNDONE else {*row.approved.get("add", ()), *row.approved.get("remove", ())}
    return _brief(row, shown, now_ms) | {
        "pending": state is State.PENDING,
        "undoable": state in UNDOABLE,
        "expires": moment(row.expires_at, shown),
        "left": span(row.expires_at - now_ms),
        "notes": row.notes,
        "other_settings": row.settings_version != found.version,
        "waits": not found.document.scanner_auto_restart_services,
        "groups": [
            {
                "name": name,
                "title": title,
                "lines": [_line(line, line["qualified"] in approved) for line in lines],
            }
            for name, title, lines in (("add", "To add", row.add), ("remove", "To remove", row.remove))
            if lines
        ],
        "keep": [_line(line, False) for line in row.keep],
        "matches": row.matches,
        "looked_at": row.looked_at,
    }


def _brief(row: Proposal, shown: Any, now_ms: int) -> dict[str, Any]:
    state = row.state_at(now_ms)
    return {
        "id": str(row.pk),
        "state": state.value.replace("-", " "),
        "tone": _TONES[state],
        "exchange": row.exchange,
        "created": moment(row.created_at, shown),
        "by": row.created_by or row.source,
        "counts": f"{len(row.add)} to add, {len(row.remove)} to remove, {len(row.keep)} kept",
        "decided": moment(row.decided_at, shown) if row.decided_at else "",
        "decided_by": row.decided_by,
        "version": row.applied_version,
        "undone_by": row.undone_by,
        "undone_version": row.undone_version,
    }


def _line(line: Mapping[str, Any], approved: bool) -> dict[str, Any]:
    seen = line["numbers"]
    columns: Sequence[tuple[str, str]] = (
        ("Price", "" if seen["priceUsd"] is None else money(seen["priceUsd"])),
        ("Volume 24 h", "" if seen["volumeUsd24h"] is None else money(seen["volumeUsd24h"])),
        ("Change 24 h", "" if seen["change24h"] is None else percent(seen["change24h"])),
        ("Spread", "" if seen["spreadPercent"] is None else percent(seen["spreadPercent"])),
        ("Listed for", "" if seen["ageDays"] is None else days(round(seen["ageDays"]))),
    )
    return {"symbol": line["symbol"], "reason": line["reason"], "numbers": columns, "approved": approved}


def _took(milliseconds: int) -> str:
    return f"{milliseconds} ms" if milliseconds < 1000 else f"{milliseconds / 1000:.1f} s"


def _plain(value: float) -> str:
    """Write a number as a number field takes it, without an exponent."""
    return str(int(value)) if float(value).is_integer() else f"{value:.10f}".rstrip("0")
