"""The admin, under the product's name."""

from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest
from django.urls import URLPattern, URLResolver, path

from runtime.live.saved import settings_glance
from settingsapp.accounts import identity_of
from settingsapp.admin_reference import settings_reference


class LivermoreAdminSite(AdminSite):
    site_header = "Livermore"
    site_title = "Livermore"
    index_title = "Control plane"

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """Add the pages that belong to no model."""
        reference = path("settings-reference/", self.admin_view(settings_reference), name="settings_reference")
        return [reference, *super().get_urls()]

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """Add whose pages these are, and whether they trade in earnest, as the saved settings say."""
        identity = identity_of(request.user)
        glance = None if identity is None else settings_glance(identity.sub)
        return super().each_context(request) | {"owner": None if glance is None else glance.presentation}
