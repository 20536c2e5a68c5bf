"""The reference of the settings as a page of the admin."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from settingsapp.accounts import role_of
from settingsapp.schema.impact import EXPLAINED
from settingsapp.schema.reference import INTRODUCTION, TITLE, entries


def settings_reference(request: HttpRequest) -> HttpResponse:
    """Show what every field means, allows, defaults to, and causes when it changes."""
    if role_of(request.user) is None:
        raise PermissionDenied
    context = admin.site.each_context(request) | {
        "title": TITLE,
        "introduction": INTRODUCTION,
        "impacts": [(impact.value, told) for impact, told in EXPLAINED.items()],
        "sections": entries(),
    }
    return TemplateResponse(request, "settingsapp/settings_reference.html", context)
