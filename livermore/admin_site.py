"""The admin, under the product's name."""

from typing import Any, Final

from django.contrib.admin import AdminSite
from django.http import HttpRequest
from django.urls import URLPattern, URLResolver, path

from runtime.admin_pages import PAGES as RUNTIME_PAGES
from runtime.live.saved import settings_glance
from settingsapp.accounts import identity_of, role_of
from settingsapp.admin_page import AdminPage
from settingsapp.admin_reference import settings_reference
from symbols.admin_pages import PAGES as SYMBOLS_PAGES

_PAGES: Final = {
    "settingsapp": (AdminPage("settings-reference/", "settings_reference", settings_reference),),
    "runtime": RUNTIME_PAGES,
    "symbols": SYMBOLS_PAGES,
}


class LivermoreAdminSite(AdminSite):
    site_header = "Livermore"
    site_title = "Livermore"
    index_title = "Control plane"

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """Add the pages that belong to no model."""
        own = [
            path(page.route, self.admin_view(page.view), name=page.name) for pages in _PAGES.values() for page in pages
        ]
        return [*own, *super().get_urls()]

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """Add to each app those of its pages that are listed, for whoever has a role."""
        listed = super().get_app_list(request, app_label)
        if role_of(request.user) is None:
            return listed
        for label, pages in _PAGES.items():
            entries = [page.listed() for page in pages if page.title]
            app = next((app for app in listed if app["app_label"] == label), None)
            if app is not None:
                app["models"] = sorted([*app["models"], *entries], key=lambda model: str(model["name"]).lower())
        return listed

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """Add whose pages these are, and whether they trade in earnest, as the saved settings say."""
        identity = identity_of(request.user)
        glance = None if identity is None else settings_glance(identity.sub)
        return super().each_context(request) | {"owner": None if glance is None else glance.presentation}
