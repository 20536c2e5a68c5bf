"""Importing a list of symbols, in the admin: judged line by line, put right, taken over, undone."""

from typing import Final

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from settingsapp.accounts import Role
from settingsapp.admin_page import for_every_role
from settingsapp.models import Identity
from symbols import imported
from symbols.shown_times import moment
from symbols.watchlist_files.entries import COLUMNS, LONGEST_FILE, MOST_LINES

TITLE: Final = "Import symbols"
_COLUMNS: Final = (
    ("symbol", "as its exchange writes it (BTC-USD), or with the exchange before it (binance:BTCUSDT)"),
    ("exchange", "where that is not the primary one"),
    ("enabled", "yes or no"),
    ("priority", "normal or sparse"),
    ("categories", "several with a bar between them: high-cap|meme; new ones are made"),
    ("added", "since when it has been tracked"),
)


@for_every_role
def import_page(request: HttpRequest, identity: Identity, role: Role) -> HttpResponse:
    """Every role may read it, and export; who may change the settings also imports."""
    context = admin.site.each_context(request)
    latest = imported.latest(identity.sub)
    context |= {
        "title": TITLE,
        "may_act": role.permits(Role.ADMIN),
        "columns": _COLUMNS,
        "header": ",".join(COLUMNS),
        "longest": LONGEST_FILE,
        "most": MOST_LINES,
        "latest": latest
        and {
            "number": latest.pk,
            "when": moment(latest.imported_at, context.get("owner")),
            "by": latest.imported_by,
            "added": latest.added,
            "changed": latest.changed,
            "undone_by": latest.undone_by if latest.undone_at is not None else "",
            "undone": latest.undone_at is not None,
        },
    }
    return TemplateResponse(request, "symbols/import.html", context)
