"""The admin, under the product's name."""

from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest
from django.urls import URLPattern, URLResolver, path

from runtime import admin_commands, admin_rollback
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
        commands = [
            path("commands/", self.admin_view(admin_commands.command_history), name="commands"),
            path("commands/record/", self.admin_view(admin_commands.command), name="command"),
            path("commands/rollback/", self.admin_view(admin_rollback.roll_back), name="command_rollback"),
        ]
        return [reference, *commands, *super().get_urls()]

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """Add the history of commands to what the engine's app lists: it lies in Redis and has no model."""
        apps = super().get_app_list(request, app_label)
        entry = admin_commands.listed(request)
        for app in apps:
            if app["app_label"] == "runtime" and entry is not None:
                app["models"] = sorted([*app["models"], entry], key=lambda model: str(model["name"]).lower())
        return apps

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """Add whose pages these are, and whether they trade in earnest, as the saved settings say."""
        identity = identity_of(request.user)
        glance = None if identity is None else settings_glance(identity.sub)
        return super().each_context(request) | {"owner": None if glance is None else glance.presentation}
