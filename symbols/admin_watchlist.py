"""The watchlist in the admin. The page is a frame: what it shows and what it changes goes through API and websocket."""

from typing import Final

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from settingsapp.accounts import Role
from settingsapp.admin_page import for_every_role
from settingsapp.models import Identity
from settingsapp.schema.vocabulary import TIMEFRAMES
from symbols import category_names
from symbols.models import Colour

TITLE: Final = "Watchlist"


@for_every_role
def watchlist_page(request: HttpRequest, _: Identity, role: Role) -> HttpResponse:
    """Every role may read it; who may change the settings also edits it."""
    context = admin.site.each_context(request)
    shown = context.get("owner")
    context |= {
        "title": TITLE,
        "may_edit": role.permits(Role.ADMIN),
        "role": role.value,
        "needed": Role.ADMIN.value,
        "presentation": None if shown is None else shown.body(),
        "timeframes": TIMEFRAMES,
        "colours": Colour.values,
        "longest_category": category_names.LONGEST,
    }
    return TemplateResponse(request, "symbols/watchlist.html", context)
